"""Pictures of an HTTP address: parts of an endless answer, or an answer for each."""

import threading
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from typing import Protocol

from urllib3 import BaseHTTPResponse

from spot_webcam.adapters.http_camera.client import HttpClient
from spot_webcam.adapters.http_camera.content import Content, ContentType, content_of
from spot_webcam.adapters.http_camera.errors import Phase
from spot_webcam.adapters.http_camera.jpeg_scan import SOI, JpegScan
from spot_webcam.adapters.http_camera.multipart import (
    MAX_PICTURE_BYTES,
    MIB,
    Part,
    PictureParser,
)
from spot_webcam.domain.errors import CameraBusy, CorruptFrame, NoData, StaleFrame
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

# Snapshots cost cameras more than a stream does.
DEFAULT_POLLS_HZ = 5.0
# After so long with the same picture, a camera that is polled is frozen.
MAX_REPEATED_S = 30.0
# After so long with "not modified", the picture is fetched anyway: some cameras never say else.
MAX_NOT_MODIFIED_S = 2.0

_NOT_MODIFIED = 304
_VALIDATORS = (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))


class Pictures(Protocol):
    """The pictures of a camera in order; raises `CameraError`."""

    def next(self, timeout_s: float) -> Part:
        """Block until the next picture is there, at most for this time."""
        ...

    def put_back(self, part: Part) -> None:
        """Let `next` return this picture first."""
        ...


class StreamedPictures:
    """The parts of one endless answer."""

    def __init__(
        self, client: HttpClient, response: BaseHTTPResponse, parser: PictureParser
    ) -> None:
        self._client = client
        self._response = response
        self._parser = parser
        self._parts: deque[Part] = deque()
        self._phase = Phase.FIRST_PICTURE
        self._has_ended = False

    def begin(self, start: bytes) -> None:
        """Take bytes that were read before."""
        self._parts += self._parser.feed(start)

    def next(self, timeout_s: float) -> Part:
        """Read until the next picture is complete."""
        self._client.limit(timeout_s)
        while not self._parts:
            if self._has_ended:
                raise NoData(f"{self._client.shown} {self._phase.ended}")
            data = self._client.read(self._response, self._phase)
            self._has_ended = not data
            self._parts += self._parser.feed(data) if data else self._parser.finish()
        self._phase = Phase.NEXT_PICTURE
        return self._parts.popleft()

    def put_back(self, part: Part) -> None:
        """Put it before the others."""
        self._parts.appendleft(part)


