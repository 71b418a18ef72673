from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from spot_webcam.app.capture_loop import (
    FIRST_PAUSE_S,
    IDLE_S,
    LONGEST_PAUSE_S,
    MOST_BUFFERED_FRAMES,
    MOST_CORRUPT_FRAMES,
    WELL_NS,
    CaptureLoop,
)
from spot_webcam.app.loop_thread import PAUSE_AFTER_DEFECT_S
from spot_webcam.domain.backoff import Backoff
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.image import CaptureSettings, Frame, Layout, Picture
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.time_units import NANOSECONDS
from spot_webcam.fakes.clock import ManualClock

MODE = CameraMode(8, 6, Layout.BGR8, 30.0)
FRAME_S = 1 / 32
CLOSING_ERRORS = [
    CameraAbsent("unplugged"),
    CameraBusy("busy"),
    CameraPermissionDenied("not yours"),
    CameraMisconfigured("no such mode"),
    NoData("silent"),
    StaleFrame("old"),
]


class ScriptedCamera:
    """Works, but for what `script` says of the next calls: an error to raise, or a value."""

    def __init__(self, clock: ManualClock, picture: Picture) -> None:
        self._clock = clock
        self._picture = picture
        self.script: dict[str, deque[Any]] = {}
        self.calls: list[str] = []
        self.grab_s = FRAME_S

    @property
    def count(self) -> Counter[str]:
        return Counter(self.calls)

    def _next(self, call: str, usual: Any = None) -> Any:
        self.calls.append(call)
        outcomes = self.script.get(call)
        outcome = outcomes.popleft() if outcomes else usual
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def open(self) -> CameraMode:
        mode: CameraMode = self._next("open", MODE)
        return mode

    def grab(self) -> int | None:
        self._clock.advance(self.grab_s)
        told_ns: int | None = self._next("grab")
        return told_ns

    def retrieve(self) -> Picture:
        picture: Picture = self._next("retrieve", self._another_picture())
        return picture

    def _another_picture(self) -> Picture:
        pixels = self._picture.pixels.copy()
        pixels.flat[0] = self.count["grab"] % 256
        return Picture(pixels, self._picture.layout)

    def settings(self) -> CaptureSettings:
        settings: CaptureSettings = self._next("settings", CaptureSettings())
        return settings

    def close(self) -> None:
        self._next("close")


class InterruptibleCamera(ScriptedCamera):
    def interrupt(self) -> None:
        self.calls.append("interrupt")


class NoJitter(random.Random):
    def random(self) -> float:
        return 0.0


class Stand:
    """A camera, its source and its loop."""

    def __init__(self, camera: ScriptedCamera, clock: ManualClock, *, on_demand: bool) -> None:
        self.camera = camera
        self.clock = clock
        self.source = LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=on_demand)
        backoff = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S, NoJitter())
        self.loop = CaptureLoop(camera, self.source, clock, backoff)
        self._pause_s = 0.0

    def say(self, call: str, *outcomes: Any) -> None:
        self.camera.script[call] = deque(outcomes)

    def look(self) -> None:
        """Be a client, so that pictures are retrieved."""
        if not self.source.on_demand:
            self.source.ask()

    def steps(self, count: int) -> list[float]:
        """Take steps, and before each one the pause that the one before asked for."""
        waits_s = []
        for _ in range(count):
            self.clock.advance(self._pause_s)
            self.look()
            self._pause_s = self.loop.step()
            waits_s.append(self._pause_s)
        return waits_s

    def run(self, seconds: float, most_steps: int = 1000) -> int:
        """Step as the loop's thread does, for so long; return the number of steps."""
        end_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        for step in range(most_steps):
            if self.clock.monotonic_ns() >= end_ns:
                return step
            wait_s = self.loop.step()
            if wait_s > 0:
                self.clock.wait(self.source.demand, wait_s)
        return most_steps

    def newest(self) -> Frame:
        return self.source.ask()(self.clock.monotonic_ns()).frame


@pytest.fixture
def stand(clock: ManualClock, make_picture: Callable[..., Picture]) -> Stand:
    return Stand(ScriptedCamera(clock, make_picture()), clock, on_demand=False)


@pytest.fixture
def on_demand(clock: ManualClock, make_picture: Callable[..., Picture]) -> Stand:
    stand = Stand(ScriptedCamera(clock, make_picture()), clock, on_demand=True)
    assert stand.steps(1) == [0.0]
    return stand


# Pictures.


