"""What a call asks for, out of its bytes, by the shortest way."""

import re
from typing import NamedTuple

from bosdyn.api import header_pb2, image_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.adapters.bosdyn.messages.images import request_from_proto
from spot_webcam.adapters.bosdyn.messages.varint import field_tag, number_tag
from spot_webcam.domain.requests.encoding import ImageRequest

# What is remembered: so many kinds of calls, of so few bytes each that they hold a few requests.
# Those of real clients have some dozen bytes; an empty request takes two, and 250 times that in
# memory.
MAX_KINDS = 256
MAX_KIND_BYTES = 512

_HEADER = field_tag(image_pb2.GetImageRequest, "header")
_TIME = field_tag(header_pb2.RequestHeader, "request_timestamp")
# Numbers of up to 42 and 35 bits, and lengths below 128.
_SECONDS = number_tag(Timestamp, "seconds") + rb"[\x80-\xff]{0,5}[\x00-\x7f]"
_NANOS = number_tag(Timestamp, "nanos") + rb"[\x80-\xff]{0,4}[\x00-\x7f]"
_LENGTH = rb"[\x00-\x7f]"
# How messages begin that have a header: with its length, and mostly with its time.
_BEGINNING = re.compile(
    re.escape(_HEADER)
    + _LENGTH
    + b"(?:"
    + re.escape(_TIME)
    + _LENGTH
    + b"(?:"
    + _SECONDS
    + b")?(?:"
    + _NANOS
    + b")?)?"
)
# Where in it the lengths of header and time stand, and what follows them.
_HEADER_LENGTH, _HEADER_BEGIN, _TIME_LENGTH, _TIME_BEGIN = 1, 2, 3, 4


class ImageCall(NamedTuple):
    """A `GetImageRequest`, read.

    `header` is its serialized `RequestHeader`, `caller` the client's name in it. `protos` and
    `requests` are the same requests, in the API's form and in ours, empty if their `number` is more
    than there may be. All of it came in `size_bytes`.
    """

    size_bytes: int
    number: int
    header: bytes
    caller: bytes
    protos: tuple[image_pb2.ImageRequest, ...]
    requests: tuple[ImageRequest, ...]


class RequestReader:
    """Reads `GetImageRequest` messages. Thread-safe.

    A client asks for the same again and again, and only the time in its header differs. So what
    follows the time is remembered together with what was read of it.
    """

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        # By what follows the time, and how much of it belongs to the header still.
        self._known: dict[tuple[bytes, int], ImageCall] = {}

    def read(self, data: bytes) -> ImageCall:
        """Read a serialized message.

        Raises:
            DecodeError: it is none.
        """
        begin = _end_of_time(data)
        if begin is None:
            return self._read(data)
        header_end = _HEADER_BEGIN + data[_HEADER_LENGTH] if begin else 0
        kind = (data[begin:], header_end - begin)
        known = self._known.get(kind)
        header = data[_HEADER_BEGIN:header_end]
        if known is not None:
            return ImageCall(
                len(data), known.number, header, known.caller, known.protos, known.requests
            )
        call = self._read(data)
        body = data[header_end:]
        if len(kind[0]) <= MAX_KIND_BYTES and call.header == header and not _has_header(body):
            if len(self._known) >= MAX_KINDS:
                self._known.clear()
            self._known[kind] = call
        return call

    def _read(self, data: bytes) -> ImageCall:
        message = image_pb2.GetImageRequest.FromString(data)
        number = len(message.image_requests)
        protos = tuple(message.image_requests) if number <= self._max_requests else ()
        requests = tuple(map(request_from_proto, protos))
        header = message.header.SerializeToString()
        caller = message.header.client_name.encode()
        return ImageCall(len(data), number, header, caller, protos, requests)


def _has_header(body: bytes) -> bool:
    """Whether there is a header, or another one, which protobuf would merge with the first."""
    return bool(image_pb2.GetImageRequest.FromString(body).HasField("header"))


def _end_of_time(data: bytes) -> int | None:
    """Return where the time that a message begins with has ended.

    Where it begins with a header without a time that is where the header begins, and 0 where it
    begins with none. `None`: with something unusual.
    """
    match = _BEGINNING.match(data)
    if match is None:
        return None if data.startswith(_HEADER) else 0
    end = match.end()
    if end == _HEADER_BEGIN:
        return None if data.startswith(_TIME, end) else end
    return end if data[_TIME_LENGTH] == end - _TIME_BEGIN else None
