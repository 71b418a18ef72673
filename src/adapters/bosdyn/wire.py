"""Answers as the bytes of their messages, put together without a copy of the picture.

In protobuf's encoding a message is the fields that it has, one after the other, and a message
within it is a field with a length: https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterable
from typing import Any
from weakref import WeakKeyDictionary

from bosdyn.api import header_pb2, image_pb2

from spot_webcam.adapters.bosdyn.image_protos import write_answer
from spot_webcam.domain.answer import Answer
from spot_webcam.domain.status import Status

# How a field with a length is tagged: its number, and wire type 2.
_LENGTH_DELIMITED = 2


def _tag(message: Any, field: str) -> bytes:
    return varint(message.DESCRIPTOR.fields_by_name[field].number << 3 | _LENGTH_DELIMITED)


def varint(number: int) -> bytes:
    """Return a number of 0 or more in protobuf's encoding: seven bits a byte, the lowest first."""
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
_HEADER = _tag(image_pb2.GetImageResponse, "header")


class AnswerBytes:
    """Makes `GetImageResponse` messages of answers. Thread-safe.

    What it made of an answer with a picture is kept until the answer is gone.
    """

    def __init__(self) -> None:
        self._heads: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    def response(
        self,
        header: header_pb2.ResponseHeader,
        answered: Iterable[tuple[Answer, image_pb2.ImageRequest]],
    ) -> bytes:
        """Return the whole message; each picture is copied once, into it."""
        header_bytes = header.SerializeToString()
        parts = [_HEADER, varint(len(header_bytes)), header_bytes]
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
            # Another thread may do the same: twice some microseconds, and the same bytes.
            head = self._heads[answer] = _head(answer, request)
        return head


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
