import gc
import weakref

import pytest
from bosdyn.api import header_pb2, image_pb2
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.varint import varint
from spot_webcam.adapters.bosdyn.wire import AnswerBytes
from spot_webcam.domain.answer import Answer, Capture
from spot_webcam.domain.image import (
    CaptureSettings,
    EncodedImage,
    ImageFormat,
    Layout,
    PixelFormat,
)
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.status import Status

REQUEST = image_pb2.ImageRequest(image_source_name="front")
SOURCE = ImageSource("front", Layout.BGR8, 640, 480)
CALLER = header_pb2.RequestHeader(client_name="me").SerializeToString()
OWN = header_pb2.ResponseHeader(response_timestamp={"seconds": 5})
HEADER = header_pb2.ResponseHeader(
    request_header={"client_name": "me"}, response_timestamp={"seconds": 5}
)


def answer_with(data: bytes, acquired_ns: int = 1_700_000_000_123_456_789) -> Answer:
    image = EncodedImage(data, ImageFormat.JPEG, PixelFormat.RGB_U8, 640, 480)
    return Answer(Status.OK, SOURCE, Capture(image, acquired_ns, CaptureSettings(0.01, 6.0)))


def parsed(data: bytes) -> image_pb2.GetImageResponse:
    return image_pb2.GetImageResponse.FromString(data)


def message_of(*answers: Answer) -> image_pb2.GetImageResponse:
    return parsed(AnswerBytes().response(CALLER, OWN, [(answer, REQUEST) for answer in answers]))


@given(st.integers(0, 2**63))
def test_numbers_are_encoded_as_protobuf_does(number: int) -> None:
    """By a message with one number, of field 1: its tag is one byte."""
    message = header_pb2.RequestHeader(request_timestamp={"seconds": number % 2**63})
    encoded = message.request_timestamp.SerializeToString()
    assert encoded[1:] == (varint(number % 2**63) if number % 2**63 else b"")


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
    data = AnswerBytes().response(CALLER, OWN, [(answer_with(bytes(5000)), REQUEST)])
    assert len(data) == parsed(data).ByteSize()


def test_answers_follow_each_other_in_their_order() -> None:
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    message = message_of(answer_with(b"one"), refused, answer_with(b"three"))
    assert [one.shot.image.data for one in message.image_responses] == [b"one", b"", b"three"]
    assert [one.status for one in message.image_responses] == [1, 2, 1]


def test_call_without_requests_gets_a_header() -> None:
    assert message_of() == image_pb2.GetImageResponse(header=HEADER)


def test_what_was_made_of_an_answer_is_used_again_and_goes_with_it() -> None:
    wire = AnswerBytes()
    answer = answer_with(b"picture")
    first = wire.response(CALLER, OWN, [(answer, REQUEST)])
    assert wire.response(CALLER, OWN, [(answer, REQUEST)]) == first
    assert len(wire._heads) == 1
    gone = weakref.ref(answer)
    del answer
    gc.collect()
    assert gone() is None
    assert len(wire._heads) == 0


def test_refusals_are_not_kept() -> None:
    wire = AnswerBytes()
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    wire.response(CALLER, OWN, [(refused, REQUEST)])
    assert len(wire._heads) == 0
