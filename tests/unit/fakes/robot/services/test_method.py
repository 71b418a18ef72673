"""Serving of one call, for misbehaviour that a real client cannot time."""

import grpc
import pytest
from bosdyn.api.data_acquisition_store_pb2 import StoreStreamRequest, StoreStreamResponse

from spot_webcam.fakes.robot.services.method import Method, Shape
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.tokens import Caller

NOBODY = Caller("")


def consume(requests, response, caller):
    response.id = len(list(requests))


@pytest.fixture
def upload():
    return Method(StoreStreamRequest, StoreStreamResponse, consume, Shape.UPLOAD)


def test_upload_is_answered_with_the_first_requests_header(upload):
    first = StoreStreamRequest(file_extension="bin")
    first.header.client_name = "me"
    payloads = iter([first.SerializeToString(), b""])
    response = StoreStreamResponse.FromString(upload.answer(payloads, NOBODY, lambda: 5))
    assert response.id == 2
    assert response.header.request_header.client_name == "me"


def test_client_that_breaks_an_upload_off_is_reported_nothing(upload):
    def broken():
        yield b""
        raise grpc.RpcError

    with pytest.raises(CallRefused, match="CANCELLED"):
        upload.answer(broken(), NOBODY, lambda: 5)


def test_upload_that_cannot_be_decoded_is_refused(upload):
    with pytest.raises(CallRefused, match="INTERNAL"):
        upload.answer(iter([b"", b"\xff"]), NOBODY, lambda: 5)
