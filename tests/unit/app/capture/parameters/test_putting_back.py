"""What requests set is put back."""

from __future__ import annotations

import pytest

from spot_webcam.domain.errors import (
    CameraAbsent,
    NoData,
)
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import (
    BASE,
    BRIGHTNESS,
    FRAME_S,
    SETTLED,
    TIMEOUTS,
    LaggingCamera,
    LoopStand,
    shown,
)

LINGER_S = TIMEOUTS.parameters_linger_s


def test_values_are_put_back_when_nobody_wants_them_any_more(stand: LoopStand) -> None:
    stand.request(50)
    stand.steps(1 + round(LINGER_S / FRAME_S) + SETTLED)
    assert stand.camera.brightness == BASE
    assert shown(stand.newest()) == BASE


def test_pictures_say_that_the_values_were_put_back(stand: LoopStand) -> None:
    stand.request(50)
    for _ in range(200):
        stand.steps(1)
        if stand.camera.brightness == BASE:
            break
    assert stand.newest().settings.parameters == {"brightness": BASE}


def test_values_are_put_back_after_the_camera_had_to_be_opened_again(stand: LoopStand) -> None:
    stand.request(50)
    stand.steps(1)
    stand.say("grab", NoData("a stall"))
    stand.steps(3 + round(LINGER_S / FRAME_S) + SETTLED)
    assert stand.camera.brightness == BASE


def test_finish_puts_back_what_stands(stand: LoopStand) -> None:
    stand.request(50)
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == BASE


def test_finish_puts_the_defaults_back_if_asked_for(clock: ManualClock) -> None:
    stand = LoopStand(LaggingCamera(clock), clock, restore_controls=True)
    stand.steps(2)
    stand.loop.finish()
    assert stand.camera.brightness == BRIGHTNESS.default


@pytest.mark.parametrize(("restore", "value"), [(False, BASE), (True, BRIGHTNESS.default)])
def test_controls_are_put_back_when_the_stop_ended_a_grab(
    clock: ManualClock, restore: bool, value: int
) -> None:
    stand = LoopStand(LaggingCamera(clock), clock, restore_controls=restore)
    stand.steps(2)
    stand.request(50)
    stand.steps(1)
    # Nearly always a grab is under way.
    stand.loop.interrupt()
    stand.say("grab", NoData("interrupted"))
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == value


def test_finish_leaves_the_controls_of_a_camera_that_is_away(clock: ManualClock) -> None:
    stand = LoopStand(LaggingCamera(clock), clock, restore_controls=True)
    stand.steps(2)
    stand.say("grab", CameraAbsent("unplugged"))
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == BASE
