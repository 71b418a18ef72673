"""How cameras on the network write their pictures into an HTTP answer: right, odd and wrong."""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

BOUNDARY = "picture"


@dataclass(frozen=True, slots=True)
class Manners:
    """How a camera sends its pictures; by default as the standards say.

    `content_type` is the answer's; empty leaves it out. `boundary` is the whole line, with its
    dashes; empty sends none. `boundary_first` is whether one precedes the first picture; else each
    follows its picture. `part_type` is the type of each picture; empty leaves it out.
    `length_error` is added to each length, whereupon a single picture ends its connection; `None`
    sends no lengths. `stamped` sends X-Timestamp. `extra_line` sends another empty line before each
    picture. `transfer` is "close", "chunked" or "gzip".
    """

    content_type: str = f"multipart/x-mixed-replace; boundary={BOUNDARY}"
    boundary: str = f"--{BOUNDARY}"
    line_end: str = "\r\n"
    boundary_first: bool = True
    part_type: str = "image/jpeg"
    length_error: int | None = 0
    stamped: bool = False
    extra_line: bool = False
    preamble: str = ""
    transfer: str = "close"

    @property
    def is_single(self) -> bool:
        """Whether each answer has one picture alone."""
        return self.content_type.startswith("image/")

    def head(self, *, length: int | None = None) -> dict[str, str]:
        """Return the headers of an answer; `length` is that of a single picture."""
        headers = {}
        if self.content_type:
            headers["Content-Type"] = self.content_type
        if self.transfer == "chunked":
            headers["Transfer-Encoding"] = "chunked"
        if self.transfer == "gzip":
            headers["Content-Encoding"] = "gzip"
        elif length is not None and self.length_error is not None and self.transfer == "close":
            headers["Content-Length"] = str(max(0, length + self.length_error))
        return headers

    def part(self, jpeg: bytes, timestamp_s: float, *, is_first: bool) -> bytes:
        """Return a picture with all that is sent with it."""
        lines: list[str] = []
        if is_first and self.preamble:
            lines += [self.preamble, ""]
        if self.boundary and self.boundary_first:
            lines.append(self.boundary)
        if self.part_type:
            lines.append(f"Content-Type: {self.part_type}")
        if self.length_error is not None:
            lines.append(f"Content-Length: {max(0, len(jpeg) + self.length_error)}")
        if self.stamped:
            lines.append(f"X-Timestamp: {timestamp_s:.6f}")
        if lines:
            lines += ["", ""] if self.extra_line else [""]
        head = "".join(line + self.line_end for line in lines).encode()
        tail = self.line_end if lines or self.boundary else ""
        if self.boundary and not self.boundary_first:
            tail += self.boundary + self.line_end
        return head + jpeg + tail.encode()


class Encoder:
    """The transfer of one answer's bytes by the manners of its camera."""

    def __init__(self, manners: Manners) -> None:
        self._is_chunked = manners.transfer == "chunked"
        is_gzip = manners.transfer == "gzip"
        self._gzip = zlib.compressobj(wbits=zlib.MAX_WBITS | 16) if is_gzip else None

    def encode(self, data: bytes) -> bytes:
        """Return the bytes to send; all of the data can be decoded from what was sent."""
        if self._gzip is not None:
            return self._gzip.compress(data) + self._gzip.flush(zlib.Z_SYNC_FLUSH)
        if self._is_chunked and data:
            return b"%x\r\n%b\r\n" % (len(data), data)
        return data

    def end(self) -> bytes:
        """Return what ends the answer."""
        if self._gzip is not None:
            return self._gzip.flush()
        return b"0\r\n\r\n" if self._is_chunked else b""


def stream_bytes(pictures: Iterable[bytes], manners: Manners) -> Iterator[bytes]:
    """Return the parts of a stream of these pictures, not encoded for transfer."""
    for number, jpeg in enumerate(pictures):
        yield manners.part(jpeg, float(number), is_first=number == 0)


# Manners of cameras and programs that people report; docs/network-cameras.md names the reports.
KNOWN_MANNERS = {
    "standard": Manners(),
    "no-lengths": Manners(length_error=None),
    "boundary-after": Manners(boundary_first=False),
    "boundary-after-no-lengths": Manners(boundary_first=False, length_error=None),
    "image/jpg": Manners(part_type="image/jpg"),
    "line-feeds": Manners(line_end="\n", length_error=None, part_type="image/jpg"),
    "no-headers": Manners(part_type="", length_error=None),
    "no-boundaries": Manners(boundary=""),
    "bare-jpegs": Manners(boundary="", part_type="", length_error=None),
    "motion-jpeg": Manners("video/x-motion-jpeg", "", part_type="", length_error=None),
    "length-too-small": Manners(length_error=-7),
    "length-too-large": Manners(length_error=999),
    "length-zero": Manners(length_error=-(10**9)),
    "length-huge": Manners(length_error=10**9),
    "quoted": Manners(f'multipart/x-mixed-replace;boundary="{BOUNDARY}"'),
    "declared-with-dashes": Manners(f"multipart/x-mixed-replace; boundary=--{BOUNDARY}"),
    "more-dashes": Manners(
        f"multipart/x-mixed-replace; boundary=--{BOUNDARY}", f"----{BOUNDARY}", length_error=None
    ),
    "no-dashes": Manners(boundary=BOUNDARY, length_error=None),
    "another-boundary": Manners("multipart/x-mixed-replace; boundary=else", length_error=None),
    "undeclared-boundary": Manners("multipart/x-mixed-replace", length_error=None),
    "multipart/mixed": Manners(f"Multipart/Mixed; Boundary={BOUNDARY}"),
    "octet-stream": Manners("application/octet-stream"),
    "no-content-type": Manners(""),
    "preamble": Manners(preamble="This is a stream: see RFC 2046", length_error=None),
    "extra-line": Manners(extra_line=True),
    "extra-line-no-lengths": Manners(extra_line=True, length_error=None),
    "chunked": Manners(transfer="chunked"),
    "gzip": Manners(transfer="gzip"),
    "stamped": Manners(stamped=True),
    "single": Manners("image/jpeg"),
    "single-jpg": Manners("image/jpg; charset=utf-8"),
    "single-no-length": Manners("image/jpeg", length_error=None),
    "single-length-too-large": Manners("image/jpeg", length_error=999),
    "single-chunked": Manners("image/jpeg", transfer="chunked"),
    "single-gzip": Manners("image/jpeg", transfer="gzip"),
}