def test_camera_is_opened_and_then_delivers_at_its_own_rate(stand: Stand) -> None:
    assert stand.steps(4) == [0.0] * 4
    assert stand.camera.count["open"] == 1
    assert stand.newest().sequence == 3
    assert stand.source.description == ImageSource("cam", Layout.BGR8, 8, 6)


def test_capture_time_is_taken_right_after_the_grab(stand: Stand, clock: ManualClock) -> None:
    begin_ns = clock.monotonic_ns()
    stand.steps(2)
    assert stand.newest().monotonic_ns == begin_ns + round(FRAME_S * 1e9)


def test_time_of_the_driver_is_the_frames(stand: Stand, clock: ManualClock) -> None:
    told_ns = clock.time_ns() + 1000
    stand.say("grab", told_ns)
    stand.steps(2)
    assert stand.newest().captured_ns == told_ns


def test_settings_are_asked_for_once_a_second(stand: Stand) -> None:
    stand.steps(1 + 32 * 3)
    assert stand.camera.count["grab"] == 96
    assert stand.camera.count["settings"] == 3


def test_settings_go_with_the_frames_until_they_are_asked_for_again(stand: Stand) -> None:
    first, second = CaptureSettings(0.01, 1.0), CaptureSettings(0.02, 2.0)
    stand.say("settings", first, second)
    stand.steps(2)
    assert stand.newest().settings == first
    stand.steps(31)
    assert stand.newest().settings == first
    stand.steps(1)
    assert stand.newest().settings == second


def test_settings_are_asked_for_anew_after_opening_again(stand: Stand) -> None:
    stand.say("settings", CaptureSettings(0.01), CaptureSettings(0.02))
    stand.say("grab", None, NoData("silent"), None)
    stand.steps(5)
    assert stand.newest().settings == CaptureSettings(0.02)


# Failures.


@pytest.mark.parametrize("error", CLOSING_ERRORS)
@pytest.mark.parametrize("call", ["open", "grab", "retrieve", "settings"])
def test_camera_that_fails_is_closed_and_opened_again(
    stand: Stand, call: str, error: CameraError
) -> None:
    stand.say(call, error)
    waits_s = stand.steps(1 if call == "open" else 2)
    assert waits_s[-1] == FIRST_PAUSE_S
    assert stand.camera.calls[-1] == "close"
    with pytest.raises(type(error)):
        stand.newest()
    assert stand.steps(2) == [0.0, 0.0]
    assert stand.camera.calls.count("open") == 2
    assert stand.newest().sequence == 1


def test_pauses_between_tries_double_up_to_two_seconds(stand: Stand) -> None:
    stand.say("open", *[CameraAbsent("unplugged")] * 8)
    assert stand.steps(8) == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_opening_alone_does_not_shorten_the_pauses(stand: Stand) -> None:
    stand.say("grab", *[NoData("silent")] * 4)
    assert stand.steps(8) == [0.0, 0.1, 0.0, 0.2, 0.0, 0.4, 0.0, 0.8]


def test_camera_that_is_well_again_makes_the_pauses_short_again(stand: Stand) -> None:
    stand.say("open", *[CameraAbsent("unplugged")] * 5)
    stand.steps(7)
    stand.run(WELL_NS / NANOSECONDS)
    stand.say("grab", NoData("silent"))
    assert stand.steps(1) == [FIRST_PAUSE_S]


def test_camera_that_fails_after_each_picture_is_opened_ever_more_seldom(stand: Stand) -> None:
    pauses_s = []
    for _ in range(6):
        stand.steps(2)
        stand.say("grab", NoData("crashed"))
        pauses_s += stand.steps(1)
    assert pauses_s == [0.1, 0.2, 0.4, 0.8, 1.6, LONGEST_PAUSE_S]


@pytest.mark.parametrize("away_s", [0.5, 3.0, 60.0])
def test_camera_is_back_within_three_seconds_of_being_plugged_in(
    stand: Stand, clock: ManualClock, away_s: float
) -> None:
    stand.steps(2)
    stand.say("grab", *[CameraAbsent("unplugged")] * 1000)
    stand.say("open", *[CameraAbsent("unplugged")] * 1000)
    stand.run(away_s)
    stand.camera.script.clear()
    stand.run(3.0)
    assert stand.newest().picture.cols == 8
    assert stand.source.faults() == []


