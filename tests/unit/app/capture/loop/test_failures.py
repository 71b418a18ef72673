"""What the capture loop does about a camera that fails, or gives damaged pictures."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from spot_webcam.app.capture.cancellation import CancellationToken
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
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import (
    FIRST_PAUSE_S,
    LIMITS,
    MAX_PAUSE_S,
    TIMEOUTS,
    LoopStand,
)

CLOSING_ERRORS = [
    CameraAbsent("unplugged"),
    CameraBusy("busy"),
    CameraPermissionDenied("not yours"),
    CameraMisconfigured("no such mode"),
    NoData("silent"),
    StaleFrame("old"),
]


# Failures.


@pytest.mark.parametrize("error", CLOSING_ERRORS)
@pytest.mark.parametrize("call", ["open", "grab", "retrieve", "settings"])
def test_camera_that_fails_is_closed_and_opened_again(
    stand: LoopStand, call: str, error: CameraError
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


class ForeignError(CameraError):
    """An error of another package, which is not made of its text."""

    def __init__(self, device: str, code: int) -> None:
        super().__init__(f"cannot read {device}: error {code}")
        self.code = code


def test_error_with_arguments_of_its_own_ends_neither_loop_nor_requests(stand: LoopStand) -> None:
    stand.steps(1)
    pending = stand.source.request_frame_with({"gain": 1}, CancellationToken())
    stand.say("grab", ForeignError("rtsp://hunter2@host", 7))
    assert stand.steps(1) == [FIRST_PAUSE_S]
    with pytest.raises(ForeignError, match=r"^cannot read rtsp://...@host: error 7$") as raised:
        pending.wait(0)
    assert raised.value.code == 7
    with pytest.raises(ForeignError):
        stand.newest()


def test_pauses_between_tries_double_up_to_two_seconds(stand: LoopStand) -> None:
    stand.say("open", *[CameraAbsent("unplugged")] * 8)
    assert stand.steps(8) == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


def test_opening_alone_does_not_shorten_the_pauses(stand: LoopStand) -> None:
    stand.say("grab", *[NoData("silent")] * 4)
    assert stand.steps(8) == [0.0, 0.1, 0.0, 0.2, 0.0, 0.4, 0.0, 0.8]


def test_camera_that_is_well_again_makes_the_pauses_short_again(stand: LoopStand) -> None:
    stand.say("open", *[CameraAbsent("unplugged")] * 5)
    stand.steps(7)
    stand.run(TIMEOUTS.recovered_after_s)
    stand.say("grab", NoData("silent"))
    assert stand.steps(1) == [FIRST_PAUSE_S]


def test_camera_that_fails_after_each_picture_is_opened_ever_more_seldom(stand: LoopStand) -> None:
    pauses_s = []
    for _ in range(6):
        stand.steps(2)
        stand.say("grab", NoData("crashed"))
        pauses_s += stand.steps(1)
    assert pauses_s == [0.1, 0.2, 0.4, 0.8, 1.6, MAX_PAUSE_S]


@pytest.mark.parametrize("away_s", [0.5, 3.0, 60.0])
def test_camera_is_back_within_three_seconds_of_being_plugged_in(
    stand: LoopStand, clock: ManualClock, away_s: float
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
def test_defect_of_an_adapter_ends_no_camera(stand: LoopStand, call: str) -> None:
    stand.say(call, ZeroDivisionError("by nought"))
    waits_s = stand.steps(1 if call == "open" else 2)
    assert waits_s[-1] == FIRST_PAUSE_S
    with pytest.raises(NoData, match="unexpected ZeroDivisionError: by nought"):
        stand.newest()
    stand.steps(2)
    assert stand.newest().sequence == 1


def test_camera_that_cannot_be_closed_is_opened_again(stand: LoopStand, clock: ManualClock) -> None:
    stand.steps(2)
    stand.say("grab", NoData("silent"))
    stand.say("close", OSError("stuck"))
    with suppress(OSError):
        stand.loop.step()
    clock.advance(MAX_PAUSE_S)
    stand.steps(2)
    assert stand.camera.count["open"] == 2
    assert stand.newest().sequence == 2


# Damaged pictures.


@pytest.mark.parametrize("call", ["grab", "retrieve"])
def test_damaged_picture_is_dropped_and_the_next_one_taken_at_once(
    stand: LoopStand, call: str
) -> None:
    stand.say(call, None, CorruptFrame("damaged")) if call == "grab" else stand.say(
        call, CorruptFrame("damaged")
    )
    assert stand.steps(5) == [0.0] * 5
    assert stand.camera.count["close"] == 0
    assert stand.newest().sequence == 3


def test_stream_that_stays_damaged_is_opened_again(stand: LoopStand) -> None:
    stand.say("retrieve", *[CorruptFrame("damaged")] * LIMITS.max_damaged_frames)
    assert stand.steps(LIMITS.max_damaged_frames) == [0.0] * LIMITS.max_damaged_frames
    assert stand.camera.count["close"] == 0
    assert stand.steps(1) == [FIRST_PAUSE_S]
    assert stand.camera.count["close"] == 1
    with pytest.raises(CorruptFrame):
        stand.newest()
    stand.steps(2)
    assert stand.newest().sequence == 1


def test_good_picture_begins_the_count_of_damaged_ones_again(stand: LoopStand) -> None:
    damaged: list[Any] = [CorruptFrame("damaged")] * (LIMITS.max_damaged_frames - 1)
    good = stand.camera.retrieve()
    stand.say("retrieve", *damaged, good, *damaged)
    stand.steps(1 + 2 * LIMITS.max_damaged_frames)
    assert stand.camera.count["close"] == 0
    assert stand.newest().sequence == 2


def test_damaged_first_picture_closes_what_was_not_open_yet(stand: LoopStand) -> None:
    stand.say("open", CorruptFrame("damaged"))
    assert stand.steps(1) == [FIRST_PAUSE_S]
    assert stand.camera.calls == ["open", "close"]


@pytest.mark.parametrize(
    "error", [CameraAbsent("no hunter2"), CorruptFrame("no hunter2"), OSError("no hunter2")]
)
@pytest.mark.parametrize("call", ["open", "grab"])
def test_no_error_holds_the_camera_s_credentials(
    stand: LoopStand, caplog: pytest.LogCaptureFixture, call: str, error: Exception
) -> None:
    caplog.set_level("INFO")
    stand.say(call, *[error] * 100)
    stand.steps(40)
    with pytest.raises(CameraError, match=r"no \.\.\.") as reported:
        stand.newest()
    [fault] = stand.source.faults()
    said = f"{reported.value} {fault} {caplog.messages}"
    assert said.count("no ...") >= 3
    assert "hunter2" not in said
