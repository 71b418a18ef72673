import pytest
from bosdyn.api import header_pb2, image_pb2
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.messages.response_bytes import header_bytes, response_bytes
from spot_webcam.adapters.bosdyn.messages.varint import varint
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
CALLER = header_pb2.RequestHeader(client_name="me").SerializeToString()
RECEIVED_NS = 1_700_000_000_987_654_321
OWN = header_bytes(CALLER, RECEIVED_NS, RECEIVED_NS + 5_000)
HEADER = header_pb2.ResponseHeader(
    request_header={"client_name": "me"},
    request_received_timestamp={"seconds": 1_700_000_000, "nanos": 987_654_321},
    response_timestamp={"seconds": 1_700_000_000, "nanos": 987_659_321},
    error={"code": header_pb2.CommonError.CODE_OK},
)


def answer_with(data: bytes, acquired_ns: int = 1_700_000_000_123_456_789) -> Answer:
    image = EncodedImage(data, ImageFormat.JPEG, PixelFormat.RGB_U8, 640, 480)
    return Answer(Status.OK, SOURCE, Capture(image, acquired_ns, CaptureSettings(0.01, 6.0)))


def parsed(data: bytes) -> image_pb2.GetImageResponse:
    return image_pb2.GetImageResponse.FromString(data)


def message_of(*answers: Answer) -> image_pb2.GetImageResponse:
    return parsed(response_bytes(OWN, [(answer, REQUEST) for answer in answers]))


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
    data = response_bytes(OWN, [(answer_with(bytes(5000)), REQUEST)])
    assert len(data) == parsed(data).ByteSize()


def test_answers_follow_each_other_in_their_order() -> None:
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    message = message_of(answer_with(b"one"), refused, answer_with(b"three"))
    assert [one.shot.image.data for one in message.image_responses] == [b"one", b"", b"three"]
    assert [one.status for one in message.image_responses] == [1, 2, 1]


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
    data = header_bytes(caller.SerializeToString(), received_ns, ended_ns, message)
    assert parsed(data) == image_pb2.GetImageResponse(header=wanted)


def test_time_before_all_times_is_the_first() -> None:
    assert parsed(header_bytes(b"", -5, 5)) == parsed(header_bytes(b"", 0, 5))


def timestamp(time_ns: int) -> Timestamp:
    seconds, nanos = divmod(time_ns, NANOSECONDS)
    return Timestamp(seconds=seconds, nanos=nanos)


def test_what_was_made_of_an_answer_is_used_again() -> None:
    answer = answer_with(b"picture")
    first = response_bytes(OWN, [(answer, REQUEST)])
    [head] = answer.made.values()
    assert response_bytes(OWN, [(answer, REQUEST)]) == first
    assert list(answer.made.values()) == [head]
    assert head in first


def test_refusals_are_made_for_each_request() -> None:
    refused = Answer(Status.UNKNOWN_CAMERA, message="no such source")
    response_bytes(OWN, [(refused, REQUEST)])
    assert not refused.made
