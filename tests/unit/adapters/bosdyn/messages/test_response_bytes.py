import gc
import weakref
from typing import Any

import pytest
from bosdyn.api import header_pb2, image_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.messages import response_bytes as module
from spot_webcam.adapters.bosdyn.messages.images import write_answer
from spot_webcam.adapters.bosdyn.messages.response_bytes import ResponseSerializer, write_header
from spot_webcam.domain.media.image import (
    CaptureSettings,
    EncodedImage,
    ImageFormat,
    Layout,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

REQUEST = image_pb2.ImageRequest(image_source_name="front")
SOURCE = ImageSource("front", Layout.BGR8, 640, 480)
CALLER = header_pb2.RequestHeader(client_name="me")
RECEIVED_NS = 1_700_000_000_987_654_321
HEADER = header_pb2.ResponseHeader(
    request_header={"client_name": "me"},
    request_received_timestamp={"seconds": 1_700_000_000, "nanos": 987_654_321},
    response_timestamp={"seconds": 1_700_000_000, "nanos": 987_659_321},
    error={"code": header_pb2.CommonError.CODE_OK},
)


@pytest.fixture
def serializer() -> ResponseSerializer:
    return ResponseSerializer()


def answer_with(data: bytes, acquired_ns: int = 1_700_000_000_123_456_789) -> Answer:
    image = EncodedImage(data, ImageFormat.JPEG, PixelFormat.RGB_U8, 640, 480)
    return Answer(Status.OK, SOURCE, Capture(image, acquired_ns, CaptureSettings(0.01, 6.0)))


def parsed(data: bytes) -> image_pb2.GetImageResponse:
    return image_pb2.GetImageResponse.FromString(data)


def header_of(
    caller: header_pb2.RequestHeader, received_ns: int, ended_ns: int, message: str = ""
) -> header_pb2.ResponseHeader:
    header = header_pb2.ResponseHeader()
    write_header(header, caller, received_ns, ended_ns, message)
    return header


def message_of(*answers: Answer) -> image_pb2.GetImageResponse:
    serializer = ResponseSerializer()
    header = header_of(CALLER, RECEIVED_NS, RECEIVED_NS + 5_000)
    return parsed(serializer.response_bytes(header, [(answer, REQUEST) for answer in answers]))


@pytest.mark.parametrize("size", [0, 1, 100, 127, 128, 16_383, 16_384, 3_000_000])
def test_message_says_what_the_answer_does(size: int) -> None:
    data = bytes(index % 251 for index in range(size))
    message = message_of(answer_with(data))
    assert message.header == HEADER
    [response] = message.image_responses
    assert response.status == image_pb2.ImageResponse.STATUS_OK
    assert response.source.name == "front"
    assert response.shot.acquisition_time.nanos == 123_456_789
    assert response.shot.capture_params.gain == 6.0
    assert response.shot.image.data == data
    assert (response.shot.image.cols, response.shot.image.rows) == (640, 480)
    assert response.shot.image.format == image_pb2.Image.FORMAT_JPEG


def test_no_field_comes_twice() -> None:
    """What protobuf would write of the same message has the same length."""
    data = ResponseSerializer().response_bytes(HEADER, [(answer_with(bytes(5000)), REQUEST)])
    assert len(data) == parsed(data).ByteSize()


def test_answers_follow_each_other_in_their_order() -> None:
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    message = message_of(answer_with(b"one"), refused, answer_with(b"three"))
    assert [response.shot.image.data for response in message.image_responses] == [
        b"one",
        b"",
        b"three",
    ]
    assert [response.status for response in message.image_responses] == [1, 2, 1]


def test_call_without_requests_gets_a_header() -> None:
    assert message_of() == image_pb2.GetImageResponse(header=HEADER)


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.text(max_size=200), st.binary(max_size=200))
def test_header_is_what_protobuf_would_write(
    received_ns: int, ended_ns: int, message: str, name: bytes
) -> None:
    caller = header_pb2.RequestHeader(client_name=name.hex())
    wanted = header_pb2.ResponseHeader(
        request_header=caller,
        request_received_timestamp=timestamp(received_ns),
        response_timestamp=timestamp(ended_ns),
        error={"code": header_pb2.CommonError.CODE_OK, "message": message},
    )
    assert header_of(caller, received_ns, ended_ns, message) == wanted


def test_time_before_all_times_is_the_first() -> None:
    assert header_of(CALLER, -5, 5) == header_of(CALLER, 0, 5)


def timestamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)


class Counted:
    """Counts the answers that are written as messages."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.written: list[Answer] = []
        monkeypatch.setattr(module, "write_answer", self._write)

    def _write(self, answer: Answer, request: Any, proto: Any) -> None:
        self.written.append(answer)
        write_answer(answer, request, proto)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    return Counted(monkeypatch)


def test_answer_is_written_once_however_often_it_is_sent(
    serializer: ResponseSerializer, counted: Counted
) -> None:
    answer = answer_with(b"picture")
    first = serializer.response_bytes(HEADER, [(answer, REQUEST)])
    assert serializer.response_bytes(HEADER, [(answer, REQUEST)]) == first
    assert counted.written == [answer]


def test_refusals_are_written_for_each_request(
    serializer: ResponseSerializer, counted: Counted
) -> None:
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    serializer.response_bytes(HEADER, [(refused, REQUEST)] * 2)
    assert counted.written == [refused] * 2


def test_serializer_keeps_no_answer_alive(serializer: ResponseSerializer) -> None:
    answer = answer_with(b"picture")
    serializer.response_bytes(HEADER, [(answer, REQUEST)])
    alive = weakref.ref(answer)
    del answer
    gc.collect()
    assert alive() is None
