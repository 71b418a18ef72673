"""Parser of pictures in a stream: by their lengths where these are right, by JPEG markers else.

Cameras send multipart streams (RFC 2046) of many manners: without a boundary before the first
part, with line feeds only, with wrong lengths or none, without headers, or without any boundary.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from spot_webcam.adapters.http_camera.jpeg_scan import SOI, JpegScan
from spot_webcam.domain.errors import CorruptFrame

MIB = 1024 * 1024
# A JPEG of 8K at the best quality has some 20 MB.
MAX_PICTURE_BYTES = 32 * MIB
# Text before a picture: some headers. Longer text is no head of a part.
MAX_HEAD_BYTES = 8 * 1024
# RFC 2046 allows 70.
MAX_BOUNDARY_BYTES = 256
# A shorter boundary occurs in pictures by chance, unless dashes and the begin of a line precede it.
MIN_UNIQUE_BYTES = 6

_START = SOI + b"\xff"
_LINE_ENDS = b"\r\n"
# Between parts, and after the end marker of a picture.
_BETWEEN = b"\r\n\0 "
_PADDING = _BETWEEN + b"\xff"
_DASH = ord("-")
_HEADER = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,128})[ \t]*:[ \t]*(.*)")
# Beginnings of what follows a part: a boundary's dashes, or a header of a part without boundary.
_NEXT_PART = re.compile(rb"--|content-|x-", re.IGNORECASE)
_MAX_NEXT_BYTES = len(b"content-")


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes of one picture as they came, and the headers before it by lower-case name."""

    data: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


