"""`GetImageResponse` as bytes, joined without further copies of its pictures (ADR 12)."""

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from bosdyn.api import header_pb2, image_pb2

from spot_webcam.adapters.bosdyn.messages.images import write_answer
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.status import Status


def _tag(message: Any, field: str) -> bytes:
    """Return the tag of a field that has a length: its number, and wire type 2."""
    return _varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | 2)


def _varint(number: int) -> bytes:
    """Return a number of 0 or more as protobuf encodes it: seven bits a byte, the lowest first."""
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


_DATA = _tag(image_pb2.Image, "data")
_IMAGE = _tag(image_pb2.ImageCapture, "image")
_SHOT = _tag(image_pb2.ImageResponse, "shot")
_RESPONSE = _tag(image_pb2.GetImageResponse, "image_responses")


def write_header(
    header: header_pb2.ResponseHeader,
    request: header_pb2.RequestHeader,
    received_ns: int,
    ended_ns: int,
    message: str = "",
) -> None:
    """Fill a response's header with `CODE_OK` and wall times of the request and the answer."""
    header.request_header.CopyFrom(request)
    # A clock that was never set may be before the Unix epoch.
    header.request_received_timestamp.FromNanoseconds(max(received_ns, 0))
    header.response_timestamp.FromNanoseconds(max(ended_ns, 0))
    header.error.code = header_pb2.CommonError.CODE_OK
    header.error.message = message


class ResponseSerializer:
    """Serializes answers; each picture is copied once, into the response. Thread-safe.

    As a field of a message a picture would be copied when it is set, when its message is
    serialized, and when that becomes part of another: 6 MB each time for a RAW picture of 1080p.
    What precedes the picture is kept as long as the answer is.
    """

    def __init__(self) -> None:
        self._heads: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    def response_bytes(
        self,
        header: header_pb2.ResponseHeader,
        answered: Iterable[tuple[Answer, image_pb2.ImageRequest]],
    ) -> bytes:
        """Return a whole `GetImageResponse`."""
        parts: list[bytes | memoryview] = [
            image_pb2.GetImageResponse(header=header).SerializeToString()
        ]
        for answer, request in answered:
            parts.append(self._head(answer, request))
            if answer.capture is not None:
                parts.append(answer.capture.image.data)
        return b"".join(parts)

    def _head(self, answer: Answer, request: image_pb2.ImageRequest) -> bytes:
        if answer.status is not Status.OK:
            return _head(answer, request)
        head = self._heads.get(answer)
        if head is None:
            # Another thread may make the same bytes at the same time.
            head = self._heads[answer] = _head(answer, request)
        return head


def _head(answer: Answer, request: image_pb2.ImageRequest) -> bytes:
    """Return the `image_responses` field of an answer, except for the picture that ends it."""
    response = image_pb2.ImageResponse()
    write_answer(answer, request, response)
    if answer.capture is None:
        refusal: bytes = response.SerializeToString()
        return _RESPONSE + _varint(len(refusal)) + refusal
    data_bytes = len(answer.capture.image.data)
    image = response.shot.image.SerializeToString() + _DATA + _varint(data_bytes)
    response.shot.ClearField("image")
    length = len(image) + data_bytes
    shot = response.shot.SerializeToString() + _IMAGE + _varint(length) + image
    response.ClearField("shot")
    length = len(shot) + data_bytes
    whole: bytes = response.SerializeToString() + _SHOT + _varint(length) + shot
    return _RESPONSE + _varint(len(whole) + data_bytes) + whole
