"""Answers as the bytes of their messages, put together without a copy of the picture."""

from collections.abc import Iterable
from weakref import WeakKeyDictionary

from bosdyn.api import header_pb2, image_pb2

from spot_webcam.adapters.bosdyn.image_protos import write_answer
from spot_webcam.adapters.bosdyn.varint import field_tag, varint
from spot_webcam.domain.answer import Answer
from spot_webcam.domain.status import Status

_DATA = field_tag(image_pb2.Image, "data")
_IMAGE = field_tag(image_pb2.ImageCapture, "image")
_SHOT = field_tag(image_pb2.ImageResponse, "shot")
_RESPONSE = field_tag(image_pb2.GetImageResponse, "image_responses")
_HEADER = field_tag(image_pb2.GetImageResponse, "header")
_ECHO = field_tag(header_pb2.ResponseHeader, "request_header")


class AnswerBytes:
    """Makes `GetImageResponse` messages of answers. Thread-safe.

    What it made of an answer with a picture is kept until the answer is gone.
    """

    def __init__(self) -> None:
        self._heads: WeakKeyDictionary[Answer, bytes] = WeakKeyDictionary()

    def response(
        self,
        request_header: bytes,
        header: header_pb2.ResponseHeader,
        answered: Iterable[tuple[Answer, image_pb2.ImageRequest]],
    ) -> bytes:
        """Return the whole message; each picture is copied once, into it.

        Its header is `header` with the serialized `request_header` of the call.
        """
        echo = _ECHO + varint(len(request_header)) + request_header
        header_bytes = header.SerializeToString()
        parts = [_HEADER, varint(len(echo) + len(header_bytes)), echo, header_bytes]
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