@pytest.mark.parametrize("call", ["open", "grab", "retrieve", "settings"])
def test_defect_of_an_adapter_ends_no_camera(stand: Stand, call: str) -> None:
    stand.say(call, ZeroDivisionError("by nought"))
    waits_s = stand.steps(1 if call == "open" else 2)
    assert waits_s[-1] == FIRST_PAUSE_S
    with pytest.raises(NoData, match="unexpected ZeroDivisionError: by nought"):
        stand.newest()
    stand.steps(2)
    assert stand.newest().sequence == 1


def test_camera_that_cannot_be_closed_is_opened_again(stand: Stand, clock: ManualClock) -> None:
    stand.steps(2)
    stand.say("grab", NoData("silent"))
    stand.say("close", OSError("stuck"))
    with suppress(OSError):
        stand.loop.step()
    clock.advance(PAUSE_AFTER_DEFECT_S)
    stand.steps(2)
    assert stand.camera.count["open"] == 2
    assert stand.newest().sequence == 2


# Damaged pictures.


@pytest.mark.parametrize("call", ["grab", "retrieve"])
def test_damaged_picture_is_dropped_and_the_next_one_taken_at_once(stand: Stand, call: str) -> None:
    stand.say(call, None, CorruptFrame("damaged")) if call == "grab" else stand.say(
        call, CorruptFrame("damaged")
    )
    assert stand.steps(5) == [0.0] * 5
    assert stand.camera.count["close"] == 0
    assert stand.newest().sequence == 3


def test_stream_that_stays_damaged_is_opened_anew(stand: Stand) -> None:
    stand.say("retrieve", *[CorruptFrame("damaged")] * MOST_CORRUPT_FRAMES)
    assert stand.steps(MOST_CORRUPT_FRAMES) == [0.0] * MOST_CORRUPT_FRAMES
    assert stand.camera.count["close"] == 0
    assert stand.steps(1) == [FIRST_PAUSE_S]
    assert stand.camera.count["close"] == 1
    with pytest.raises(CorruptFrame):
        stand.newest()
    stand.steps(2)
    assert stand.newest().sequence == 1


def test_good_picture_begins_the_count_of_damaged_ones_again(stand: Stand) -> None:
    damaged: list[Any] = [CorruptFrame("damaged")] * (MOST_CORRUPT_FRAMES - 1)
    good = stand.camera.retrieve()
    stand.say("retrieve", *damaged, good, *damaged)
    stand.steps(1 + 2 * MOST_CORRUPT_FRAMES)
    assert stand.camera.count["close"] == 0
    assert stand.newest().sequence == 2


def test_damaged_first_picture_closes_what_was_not_open_yet(stand: Stand) -> None:
    stand.say("open", CorruptFrame("damaged"))
    assert stand.steps(1) == [FIRST_PAUSE_S]
    assert stand.camera.calls == ["open", "close"]


# On demand.


def test_nothing_is_grabbed_that_nobody_asked_for(on_demand: Stand) -> None:
    assert on_demand.steps(3) == [IDLE_S] * 3
    assert on_demand.camera.count["grab"] == 0


def test_one_picture_is_taken_for_a_request(on_demand: Stand, clock: ManualClock) -> None:
    collect = on_demand.source.ask()
    assert on_demand.steps(2) == [0.0, IDLE_S]
    assert on_demand.camera.count["grab"] == 1
    assert collect(clock.monotonic_ns()).frame.sequence == 1


def test_pictures_from_a_buffer_are_older_than_the_request(
    on_demand: Stand, clock: ManualClock
) -> None:
    on_demand.camera.grab_s = 0.0
    waits: list[int] = []

    def grab_slowly_at_last() -> int | None:
        waits.append(1)
        if len(waits) == 4:
            clock.advance(FRAME_S)
        return None

    on_demand.camera.grab = grab_slowly_at_last  # type: ignore[method-assign]
    collect = on_demand.source.ask()
    on_demand.steps(1)
    assert len(waits) == 4
    assert collect(clock.monotonic_ns()).frame.monotonic_ns == round(FRAME_S * 1e9)


def test_time_that_the_driver_tells_decides_what_is_fresh(
    on_demand: Stand, clock: ManualClock
) -> None:
    asked_ns = clock.time_ns()
    on_demand.say("grab", asked_ns - 10**6, asked_ns - 1, asked_ns + 5, asked_ns + 6)
    collect = on_demand.source.ask()
    on_demand.steps(1)
    assert on_demand.camera.count["grab"] == 3
    assert collect(clock.monotonic_ns()).frame.captured_ns == asked_ns + 5


