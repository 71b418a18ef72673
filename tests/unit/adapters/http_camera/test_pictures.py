"""Polled pictures: their rate, repeated ones, and conditions of requests."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import pytest

from spot_webcam.adapters.http_camera.content import VideoInstead
from spot_webcam.adapters.http_camera.errors import Phase
from spot_webcam.adapters.http_camera.pictures import (
    MAX_REPEATED_S,
    PolledPictures,
    open_pictures,
)
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CorruptFrame,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.time.manual import ManualClock

DEVICE = parse_synthetic_device("synthetic:?size=64x48&codec=mjpg")
JPEGS = [jpeg_frame(DEVICE, sequence) for sequence in range(4)]
ETAGS = {jpeg: {"ETag": f'"{number}"'} for number, jpeg in enumerate(JPEGS)}


class Response:
    """An answer in pieces."""

    def __init__(self, status: int, headers: Mapping[str, str], *pieces: bytes) -> None:
        self.status = status
        self.headers = dict(headers)
        self.pieces = list(pieces)
        self.closed = False

    def close(self) -> None:
        self.closed = True


class Client:
    """Answers each request by `picture`, at the present time, and knows its mark."""

    shown = "http://host/shot.jpg"

    def __init__(self, clock: ManualClock, picture: Callable[[float], bytes]) -> None:
        self.clock = clock
        self.picture = picture
        self.marks: Callable[[bytes], dict[str, str]] = lambda _: {}
        self.failure: Callable[[float], CameraError | None] = lambda _: None
        self.headers = {"Content-Type": "image/jpeg", "Content-Length": "1"}
        self.asked: list[tuple[float, dict[str, str]]] = []
        self.statuses: list[int] = []

    def now_s(self) -> float:
        return self.clock.monotonic_ns() / 1e9

    def get(self, timeout_s: float, conditions: Mapping[str, str]) -> Response:
        assert timeout_s > 0
        shown = self.picture(self.now_s())
        marks = self.marks(shown)
        self.asked.append((round(self.now_s(), 3), dict(conditions)))
        failure = self.failure(self.now_s())
        if failure is not None:
            raise failure
        is_known = bool(conditions) and conditions.get("If-None-Match") == marks.get("ETag")
        self.statuses.append(304 if is_known else 200)
        if is_known:
            return Response(304, marks)
        return Response(200, {**self.headers, **marks}, shown[:100], shown[100:])

    def read(self, response: Response, _phase: Phase) -> bytes:
        return response.pieces.pop(0) if response.pieces else b""

    def discard(self, response: Response) -> None:
        response.pieces.clear()

    def limit(self, timeout_s: float) -> None:
        assert timeout_s > 0

    def video(self, media_type: str, *, is_recording: bool) -> CameraError:
        return VideoInstead(media_type, DeviceAddress("http://host/x"), is_recording=is_recording)


def polled(client: Any, rate_hz: float | None = 10.0) -> PolledPictures:
    pictures = open_pictures(client, client.clock, threading.Event(), rate_hz, 1.0)
    assert isinstance(pictures, PolledPictures)
    return pictures


def by_time(period_s: float) -> Callable[[float], bytes]:
    return lambda now_s: JPEGS[int(now_s / period_s + 1e-6) % len(JPEGS)]


def test_pictures_are_asked_for_at_the_rate(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client)
    begun_s = client.now_s()
    assert {pictures.next(1.0).data for _ in range(5)} == set(JPEGS)
    assert [round(at_s - begun_s, 3) for at_s, _ in client.asked] == [0.0, 0.1, 0.2, 0.3, 0.4]


def test_default_rate_is_modest(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client, None)
    for _ in range(4):
        pictures.next(1.0)
    times = [at_s for at_s, _ in client.asked]
    assert [round(second - first, 3) for first, second in pairwise(times)] == [0.2] * 3


@pytest.mark.parametrize("failure", [CameraBusy("busy (503)"), NoData("an error (500)")])
def test_poll_that_fails_is_repeated_until_the_timeout(
    clock: ManualClock, failure: CameraError
) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client)
    pictures.next(1.0)
    begun_s = client.now_s()
    client.failure = lambda now_s: failure if now_s < begun_s + 0.65 else None
    assert pictures.next(1.0).data in JPEGS
    assert client.now_s() - begun_s == pytest.approx(0.7)
    client.failure = lambda _: failure
    with pytest.raises(type(failure), match=re.escape(str(failure))):
        pictures.next(1.0)
    assert client.now_s() - begun_s == pytest.approx(1.8)


def test_poll_that_finds_no_camera_is_not_repeated(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client)
    pictures.next(1.0)
    client.failure = lambda _: CameraAbsent("no answer")
    asked = len(client.asked)
    with pytest.raises(CameraAbsent):
        pictures.next(1.0)
    assert len(client.asked) == asked + 1


def test_late_poll_is_not_made_up_for(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client)
    for _ in range(2):
        pictures.next(1.0)
    clock.advance(5.05)
    asked = len(client.asked)
    for _ in range(3):
        pictures.next(1.0)
    times = [at_s for at_s, _ in client.asked[asked:]]
    assert [round(second - first, 3) for first, second in pairwise(times)] == [
        0.1,
        0.1,
    ]


def test_picture_that_only_repeats_is_skipped(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.7))
    pictures = polled(client)
    found = [pictures.next(1.0).data for _ in range(4)]
    assert all(first != second for first, second in pairwise(found))
    assert len(client.asked) > 15


def test_picture_that_never_changes_is_reported_as_frozen(clock: ManualClock) -> None:
    client = Client(clock, lambda _: JPEGS[0])
    client.marks = ETAGS.__getitem__
    pictures = polled(client)
    pictures.next(1.0)
    begun_s = client.now_s()
    with pytest.raises(StaleFrame, match="the same picture for 30 s"):
        pictures.next(1.0)
    assert client.now_s() - begun_s == pytest.approx(MAX_REPEATED_S, abs=0.2)


def test_damaged_picture_that_repeats_is_reported_each_time(clock: ManualClock) -> None:
    pictures = polled(Client(clock, lambda _: JPEGS[0][:300]))
    assert [pictures.next(1.0).data for _ in range(3)] == [JPEGS[0][:300]] * 3


def test_mark_is_used_once_it_stayed_with_its_picture(clock: ManualClock) -> None:
    client = Client(clock, by_time(1.0))
    client.marks = ETAGS.__getitem__
    pictures = polled(client)
    for _ in range(4):
        pictures.next(1.0)
    assert client.statuses.count(304) > 15
    assert client.statuses.count(200) <= 8


def test_mark_that_stayed_with_another_picture_is_not_used(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.5))
    client.marks = lambda _: {"ETag": '"always"'}
    pictures = polled(client)
    for _ in range(6):
        pictures.next(1.0)
    late = [conditions for at_s, conditions in client.asked if at_s > client.now_s() - 1.0]
    assert late
    assert set(map(len, late)) == {0}
    # Until then, a picture is not missed for longer than two seconds.
    changes = [
        at_s
        for (at_s, _), status in zip(client.asked, client.statuses, strict=True)
        if status == 200
    ]
    assert max(second - first for first, second in pairwise(changes)) < 2.3


def test_times_of_change_are_conditions_too(clock: ManualClock) -> None:
    client = Client(clock, lambda _: JPEGS[0])
    client.marks = lambda _: {"Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    pictures = polled(client)
    pictures.next(1.0)
    with pytest.raises(StaleFrame):
        pictures.next(1.0)
    assert {"If-Modified-Since": "Mon, 01 Jan 2024 00:00:00 GMT"} in [
        one for _, one in client.asked
    ]


def test_slow_rate_and_a_long_pause_are_no_frozen_picture(clock: ManualClock) -> None:
    pictures = polled(Client(clock, by_time(0.7)), 0.01)
    assert {pictures.next(1.0).data for _ in range(3)} <= set(JPEGS)
    clock.advance(500.0)
    assert pictures.next(1.0).data in JPEGS


def test_interrupt_ends_the_wait(clock: ManualClock) -> None:
    interrupted = threading.Event()
    client: Any = Client(clock, by_time(0.7))
    pictures = open_pictures(client, clock, interrupted, 0.01, 1.0)
    for _ in range(2):
        pictures.next(1.0)
    interrupted.set()
    with pytest.raises(NoData, match="was interrupted"):
        pictures.next(1.0)


def test_picture_without_a_length_ends_with_its_marker(clock: ManualClock) -> None:
    client = Client(clock, lambda now_s: by_time(0.1)(now_s) + b"more")
    del client.headers["Content-Length"]
    pictures = polled(client)
    assert {pictures.next(1.0).data for _ in range(5)} == set(JPEGS)


def test_picture_without_end_is_refused(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    pictures = polled(client)
    pictures.next(1.0)
    client.read = lambda *_: b"x" * (1 << 20)  # type: ignore[method-assign]
    with pytest.raises(CorruptFrame, match="more than 32 MiB"):
        pictures.next(1.0)


@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
def test_video_with_a_length_is_a_recording(clock: ManualClock, header: str) -> None:
    client: Any = Client(clock, lambda _: b"\0\0\0\x18ftyp")
    client.headers = {"Content-Type": "application/mp4", header: "chunked"}
    with pytest.raises(VideoInstead) as video:
        open_pictures(client, clock, threading.Event(), None, 1.0)
    assert video.value.is_recording == (header == "Content-Length")


def test_picture_of_an_unknown_type_is_known_by_its_start(clock: ManualClock) -> None:
    client = Client(clock, by_time(0.1))
    client.headers["Content-Type"] = "application/octet-stream"
    assert polled(client).next(1.0).data in JPEGS


def test_address_that_sends_nothing_at_all_is_no_picture(clock: ManualClock) -> None:
    client: Any = Client(clock, lambda _: b"")
    client.headers["Content-Type"] = "application/octet-stream"
    with pytest.raises(NoData, match="without a picture"):
        open_pictures(client, clock, threading.Event(), None, 1.0)