class PolledPictures:
    """One answer for each picture, at a fixed rate; a picture that only repeats is skipped."""

    def __init__(
        self, client: HttpClient, clock: Clock, interrupted: threading.Event, rate_hz: float | None
    ) -> None:
        self._client = client
        self._clock = clock
        self._interrupted = interrupted
        self._period_ns = round(NANOSECONDS / (rate_hz or DEFAULT_POLLS_HZ))
        self._due_ns = clock.monotonic_ns() + self._period_ns
        self._first: Part | None = None
        self._last = b""
        self._last_ns = clock.monotonic_ns()
        self._conditions = _Conditions()

    def begin(self, response: BaseHTTPResponse, start: bytes = b"") -> None:
        """Take an answer whose begin was read before."""
        self.put_back(self._accepted(self._read(response, start)))

    def next(self, timeout_s: float) -> Part:
        """Ask again and again until there is another picture."""
        if self._first is not None:
            part, self._first = self._first, None
            return part
        begun_ns = self._clock.monotonic_ns()
        while True:
            self._wait_until_due()
            now_ns = self._clock.monotonic_ns()
            conditions = self._conditions.headers((now_ns - self._last_ns) / NANOSECONDS)
            try:
                other = self._asked(timeout_s, conditions)
            except (NoData, CameraBusy):
                # Some cameras have no picture for now and then a poll.
                if self._clock.monotonic_ns() - begun_ns > timeout_s * NANOSECONDS:
                    raise
                continue
            if other is not None:
                return self._accepted(other)
            repeated_s = (now_ns - begun_ns) / NANOSECONDS
            if repeated_s > MAX_REPEATED_S:
                raise StaleFrame(
                    f"{self._client.shown} has sent the same picture for {repeated_s:.0f} s"
                )

    def _asked(self, timeout_s: float, conditions: Mapping[str, str]) -> Part | None:
        """Ask once; return the picture if it is another one."""
        response = self._client.get(timeout_s, conditions)
        if response.status == _NOT_MODIFIED:
            self._client.discard(response)
            return None
        part = self._read(response, b"")
        if part.data != self._last or not _is_whole(part.data):
            return part
        self._conditions.repeated(part.headers)
        return None

    def put_back(self, part: Part) -> None:
        """Return it at the next call."""
        self._first = part

    def _accepted(self, part: Part) -> Part:
        self._conditions.changed(part.headers)
        self._last = part.data
        self._last_ns = self._clock.monotonic_ns()
        return part

    def _wait_until_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        early_ns = self._due_ns - now_ns
        if early_ns > 0 and self._clock.wait(self._interrupted, early_ns / NANOSECONDS):
            raise NoData(f"{self._client.shown} was interrupted")
        self._due_ns = max(self._due_ns, now_ns) + self._period_ns

    def _read(self, response: BaseHTTPResponse, start: bytes) -> Part:
        """Read one picture: to its end, or if it has none to that of the answer."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        is_framed = has_length(response)
        data = bytearray(start)
        scan = JpegScan()
        scan.advance(data)
        while scan.end is None:
            received = self._client.read(response, Phase.FIRST_PICTURE)
            if not received:
                break
            data += received
            if len(data) > MAX_PICTURE_BYTES:
                response.close()
                raise CorruptFrame(f"a picture has more than {MAX_PICTURE_BYTES // MIB} MiB")
            scan.advance(data)
        if scan.end is not None:
            del data[scan.end :]
            if is_framed:
                self._client.discard(response)
            else:
                response.close()
        kind = ContentType.of(response.headers)
        if not data.startswith(SOI) and not kind.is_certain:
            # Raises for what a camera sends whose session has ended.
            content_of(self._client.shown, kind, bytes(data[:256]), has_length=is_framed)
        return Part(bytes(data), headers)


def has_length(response: BaseHTTPResponse) -> bool:
    """Report whether the end of an answer shows while its connection stays open."""
    chunked = response.headers.get("Transfer-Encoding", "").lower() == "chunked"
    return chunked or response.headers.get("Content-Length") is not None


def _is_whole(data: bytes) -> bool:
    scan = JpegScan()
    scan.advance(bytearray(data))
    return scan.end is not None


class _Conditions:
    """Conditions of requests, by what the camera says of its last picture.

    Some cameras mark all their pictures with one time. A mark is used once it was seen to stay
    with a picture that stayed, and never again after it stayed with one that changed.
    """

    def __init__(self) -> None:
        self._marks: dict[str, str] = {}
        self._are_used = False
        self._are_wrong = False

    def headers(self, age_s: float) -> dict[str, str]:
        """Return the headers of a request, given the age of the last picture."""
        if not self._are_used or self._are_wrong or age_s > MAX_NOT_MODIFIED_S:
            return {}
        return self._marks

    def repeated(self, headers: Mapping[str, str]) -> None:
        """Record that an answer had the same picture again."""
        self._are_used = bool(self._marks) and self._marks == _marks(headers)

    def changed(self, headers: Mapping[str, str]) -> None:
        """Record that an answer had another picture."""
        marks = _marks(headers)
        self._are_wrong = self._are_wrong or (bool(marks) and marks == self._marks)
        self._marks = marks


def _marks(headers: Mapping[str, str]) -> dict[str, str]:
    return {
        condition: headers[mark.lower()]
        for mark, condition in _VALIDATORS
        if mark.lower() in headers
    }


def open_pictures(
    client: HttpClient,
    clock: Clock,
    interrupted: threading.Event,
    rate_hz: float | None,
    timeout_s: float,
) -> Pictures:
    """Request the address, and return its pictures.

    Raises:
        VideoInstead: it sends video, which is for FFmpeg.
        CameraError: it sends no pictures.
    """
    response = client.get(timeout_s, {})
    kind = ContentType.of(response.headers)
    start = b"" if kind.is_certain else _start(client, response)
    if not (start or kind.is_certain):
        raise NoData(f"{client.shown} {Phase.FIRST_PICTURE.ended}")
    content = content_of(client.shown, kind, start, has_length=has_length(response))
    if content is Content.VIDEO:
        with closing(response):
            is_recording = response.headers.get("Content-Length") is not None
            raise client.video(kind.media_type, is_recording=is_recording)
    if content is Content.PICTURE:
        polled = PolledPictures(client, clock, interrupted, rate_hz)
        polled.begin(response, start)
        return polled
    streamed = StreamedPictures(client, response, PictureParser(kind.boundary))
    streamed.begin(start)
    return streamed


def _start(client: HttpClient, response: BaseHTTPResponse) -> bytes:
    """Read what shows the kind of an answer; empty lines do not."""
    start = b""
    while len(start.lstrip(b"\r\n")) < len(SOI):
        data = client.read(response, Phase.FIRST_PICTURE)
        if not data:
            break
        start += data
    return start
