"""Answers as the bytes of their messages, put together without a copy of the picture."""

from collections.abc import Iterable
from functools import lru_cache

from bosdyn.api import header_pb2, image_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.adapters.bosdyn.messages.images import write_answer
from spot_webcam.adapters.bosdyn.messages.varint import field_tag, number_tag, varint
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.timing import NANOSECONDS

_DATA = field_tag(image_pb2.Image, "data")
_IMAGE = field_tag(image_pb2.ImageCapture, "image")
_SHOT = field_tag(image_pb2.ImageResponse, "shot")
_RESPONSE = field_tag(image_pb2.GetImageResponse, "image_responses")
_HEADER = field_tag(image_pb2.GetImageResponse, "header")
_ECHO = field_tag(header_pb2.ResponseHeader, "request_header")
_RECEIVED = field_tag(header_pb2.ResponseHeader, "request_received_timestamp")
_ENDED = field_tag(header_pb2.ResponseHeader, "response_timestamp")
_ERROR = field_tag(header_pb2.ResponseHeader, "error")
_SECONDS = number_tag(Timestamp, "seconds")
_NANOS = number_tag(Timestamp, "nanos")

# By which an answer keeps its head.
_MADE = "image_responses"


def header_bytes(
    request_header: bytes, received_ns: int, ended_ns: int, message: str = ""
) -> bytes:
    """Return the header field of a response, of `CODE_OK`: it is the first of each.

    It has the serialized `request_header` of the call, and the wall times when that came and was
    answered. By hand: every call has one, and messages of protobuf's own cost it 2 % of its rate.
    """
    header = b"".join(
        (
            _ECHO,
            varint(len(request_header)),
            request_header,
            _RECEIVED,
            _time_bytes(received_ns),
            _ENDED,
            _time_bytes(ended_ns),
            _ERROR,
            _error_bytes(message),
        )
    )
    return _HEADER + varint(len(header)) + header


@lru_cache(maxsize=8)
def _seconds_bytes(seconds: int) -> bytes:
    return _SECONDS + varint(seconds)


def _time_bytes(time_ns: int) -> bytes:
    """Return a `Timestamp` after its length."""
    seconds, nanos = divmod(max(time_ns, 0), NANOSECONDS)  # of a clock that was never set
    time = _seconds_bytes(seconds) + _NANOS + varint(nanos)
    return varint(len(time)) + time


@lru_cache(maxsize=8)
def _error_bytes(message: str) -> bytes:
    """Return a `CommonError` after its length."""
    error = header_pb2.CommonError(code=header_pb2.CommonError.CODE_OK, message=message)
    data: bytes = error.SerializeToString()
    return varint(len(data)) + data


def response_bytes(
    header: bytes, answered: Iterable[tuple[Answer, image_pb2.ImageRequest]]
) -> bytes:
    """Return a whole `GetImageResponse`; each picture is copied once, into it.

    What was made of an answer with a picture, all but the picture, is kept with the answer.
    """
    parts: list[bytes | memoryview] = [header]
    for answer, request in answered:
        head = answer.made.get(_MADE)
        if head is None:
            head = _head(answer, request)
            if answer.status is Status.OK:
                # Another thread may do the same: twice some microseconds, and the same bytes.
                answer.made[_MADE] = head
        parts.append(head)
        if answer.capture is not None:
            parts.append(answer.capture.image.data)
    return b"".join(parts)


def _head(answer: Answer, request: image_pb2.ImageRequest) -> bytes:
    """Return the `image_responses` field of an answer, but for the picture that ends it."""
    response = image_pb2.ImageResponse()
    write_answer(answer, request, response)
    if answer.capture is None:
        refusal: bytes = response.SerializeToString()
        return _RESPONSE + varint(len(refusal)) + refusal
    data_bytes = len(answer.capture.image.data)
    image = response.shot.image.SerializeToString() + _DATA + varint(data_bytes)
    response.shot.ClearField("image")
    length = len(image) + data_bytes
    shot = response.shot.SerializeToString() + _IMAGE + varint(length) + image
    response.ClearField("shot")
    length = len(shot) + data_bytes
    whole: bytes = response.SerializeToString() + _SHOT + varint(length) + shot
    return _RESPONSE + varint(len(whole) + data_bytes) + whole
