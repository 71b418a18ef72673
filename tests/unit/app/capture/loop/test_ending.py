"""The end of the capture loop, and what it logs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    NoData,
)
from spot_webcam.domain.media.image import Picture
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import InterruptibleCamera, LaggingCamera, LoopStand

# The end, and what is logged.


def test_finish_lets_the_camera_go(stand: LoopStand) -> None:
    stand.steps(2)
    stand.loop.finish()
    assert stand.camera.calls[-1] == "close"


def test_finish_closes_a_camera_whose_parameters_cannot_be_restored(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    stand = LoopStand(LaggingCamera(clock), clock)
    stand.steps(2)
    stand.request(50)
    stand.steps(1)
    stand.say("read", ValueError("no hunter2"))
    stand.loop.finish()
    assert stand.camera.calls[-1] == "close"
    assert caplog.messages == ["cam: cannot restore the parameters: unexpected ValueError: no ..."]


def test_finish_ends_though_the_camera_cannot_be_closed(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.steps(2)
    stand.say("close", ValueError("a defect"))
    stand.loop.finish()
    assert stand.camera.count["close"] == 1
    assert caplog.messages == []


def test_interrupt_reaches_a_camera_that_can_be(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    stand = LoopStand(InterruptibleCamera(clock, make_picture()), clock, on_demand=False)
    stand.loop.interrupt()
    assert stand.camera.calls == ["interrupt"]


def test_interrupt_leaves_other_cameras_alone(stand: LoopStand) -> None:
    stand.loop.interrupt()
    assert stand.camera.calls == []


def test_each_cause_is_logged_once(stand: LoopStand, caplog: pytest.LogCaptureFixture) -> None:
    absent, busy = CameraAbsent("unplugged"), CameraBusy("busy")
    stand.say("open", absent, absent, absent, busy, busy, absent)
    stand.steps(6)
    assert caplog.messages == ["cam: unplugged", "cam: busy"]


def test_recovery_is_logged_with_the_number_of_failures(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    stand.say("open", *[CameraAbsent("unplugged")] * 3)
    stand.steps(6)
    assert caplog.messages == [
        "cam: unplugged",
        "cam: opened, 8x6 at 30 fps, bgr8",
        "cam: recovered after 0.7 s; failures: 3 absent",
    ]


def test_interrupted_camera_is_nothing_to_log(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.steps(2)
    stand.loop.interrupt()
    stand.say("grab", NoData("interrupted"))
    stand.steps(1)
    assert caplog.messages == []


def test_camera_is_not_opened_again_after_the_interrupt(stand: LoopStand) -> None:
    stand.loop.interrupt()
    stand.steps(3)
    assert stand.camera.calls == []


def test_repeated_picture_ends_no_outage(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    last = stand.camera.retrieve()
    stand.say("retrieve", last)
    stand.steps(2)
    stand.say("grab", NoData("silent"))
    stand.say("retrieve", last, last)
    stand.steps(4)
    assert not any("recovered" in message for message in caplog.messages)
    stand.steps(1)
    assert "recovered" in caplog.messages[-1]