def test_camera_that_never_blocks_is_not_grabbed_for_ever(on_demand: Stand) -> None:
    on_demand.camera.grab_s = 0.0
    on_demand.source.ask()
    on_demand.steps(1)
    assert on_demand.camera.count["grab"] == MOST_BUFFERED_FRAMES


def test_one_request_does_not_defeat_the_backoff(on_demand: Stand) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.say("open", *[CameraAbsent("unplugged")] * 2000)
    on_demand.source.ask()
    on_demand.run(10.0)
    on_demand.source.ask()
    steps = on_demand.run(10.0)
    assert steps < 20
    assert on_demand.camera.count["open"] < 20


def test_many_requests_do_not_defeat_the_backoff(on_demand: Stand, clock: ManualClock) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.say("open", *[CameraAbsent("unplugged")] * 2000)
    for _ in range(100):
        on_demand.source.ask()  # which ends the wait of the loop's thread
        on_demand.loop.step()
        clock.advance(0.1)
    assert on_demand.camera.count["open"] < 30


def test_request_refused_while_the_camera_was_away_leaves_no_fault(
    on_demand: Stand, clock: ManualClock
) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.source.ask()
    on_demand.steps(1)
    with pytest.raises(CameraAbsent):
        on_demand.newest()
    on_demand.run(60.0)
    assert on_demand.camera.count["open"] == 2
    assert on_demand.source.faults() == []


def test_request_in_the_pause_after_damage_is_served_when_the_camera_is_open_again(
    on_demand: Stand, clock: ManualClock
) -> None:
    on_demand.say("retrieve", *[CorruptFrame("damaged")] * MOST_CORRUPT_FRAMES)
    for _ in range(MOST_CORRUPT_FRAMES):
        on_demand.source.ask()
        on_demand.loop.step()
    assert on_demand.camera.count["close"] == 1
    collect = on_demand.source.ask()
    on_demand.run(1.0)
    assert collect(clock.monotonic_ns()).frame.sequence == 1


def test_camera_that_failed_proves_itself_without_a_request(on_demand: Stand) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.source.ask()
    on_demand.run(5.0)
    assert on_demand.camera.count["open"] == 2
    assert on_demand.source.faults() == []


def test_request_made_before_the_camera_opens_is_served_when_it_does(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    stand = Stand(ScriptedCamera(clock, make_picture()), clock, on_demand=True)
    collect = stand.source.ask()
    stand.steps(2)
    assert collect(clock.monotonic_ns()).frame.sequence == 1


# The end, and what is logged.


def test_finish_lets_the_camera_go(stand: Stand) -> None:
    stand.steps(2)
    stand.loop.finish()
    assert stand.camera.calls[-1] == "close"


def test_interrupt_reaches_a_camera_that_can_be(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    stand = Stand(InterruptibleCamera(clock, make_picture()), clock, on_demand=False)
    stand.loop.interrupt()
    assert stand.camera.calls == ["interrupt"]


def test_interrupt_leaves_other_cameras_alone(stand: Stand) -> None:
    stand.loop.interrupt()
    assert stand.camera.calls == []


def test_each_cause_is_logged_once(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    absent, busy = CameraAbsent("unplugged"), CameraBusy("busy")
    stand.say("open", absent, absent, absent, busy, busy, absent)
    stand.steps(6)
    assert caplog.messages == ["cam: unplugged", "cam: busy"]


def test_recovery_is_logged_with_the_number_of_failures(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stand.say("open", *[CameraAbsent("unplugged")] * 3)
    stand.steps(6)
    assert caplog.messages == [
        "cam: unplugged",
        "cam: opened, 8x6 at 30 fps, bgr8",
        "cam: pictures again after 0.7 s; failures: 3 absent",
    ]


def test_interrupted_camera_is_nothing_to_log(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.steps(2)
    stand.loop.interrupt()
    stand.say("grab", NoData("interrupted"))
    stand.steps(1)
    assert caplog.messages == []


def test_camera_is_not_opened_again_after_the_interrupt(stand: Stand) -> None:
    stand.loop.interrupt()
    stand.steps(3)
    assert stand.camera.calls == []


def test_repeated_picture_ends_no_spell(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    last = stand.camera.retrieve()
    stand.say("retrieve", last)
    stand.steps(2)
    stand.say("grab", NoData("silent"))
    stand.say("retrieve", last, last)
    stand.steps(4)
    assert not any("pictures again" in message for message in caplog.messages)
    stand.steps(1)
    assert "pictures again" in caplog.messages[-1]