class PictureParser:
    """Takes a stream in pieces of any size, and returns its pictures in order.

    A picture is returned when its last byte is there, if its length or its markers say so. Bytes
    that are no picture but are sent as one are returned, too: the caller reports the damage.
    """

    def __init__(self, boundary: str = "", *, max_bytes: int = MAX_PICTURE_BYTES) -> None:
        """`boundary` is that of the Content-Type header, empty if it has none."""
        self._max_bytes = max_bytes
        # Without dashes, of which cameras send more or fewer than they declare.
        self._boundaries: list[bytes] = []
        self._learn(boundary.encode("latin-1", "replace"))
        self._buffer = bytearray()
        # Headers of the part whose body is awaited; None: the head of a part is awaited.
        self._headers: dict[str, str] | None = None
        self._length: int | None = None
        self._scan: JpegScan | None = None
        self._searched = 0
        # Whether parts have heads, without which a start marker begins no picture.
        self._has_heads = False
        self._trusts_lengths = True

    def feed(self, data: bytes) -> list[Part]:
        """Take bytes of the stream, and return the pictures that they complete.

        Raises:
            CorruptFrame: a picture is too large; the parser goes on with the next one.
        """
        self._buffer += data
        parts = self._complete_parts()
        if len(self._buffer) > self._max_bytes:
            self._buffer.clear()
            self._headers = None
            raise CorruptFrame(f"a picture has more than {self._max_bytes / MIB:g} MiB")
        return parts

    def finish(self) -> list[Part]:
        """Return what the end of the stream completes, the last picture perhaps cut off."""
        # A length that goes beyond the end is wrong.
        self._length = None
        self._trusts_lengths = False
        parts = self._complete_parts()
        if self._headers is not None:
            parts += self._take(len(self._buffer))
        return parts

    def _complete_parts(self) -> list[Part]:
        parts: list[Part] = []
        while self._headers is not None or self._read_head():
            end = self._body_end()
            if end is None:
                break
            parts += self._take(end)
        return parts

    def _learn(self, line: bytes) -> None:
        boundary = line.strip(b'"- \t')
        if 0 < len(boundary) <= MAX_BOUNDARY_BYTES and boundary not in self._boundaries:
            self._boundaries = [*self._boundaries[-1:], boundary]

    # The head of a part.

    def _read_head(self) -> bool:
        """Read boundary and headers; return False if they have not arrived whole."""
        while True:
            start = self._buffer.find(_START)
            if self._find_body(len(self._buffer) if start < 0 else start, is_start=start >= 0):
                return True
            if start < 0:
                break
            # A picture that nobody announced: part of the one before, such as a preview.
            del self._buffer[: start + len(_START)]
        if len(self._buffer) > MAX_HEAD_BYTES:
            del self._buffer[: -len(_START)]
        return False

    def _find_body(self, text_end: int, *, is_start: bool) -> bool:
        """Read the lines up to `text_end`, where a picture starts if `is_start`."""
        headers: dict[str, str] = {}
        is_head = False
        at = 0
        while (end := self._buffer.find(b"\n", at, text_end)) >= 0:
            line = bytes(self._buffer[at:end]).strip(b"\r \t")
            at = end + 1
            header = _HEADER.fullmatch(line)
            if not line:
                if is_head and (headers or not self._is_header_at(at, text_end)):
                    self._begin_body(at, headers, is_head=True)
                    return True
            elif self._is_boundary(line):
                headers, is_head = {}, True
            elif header is not None:
                headers[header[1].decode().lower()] = header[2].decode("latin-1")
                is_head = True
        if is_start and (is_head or not self._has_heads):
            self._begin_body(text_end, headers, is_head=is_head)
            return True
        return False

    def _is_header_at(self, at: int, text_end: int) -> bool:
        """Report whether a header follows the empty line after a boundary."""
        line = bytes(self._buffer[at:text_end]).partition(b"\n")[0]
        return _HEADER.fullmatch(line.rstrip(b"\r")) is not None

    def _is_boundary(self, line: bytes) -> bool:
        if line in self._boundaries:
            return True
        if not line.startswith(b"--"):
            return False
        self._learn(line)
        return True

    def _begin_body(self, at: int, headers: dict[str, str], *, is_head: bool) -> None:
        del self._buffer[:at]
        self._has_heads = self._has_heads or (is_head and _is_of_a_part(headers))
        self._headers = headers
        self._length = self._declared_length(headers)
        self._scan = None
        self._searched = 0

    def _declared_length(self, headers: Mapping[str, str]) -> int | None:
        text = headers.get("content-length", "").strip()
        if not self._trusts_lengths or not (text.isascii() and text.isdecimal()):
            return None
        length = int(text[:20])
        return length if length <= self._max_bytes else None

    # Its body.

    def _body_end(self) -> int | None:
        """Return the end of the body in the buffer, `None` if it has not arrived."""
        data = self._buffer
        if self._scan is None:
            # Some cameras send another empty line.
            lead = len(data[:4]) - len(data[:4].lstrip(_LINE_ENDS))
            if data.startswith(SOI, lead):
                del data[:lead]
                self._scan = JpegScan()
        if self._scan is not None:
            self._scan.advance(data)
        end = None if self._scan is None else self._scan.end
        if self._length is not None:
            is_right = self._is_length_right(self._length, end)
            if is_right is not False:
                return self._length if is_right else None
            self._length = None
            self._trusts_lengths = False
        return self._end_without_length() if self._scan is None else self._end_of_jpeg(self._scan)

    def _is_length_right(self, length: int, end: int | None) -> bool | None:
        """Report whether a declared length is right; `None` if that is not known yet."""
        data = self._buffer
        has_arrived = len(data) >= length
        is_whole = has_arrived and end is not None and end <= length
        if is_whole and not data[end:length].strip(_PADDING):
            return True
        # No whole JPEG, or something after its end: right if the next part follows.
        follows = self._begins_part(length) if has_arrived else None
        if end is not None and not follows and (end > length or self._begins_part(end)):
            return False
        return follows

    def _begins_part(self, at: int) -> bool | None:
        """Report whether the next part begins at an offset; `None` if that is not known yet."""
        longest = max([_MAX_NEXT_BYTES, *map(len, self._boundaries)])
        following = bytes(self._buffer[at : at + 4 + longest]).lstrip(_BETWEEN)
        if following.startswith(tuple(self._boundaries)) or _NEXT_PART.match(following):
            return True
        is_known = len(following) >= longest or following.startswith(SOI)
        return False if is_known else None

    def _end_of_jpeg(self, scan: JpegScan) -> int | None:
        """Return where a JPEG ends: by its markers, or before them if it was cut off."""
        data = self._buffer
        header_end = len(data) if scan.scan_start is None else scan.scan_start
        # In the header a boundary may be part of a comment. If a picture follows it, it is none.
        while (boundary_at := self._find_boundary(self._searched, header_end)) is not None:
            following = data.find(0xFF, boundary_at)
            if following < 0 or len(data) < following + len(_START):
                return None
            if data.startswith(_START, following):
                return boundary_at
            self._searched = following
        self._has_searched(header_end)
        if scan.end is not None:
            return scan.end
        boundary_at = self._find_boundary(max(header_end, self._searched), len(data))
        self._has_searched(len(data))
        return scan.next_start if boundary_at is None else boundary_at

    def _end_without_length(self) -> int | None:
        """Return where bytes end that begin with no start marker, and go to one that follows."""
        data = self._buffer
        boundary_at = self._find_boundary(self._searched, len(data))
        end = len(data) if boundary_at is None else boundary_at
        start = data.find(_START, self._searched, end)
        if start >= 0:
            del data[:start]
            self._searched = 0
            return self._body_end()
        self._has_searched(end)
        if boundary_at is None and not self._boundaries:
            del data[: -len(_START)]
            self._searched = 0
        return boundary_at

    def _has_searched(self, end: int) -> None:
        """Record up to where there is no boundary, except for one that is cut off there."""
        self._searched = max(self._searched, end - MAX_BOUNDARY_BYTES)

    def _find_boundary(self, begin: int, end: int) -> int | None:
        """Return the first begin of a boundary's line, or of the line end before it."""
        found = [self._find_one_boundary(one, begin, end) for one in self._boundaries]
        return min((at for at in found if at is not None), default=None)

    def _find_one_boundary(self, boundary: bytes, begin: int, end: int) -> int | None:
        data = self._buffer
        is_unique = len(boundary) >= MIN_UNIQUE_BYTES
        at = data.find(boundary, begin, end)
        while at >= 0:
            start = at
            while start > 0 and data[start - 1] == _DASH:
                start -= 1
            has_dashes = at - start >= 2
            has_line = start == 0 or data[start - 1] == _LINE_ENDS[1]
            if has_dashes + has_line + is_unique >= 2:
                start -= data.endswith(b"\n", 0, start)
                start -= data.endswith(b"\r", 0, start)
                return start
            at = data.find(boundary, at + 1, end)
        return None

    def _take(self, end: int) -> list[Part]:
        """Take the body out of the buffer; return it unless it is not meant to be a picture."""
        headers = self._headers or {}
        data = bytes(self._buffer[:end])
        del self._buffer[:end]
        self._headers = None
        if self._scan is None and not _is_picture(headers, data):
            return []
        return [Part(data, headers)]


def _is_of_a_part(headers: Mapping[str, str]) -> bool:
    """Report whether a head is a part's, or text before the first part that looks like headers."""
    return not headers or any(name.startswith(("content-", "x-")) for name in headers)


def _is_picture(headers: Mapping[str, str], data: bytes) -> bool:
    """Report whether bytes that begin with no start marker were sent as a picture."""
    kind = headers.get("content-type", "").lower()
    if kind:
        return kind.startswith(("image/", "application/octet-stream"))
    return bool(data) or "content-length" in headers
