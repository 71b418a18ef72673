"""Parameters of a camera with a spec of its own, as the capture loop sets them."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from spot_webcam.app.capture.parameter_session import parameter_session
from spot_webcam.app.capture.spec_session import SpecSession
from spot_webcam.domain.errors import (
    CameraError,
    CameraMisconfigured,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.sources.parameters import MAX_ENCODED_BYTES
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import FRAME_S, TIMEOUTS, LoopStand, ScriptedCamera
from tests.unit.app.capture.source_stand import request_with

USUAL, BARS, RAMP = b"usual", b"bars", b"ramp"
IDLE_STEPS = round(2 * TIMEOUTS.idle_after_s / FRAME_S)


class SpecCamera(ScriptedCamera):
    """Tells which parameters each picture was grabbed with."""

    def __init__(self, clock: ManualClock, picture: Picture) -> None:
        super().__init__(clock, picture)
        self.spec = b"spec"
        self.wanted = self.used = USUAL

    def grab(self) -> int | None:
        device_timestamp_ns = super().grab()
        self.used = self.wanted
        return device_timestamp_ns

    def parameter_spec(self) -> bytes:
        return self.spec

    def set_parameters(self, encoded: bytes) -> None:
        self._next("set_parameters")
        self.wanted = encoded or USUAL

    def parameters(self) -> bytes:
        return self.used


@pytest.fixture
def camera(clock: ManualClock, make_picture: Any) -> SpecCamera:
    return SpecCamera(clock, make_picture())


@pytest.fixture
def stand(camera: SpecCamera, clock: ManualClock) -> LoopStand:
    stand = LoopStand(camera, clock)
    stand.steps(2)
    return stand


@pytest.fixture
def control(camera: SpecCamera, clock: ManualClock) -> SpecSession:
    control = parameter_session(
        camera, "cam", clock, TIMEOUTS.parameters_linger_s, restore_defaults=False
    )
    assert isinstance(control, SpecSession)
    assert control.opened() == ()
    return control


def captured_with(stand: LoopStand, encoded: bytes) -> bytes:
    collect = request_with(stand.source, encoded)
    stand.steps(1)
    return collect(stand.clock.monotonic_ns()).frame.settings.encoded_parameters


def test_source_lists_the_spec_of_its_camera(stand: LoopStand) -> None:
    assert stand.source.description.parameter_spec == b"spec"
    assert stand.source.description.parameters == ()


def test_each_picture_says_what_it_was_taken_with(stand: LoopStand) -> None:
    for wish in (BARS, RAMP, BARS):
        assert captured_with(stand, wish) == wish
        assert stand.newest().settings.encoded_parameters == USUAL


def test_one_grab_makes_a_picture_with_other_parameters(stand: LoopStand) -> None:
    before = stand.camera.count["grab"]
    captured_with(stand, BARS)
    assert stand.camera.count["grab"] - before == 1 + 1


def test_stream_with_parameters_sets_them_once_while_nobody_else_looks(stand: LoopStand) -> None:
    stand.steps(IDLE_STEPS, looked_at=False)
    before = stand.camera.count["grab"]
    for _ in range(4):
        collect = request_with(stand.source, BARS)
        stand.steps(1, looked_at=False)
        assert collect(stand.clock.monotonic_ns()).frame.settings.encoded_parameters == BARS
    assert stand.camera.count["set_parameters"] == 1
    assert stand.camera.count["grab"] - before == 4
    stand.steps(round(TIMEOUTS.parameters_linger_s / FRAME_S) + 1, looked_at=False)
    assert stand.camera.wanted == USUAL


@pytest.mark.parametrize("call", ["set_parameters", "grab"])
def test_camera_that_refuses_is_no_fault_and_others_go_on(stand: LoopStand, call: str) -> None:
    stand.say(call, *[None] * (call == "grab"), ParametersRefused("not in this light"))
    collect = request_with(stand.source, BARS)
    stand.steps(1)
    with pytest.raises(ParametersRefused, match="not in this light"):
        collect(stand.clock.monotonic_ns())
    stand.steps(2)
    assert stand.newest().settings.encoded_parameters == USUAL
    assert stand.source.faults() == []


class PickyCamera(SpecCamera):
    """Refuses what it has been asked to use when it is to grab with it."""

    def grab(self) -> int | None:
        if self.wanted == BARS:
            self._next("grabbed with what it refuses")
            raise ParametersRefused("not in this light")
        return super().grab()


@pytest.mark.parametrize("looked_at", [True, False])
@pytest.mark.parametrize("on_demand", [True, False])
def test_nothing_more_is_grabbed_with_what_was_refused(
    clock: ManualClock, make_picture: Any, on_demand: bool, looked_at: bool
) -> None:
    stand = LoopStand(PickyCamera(clock, make_picture()), clock, on_demand=on_demand)
    stand.steps(2)
    stand.steps(IDLE_STEPS, looked_at=looked_at)
    for _ in range(3):
        collect = request_with(stand.source, BARS)
        stand.steps(5, looked_at=looked_at)
        with pytest.raises(ParametersRefused, match="not in this light"):
            collect(stand.clock.monotonic_ns())
    assert stand.camera.count["grabbed with what it refuses"] == 3
    assert stand.camera.count["open"] == 1
    assert stand.camera.wanted == USUAL
    assert stand.source.faults() == []
    assert captured_with(stand, RAMP) == RAMP


# Frozen cameras.


class FreezableCamera(SpecCamera):
    frozen = False

    def retrieve(self) -> Picture:
        if self.frozen:
            self._next("retrieve")
            return Picture(self._picture.pixels.copy(), self._picture.layout)
        return super().retrieve()


@pytest.mark.parametrize("on_demand", [True, False])
def test_frozen_camera_is_a_fault_though_only_parameters_are_asked_for(
    clock: ManualClock, make_picture: Any, on_demand: bool
) -> None:
    camera = FreezableCamera(clock, make_picture())
    stand = LoopStand(camera, clock, on_demand=on_demand)
    stand.steps(IDLE_STEPS, looked_at=False)

    def ask_for(seconds: float) -> list[CameraError]:
        errors = []
        until_ns = clock.monotonic_ns() + round(seconds * 1e9)
        while clock.monotonic_ns() < until_ns:
            for wish in (BARS, RAMP):
                collect = request_with(stand.source, wish)
                stand.steps(1, looked_at=False)
                try:
                    collect(clock.monotonic_ns())
                except CameraError as error:
                    errors.append(error)
        return errors

    assert ask_for(3.0) == []
    camera.frozen = True
    assert ask_for(1.0) == []
    errors = ask_for(3.0)
    assert "its sender is frozen" in str(errors[0])
    assert stand.source.faults() != []
    camera.frozen = False
    ask_for(5.0)
    assert ask_for(3.0) == []
    assert stand.source.faults() == []


def test_request_for_controls_is_refused(stand: LoopStand) -> None:
    collect = stand.request(50)
    stand.steps(1)
    with pytest.raises(ParametersRefused, match="offers other parameters now"):
        collect()


def test_parameters_are_put_back_when_the_camera_is_opened_again(stand: LoopStand) -> None:
    stand.steps(IDLE_STEPS, looked_at=False)
    request_with(stand.source, BARS)
    stand.steps(1, looked_at=False)
    stand.say("grab", NoData("a stall"))
    stand.steps(1, looked_at=False)
    assert stand.camera.wanted == BARS
    stand.steps(1, looked_at=False)
    assert stand.camera.wanted == USUAL
    stand.steps(1)
    assert stand.camera.wanted == USUAL
    assert stand.newest().settings.encoded_parameters == USUAL


def test_finish_puts_parameters_back(stand: LoopStand) -> None:
    stand.loop.finish()
    assert stand.camera.count["set_parameters"] == 0
    captured_with(stand, BARS)
    stand.loop.finish()
    assert stand.camera.wanted == USUAL


def test_camera_that_cannot_be_put_back_at_the_end_is_reported(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    captured_with(stand, BARS)
    stand.say("set_parameters", NoData("gone"))
    stand.loop.finish()
    assert caplog.messages == ["cam: cannot restore the parameters: gone"]


def test_nothing_is_due_that_was_not_set(control: SpecSession, clock: ManualClock) -> None:
    assert not control.restore_due
    control.apply(BARS)
    assert not control.restore_due
    clock.advance(TIMEOUTS.parameters_linger_s)
    assert control.restore_due
    control.restore()
    assert not control.is_overridden
    assert not control.restore_due


def test_value_that_the_camera_cannot_do_is_the_request_s_error(
    control: SpecSession, camera: SpecCamera
) -> None:
    camera.script["set_parameters"] = deque([CameraMisconfigured("no")])
    with pytest.raises(ParametersRefused, match="no"):
        control.apply(BARS)
    # What it did before it refused is undone in time.
    assert control.is_overridden


def test_camera_without_a_spec_offers_and_tells_nothing(
    camera: SpecCamera, clock: ManualClock
) -> None:
    camera.spec = b""
    stand = LoopStand(camera, clock)
    stand.steps(2)
    assert stand.newest().settings == CaptureSettings()
    assert stand.source.description.layout is Layout.BGR8


def test_spec_too_large_to_be_reported_is_refused(camera: SpecCamera, clock: ManualClock) -> None:
    camera.spec = bytes(MAX_ENCODED_BYTES + 1)
    stand = LoopStand(camera, clock)
    stand.steps(1)
    with pytest.raises(CameraError, match="65537 bytes"):
        stand.newest()
