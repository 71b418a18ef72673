"""Cameras that fail under requests with parameters."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraError,
    CameraMisconfigured,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import (
    BASE,
    FIRST_PAUSE_S,
    MODE,
    LaggingCamera,
    LoopStand,
    PlainCamera,
    outcome_of,
    shown,
)

CLOSING_ERRORS = [CameraAbsent("unplugged"), NoData("silent")]


# Failures.


def test_values_that_the_camera_refuses_fail_their_request_alone(
    stand: LoopStand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    stand.say("write", CameraMisconfigured("refuses brightness=50"))
    refused, good = stand.request(50), stand.request(60)
    assert stand.steps(2) == [0.0, 0.0]
    with pytest.raises(CameraMisconfigured, match="refuses brightness=50"):
        refused()
    assert shown(good()) == 60
    assert stand.source.faults() == []
    assert caplog.messages == []


def test_refused_request_leaves_an_on_demand_source_as_it_was(on_demand: LoopStand) -> None:
    on_demand.say("write", CameraMisconfigured("refuses brightness=50"))
    refused = on_demand.request(50)
    on_demand.steps(2)
    with pytest.raises(CameraMisconfigured, match="refuses brightness=50"):
        refused()
    on_demand.steps(60)
    assert on_demand.source.faults() == []
    collect = on_demand.source.request_frame().wait
    on_demand.steps(1)
    assert shown(collect(on_demand.clock.monotonic_ns()).frame) == BASE


@pytest.mark.parametrize("call", ["grab", "retrieve", "settings", "read", "write", "controls"])
@pytest.mark.parametrize("error", CLOSING_ERRORS)
def test_camera_that_fails_under_requests_ends_them_and_is_opened_again(
    stand: LoopStand, call: str, error: CameraError
) -> None:
    # The plain picture of the step goes well; its settings are not due.
    goes_well = {"grab": 1, "retrieve": 1}.get(call, 0)
    stand.say(call, *[None] * goes_well, error)
    collects = [stand.request(value) for value in (50, 60, 50)]
    assert stand.steps(1) == [FIRST_PAUSE_S]
    for collect in collects:
        with pytest.raises(type(error), match=str(error)):
            collect()
    stand.steps(2)
    collect = stand.request(50)
    stand.steps(1)
    assert shown(collect()) == 50


def test_damaged_picture_ends_the_request_and_not_the_stream(stand: LoopStand) -> None:
    stand.say("retrieve", None, CorruptFrame("damaged"))
    collect = stand.request(50)
    assert stand.steps(1) == [0.0]
    with pytest.raises(CorruptFrame, match="damaged"):
        collect()
    collect = stand.request(50)
    stand.steps(1)
    assert shown(collect()) == 50


@pytest.mark.parametrize("call", ["write", "settings"])
def test_defect_of_an_adapter_ends_the_requests_it_struck(stand: LoopStand, call: str) -> None:
    stand.say(call, ZeroDivisionError("by nought"))
    collects = [stand.request(50), stand.request(50)]
    assert stand.steps(1) == [FIRST_PAUSE_S]
    for collect in collects:
        with pytest.raises(NoData, match="unexpected ZeroDivisionError: by nought"):
            collect()


@pytest.mark.parametrize("call", ["controls", "read"])
def test_camera_whose_controls_cannot_be_asked_is_opened_again(
    clock: ManualClock, call: str
) -> None:
    stand = LoopStand(LaggingCamera(clock), clock)
    stand.say(call, NoData("silent"))
    assert FIRST_PAUSE_S in stand.steps(2)
    stand.steps(2)
    assert shown(stand.newest()) == BASE


def test_request_to_a_camera_without_controls_fails_alone(clock: ManualClock) -> None:
    stand = LoopStand(PlainCamera(clock), clock)
    stand.steps(2)
    collect = stand.request(50)
    assert stand.steps(1) == [0.0]
    with pytest.raises(CameraMisconfigured, match="no controls"):
        collect()
    assert stand.newest().settings == CaptureSettings(0.01, 6.0)
    stand.loop.finish()


ERRORS = st.sampled_from(
    [*CLOSING_ERRORS, CorruptFrame("damaged"), CameraMisconfigured("no"), ValueError("a defect")]
)
CALLS = st.sampled_from(["open", "grab", "retrieve", "settings", "controls", "read", "write"])
MOVES = st.lists(st.integers(1, 3) | st.just("step") | st.tuples(CALLS, ERRORS), max_size=30)


@given(MOVES)
def test_every_request_ends_whatever_the_camera_does(moves: list[Any]) -> None:
    clock = ManualClock()
    stand = LoopStand(LaggingCamera(clock), clock)
    collects: list[tuple[int, Callable[[], Frame]]] = []
    for move in moves:
        if isinstance(move, int):
            collects.append((move, stand.request(move)))
        elif isinstance(move, tuple):
            call, error = move
            stand.camera.script.setdefault(call, deque()).extend([None, error])
        else:
            stand.steps(1)
        if call_of_open := stand.camera.script.get("open"):
            # What is no error opens as usual.
            stand.say("open", *[one or MODE for one in call_of_open])
    stand.camera.script.clear()
    stand.steps(10)
    for value, collect in collects:
        frame, error = outcome_of(collect)
        assert "took no picture" not in str(error)
        assert frame is None or shown(frame) == value


@pytest.mark.parametrize("call", ["write", "grab", "retrieve"])
@pytest.mark.parametrize(
    "error", [CameraMisconfigured("no hunter2"), NoData("no hunter2"), OSError("no hunter2")]
)
def test_no_error_of_a_request_holds_the_camera_s_credentials(
    stand: LoopStand, call: str, error: Exception
) -> None:
    stand.steps(1)
    stand.say(call, *[error] * 20)
    requested = stand.request(50)
    stand.steps(1)
    with pytest.raises(CameraError, match=r"no \.\.\.$"):
        requested()
