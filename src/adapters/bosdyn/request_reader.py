"""What a call asks for, out of its bytes, by the shortest way."""

from typing import NamedTuple

from bosdyn.api import header_pb2, image_pb2
from google.protobuf.message import DecodeError

from spot_webcam.adapters.bosdyn.image_protos import request_from_proto
from spot_webcam.adapters.bosdyn.varint import field_tag, read_varint
from spot_webcam.domain.encoding import ImageRequest

# What is remembered: so many kinds of calls, of so few bytes each that they hold a few requests.
# Those of real clients have some dozen bytes; an empty request takes two, and 250 times that in
# memory.
MOST_KINDS = 256
LONGEST_KIND_BYTES = 512

_HEADER = field_tag(image_pb2.GetImageRequest, "header")


class ImageCall(NamedTuple):
    """A `GetImageRequest`, read.

    `header` is its serialized `RequestHeader`. `protos` and `requests` are the same requests, in
    the API's form and in ours, empty if their `number` is more than there may be. All of it came in
    `size_bytes`.
    """

    size_bytes: int
    number: int
    header: bytes
    protos: tuple[image_pb2.ImageRequest, ...]
    requests: tuple[ImageRequest, ...]


class RequestReader:
    """Reads `GetImageRequest` messages. Thread-safe.

    A client asks for the same again and again, and only the header differs, by its time. So what
    follows the header is remembered together with what was read of it.
    """

    def __init__(self, most_requests: int) -> None:
        self._most_requests = most_requests
        self._known: dict[bytes, ImageCall] = {}

    def read(self, data: bytes) -> ImageCall:
        """Read a serialized message.

        Raises:
            DecodeError: it is none.
        """
        header, rest = _split(data)
        header_pb2.RequestHeader.FromString(header)
        known = self._known.get(rest)
        if known is not None:
            return known._replace(size_bytes=len(data), header=header)
        message = image_pb2.GetImageRequest.FromString(data)
        number = len(message.image_requests)
        protos = tuple(message.image_requests) if number <= self._most_requests else ()
        requests = tuple(map(request_from_proto, protos))
        call = ImageCall(len(data), number, message.header.SerializeToString(), protos, requests)
        if len(rest) <= LONGEST_KIND_BYTES and call.header == header and not _has_header(rest):
            if len(self._known) >= MOST_KINDS:
                self._known.clear()
            self._known[rest] = call
        return call


def _has_header(rest: bytes) -> bool:
    """Whether there is a header, or another one, which protobuf would merge with the first."""
    return bool(image_pb2.GetImageRequest.FromString(rest).HasField("header"))


def _split(data: bytes) -> tuple[bytes, bytes]:
    """Return the header that a message begins with, empty if it does not, and all else."""
    if not data.startswith(_HEADER):
        return b"", data
    length, begin = read_varint(data, len(_HEADER))
    end = begin + length
    if end > len(data):
        raise DecodeError("a header that is longer than its message")
    return data[begin:end], data[end:]
