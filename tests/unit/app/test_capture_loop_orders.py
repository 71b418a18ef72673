"""Pictures with parameters, as the capture loop takes them."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture_loop import (
    FIRST_PAUSE_S,
    IDLE_S,
    LONGEST_PAUSE_S,
    MOST_BUFFERED_FRAMES,
    SETTLING_FRAMES,
    CaptureLoop,
)
from spot_webcam.app.parameter_control import LINGER_NS
from spot_webcam.domain.backoff import Backoff
from spot_webcam.domain.controls import Control, ControlKind
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraError,
    CameraMisconfigured,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.frame_store import StoredFrame
from spot_webcam.domain.image import CaptureSettings, Frame, Layout, Picture
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.source import ImageSource
from spot_webcam.fakes.clock import ManualClock

MODE = CameraMode(8, 6, Layout.BGR8, 30.0)
FRAME_S = 1 / 32
LINGER_S = LINGER_NS / 1e9
BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, 0, 255, default=100)
BASE = 7
# With one grab each for the plain picture of the same step.
SETTLED = 1 + SETTLING_FRAMES
CLOSING_ERRORS = [CameraAbsent("unplugged"), NoData("silent")]


class LaggingCamera:
    """A camera whose pixels are its brightness, as it was set two frames before.

    But for the last one, which is another in each picture.

    `script` says of the next calls what they raise, or return. The clock passes in `grab`.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.script: dict[str, deque[Any]] = {}
        self.grabs = 0
        self.brightness = BASE
        self.reset_at_open = False
        self._exposed = [BASE] * 3

    def _next(self, call: str, usual: Any = None) -> Any:
        outcomes = self.script.get(call)
        outcome = outcomes.popleft() if outcomes else usual
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def open(self) -> CameraMode:
        mode: CameraMode = self._next("open", MODE)
        return mode

    def grab(self) -> int | None:
        self._clock.advance(FRAME_S)
        self.grabs += 1
        self._exposed = [*self._exposed[-2:], self.brightness]
        told_ns: int | None = self._next("grab")
        return told_ns

    def retrieve(self) -> Picture:
        self._next("retrieve")
        pixels = np.full((6, 8, 3), self._exposed[0], np.uint8)
        pixels[-1, -1] = self.grabs % 256
        return Picture(pixels, Layout.BGR8)

    def settings(self) -> CaptureSettings:
        self._next("settings")
        return CaptureSettings(0.01, 6.0)

    def controls(self) -> list[Control]:
        self._next("controls")
        return [BRIGHTNESS]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        self._next("read")
        return dict.fromkeys(names, self.brightness)

    def write(self, values: Mapping[str, int]) -> None:
        if values:
            self._next("write")
            self.brightness = values["brightness"]

    def close(self) -> None:
        self._next("close")


class PlainCamera:
    """A camera without controls."""

    def __init__(self, clock: ManualClock) -> None:
        camera = LaggingCamera(clock)
        self.script = camera.script
        self.open, self.grab, self.retrieve = camera.open, camera.grab, camera.retrieve
        self.settings, self.close = camera.settings, camera.close


class NoJitter(random.Random):
    def random(self) -> float:
        return 0.0


class Stand:
    """A camera, its source and its loop."""

    def __init__(
        self,
        clock: ManualClock,
        *,
        on_demand: bool = False,
        restore_controls: bool = False,
        make_camera: Callable[[ManualClock], Any] = LaggingCamera,
    ) -> None:
        self.clock = clock
        self.camera = make_camera(clock)
        self.source = LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=on_demand)
        self.loop = CaptureLoop(
            self.camera,
            self.source,
            clock,
            Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S, NoJitter()),
            restore_controls=restore_controls,
        )
        self.pause_s = 0.0

    def say(self, call: str, *outcomes: Any) -> None:
        self.camera.script[call] = deque(outcomes)

    def steps(self, count: int) -> list[float]:
        waits_s = []
        for _ in range(count):
            self.clock.advance(self.pause_s)
            if not self.source.on_demand:
                self.source.ask()  # be a client, so that pictures are retrieved
            self.pause_s = self.loop.step()
            waits_s.append(self.pause_s)
        return waits_s

    def order(self, brightness: int) -> Callable[[], Frame]:
        collect: Callable[[int], StoredFrame] = self.source.ask({"brightness": brightness})
        return lambda: collect(self.clock.monotonic_ns()).frame

    def newest(self) -> Frame:
        return self.source.ask()(self.clock.monotonic_ns()).frame


def shown(frame: Frame) -> int:
    assert isinstance(frame.picture, Picture)
    return int(frame.picture.pixels[0, 0, 0])


@pytest.fixture
def stand(clock: ManualClock) -> Stand:
    stand = Stand(clock)
    stand.steps(2)
    return stand


@pytest.fixture
def on_demand(clock: ManualClock) -> Stand:
    stand = Stand(clock, on_demand=True)
    stand.steps(1)
    return stand


# What an order gets.


def test_picture_of_an_order_is_taken_with_its_values_and_says_so(stand: Stand) -> None:
    collect = stand.order(50)
    stand.steps(1)
    frame = collect()
    assert shown(frame) == 50
    assert frame.settings == CaptureSettings(0.01, 6.0, {"brightness": 50})


def test_pictures_before_and_after_an_order_say_what_they_were_taken_with(stand: Stand) -> None:
    assert shown(stand.newest()) == BASE
    assert stand.newest().settings.parameters == {"brightness": BASE}
    stand.order(50)
    stand.steps(2)
    assert shown(stand.newest()) == 50
    assert stand.newest().settings.parameters == {"brightness": 50}


def test_camera_s_controls_are_listed_once_it_is_open(clock: ManualClock) -> None:
    stand = Stand(clock)
    assert stand.source.description.parameters == ()
    stand.steps(1)
    assert stand.source.description.parameters == (BRIGHTNESS,)


def test_pictures_that_were_under_way_are_passed_over(stand: Stand) -> None:
    stand.order(50)
    before = stand.camera.grabs
    stand.steps(1)
    assert stand.camera.grabs - before == 1 + SETTLED


def test_values_that_stand_already_are_not_waited_for(stand: Stand) -> None:
    stand.order(50)
    stand.steps(1)
    collect = stand.order(50)
    before = stand.camera.grabs
    stand.steps(1)
    assert stand.camera.grabs - before == 1 + 1
    assert shown(collect()) == 50


def test_picture_is_younger_than_its_values_by_the_driver_s_time(
    stand: Stand, clock: ManualClock
) -> None:
    old = [clock.time_ns()] * (1 + SETTLED + 3)
    stand.say("grab", *old, clock.time_ns() + 10**9)
    collect = stand.order(50)
    stand.steps(1)
    assert collect().captured_ns <= clock.time_ns()
    assert not stand.camera.script["grab"]


def test_driver_whose_time_stands_still_is_not_waited_for_for_ever(
    stand: Stand, clock: ManualClock
) -> None:
    stand.say("grab", *[clock.time_ns()] * 100)
    collect = stand.order(50)
    before = stand.camera.grabs
    stand.steps(1)
    assert stand.camera.grabs - before == 1 + SETTLED + MOST_BUFFERED_FRAMES
    assert shown(collect()) == 50


def test_orders_that_want_the_same_share_a_picture(stand: Stand) -> None:
    collects = [stand.order(50) for _ in range(3)]
    stand.steps(1)
    assert len({collect().sequence for collect in collects}) == 1


def test_orders_that_want_something_else_come_in_turn(stand: Stand) -> None:
    collects = [stand.order(value) for value in (50, 60, 50)]
    sequence = stand.newest().sequence
    stand.steps(2)
    first, second, third = (collect() for collect in collects)
    assert (shown(first), shown(second), shown(third)) == (50, 60, 50)
    # A picture for everybody else comes before each of theirs.
    assert (first.sequence, second.sequence, third.sequence) == tuple(
        sequence + taken for taken in (2, 4, 2)
    )


# Afterwards.


def test_values_are_put_back_when_nobody_wants_them_any_more(stand: Stand) -> None:
    stand.order(50)
    stand.steps(1 + round(LINGER_S / FRAME_S) + SETTLED)
    assert stand.camera.brightness == BASE
    assert shown(stand.newest()) == BASE


def test_pictures_say_that_the_values_were_put_back(stand: Stand) -> None:
    stand.order(50)
    for _ in range(200):
        stand.steps(1)
        if stand.camera.brightness == BASE:
            break
    assert stand.newest().settings.parameters == {"brightness": BASE}


def test_values_are_put_back_after_the_camera_had_to_be_opened_again(stand: Stand) -> None:
    stand.order(50)
    stand.steps(1)
    stand.say("grab", NoData("a stall"))
    stand.steps(3 + round(LINGER_S / FRAME_S) + SETTLED)
    assert stand.camera.brightness == BASE


def test_finish_puts_back_what_stands(stand: Stand) -> None:
    stand.order(50)
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == BASE


def test_finish_puts_the_defaults_back_if_asked_for(clock: ManualClock) -> None:
    stand = Stand(clock, restore_controls=True)
    stand.steps(2)
    stand.loop.finish()
    assert stand.camera.brightness == BRIGHTNESS.default


@pytest.mark.parametrize(("restore", "value"), [(False, BASE), (True, BRIGHTNESS.default)])
def test_controls_are_put_back_when_the_stop_ended_a_grab(
    clock: ManualClock, restore: bool, value: int
) -> None:
    stand = Stand(clock, restore_controls=restore)
    stand.steps(2)
    stand.order(50)
    stand.steps(1)
    # Nearly always a grab is under way.
    stand.loop.interrupt()
    stand.say("grab", NoData("interrupted"))
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == value


def test_finish_leaves_the_controls_of_a_camera_that_is_away(clock: ManualClock) -> None:
    stand = Stand(clock, restore_controls=True)
    stand.steps(2)
    stand.say("grab", CameraAbsent("unplugged"))
    stand.steps(1)
    stand.loop.finish()
    assert stand.camera.brightness == BASE


# Failures.


def test_values_that_the_camera_refuses_fail_their_order_alone(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    stand.say("write", CameraMisconfigured("refuses brightness=50"))
    refused, good = stand.order(50), stand.order(60)
    assert stand.steps(2) == [0.0, 0.0]
    with pytest.raises(CameraMisconfigured, match="refuses brightness=50"):
        refused()
    assert shown(good()) == 60
    assert stand.source.faults() == []
    assert caplog.messages == []


@pytest.mark.parametrize("call", ["grab", "retrieve", "settings", "read", "write", "controls"])
@pytest.mark.parametrize("error", CLOSING_ERRORS)
def test_camera_that_fails_under_orders_ends_them_and_is_opened_again(
    stand: Stand, call: str, error: CameraError
) -> None:
    # The plain picture of the step goes well; its settings are not due.
    goes_well = {"grab": 1, "retrieve": 1}.get(call, 0)
    stand.say(call, *[None] * goes_well, error)
    collects = [stand.order(value) for value in (50, 60, 50)]
    assert stand.steps(1) == [FIRST_PAUSE_S]
    for collect in collects:
        with pytest.raises(type(error), match=str(error)):
            collect()
    stand.steps(2)
    collect = stand.order(50)
    stand.steps(1)
    assert shown(collect()) == 50


def test_damaged_picture_ends_the_order_and_not_the_stream(stand: Stand) -> None:
    stand.say("retrieve", None, CorruptFrame("damaged"))
    collect = stand.order(50)
    assert stand.steps(1) == [0.0]
    with pytest.raises(CorruptFrame, match="damaged"):
        collect()
    collect = stand.order(50)
    stand.steps(1)
    assert shown(collect()) == 50


@pytest.mark.parametrize("call", ["write", "settings"])
def test_defect_of_an_adapter_ends_the_orders_it_struck(stand: Stand, call: str) -> None:
    stand.say(call, ZeroDivisionError("by nought"))
    collects = [stand.order(50), stand.order(50)]
    assert stand.steps(1) == [FIRST_PAUSE_S]
    for collect in collects:
        with pytest.raises(NoData, match="unexpected ZeroDivisionError: by nought"):
            collect()


@pytest.mark.parametrize("call", ["controls", "read"])
def test_camera_whose_controls_cannot_be_asked_is_opened_again(
    clock: ManualClock, call: str
) -> None:
    stand = Stand(clock)
    stand.say(call, NoData("silent"))
    assert FIRST_PAUSE_S in stand.steps(2)
    stand.steps(2)
    assert shown(stand.newest()) == BASE


def test_order_to_a_camera_without_controls_fails_alone(clock: ManualClock) -> None:
    stand = Stand(clock, make_camera=PlainCamera)
    stand.steps(2)
    collect = stand.order(50)
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
def test_every_order_ends_whatever_the_camera_does(moves: list[Any]) -> None:
    stand = Stand(ManualClock())
    collects: list[tuple[int, Callable[[], Frame]]] = []
    for move in moves:
        if isinstance(move, int):
            collects.append((move, stand.order(move)))
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


def outcome_of(collect: Callable[[], Frame]) -> tuple[Frame | None, CameraError | None]:
    try:
        return collect(), None
    except CameraError as error:
        return None, error


# On demand.


def test_order_is_served_on_demand(on_demand: Stand) -> None:
    collect = on_demand.order(50)
    assert on_demand.steps(2) == [0.0, IDLE_S]
    assert shown(collect()) == 50


def test_orders_that_differ_are_all_served_on_demand(on_demand: Stand) -> None:
    collects = [on_demand.order(value) for value in (50, 60, 70)]
    on_demand.steps(5)
    assert [shown(collect()) for collect in collects] == [50, 60, 70]


def test_order_outlives_a_damaged_plain_picture(stand: Stand) -> None:
    stand.say("retrieve", CorruptFrame("damaged"))
    collect = stand.order(50)
    assert stand.steps(2) == [0.0, 0.0]
    assert shown(collect()) == 50


def test_order_outlives_a_damaged_plain_picture_on_demand(on_demand: Stand) -> None:
    on_demand.say("retrieve", CorruptFrame("damaged"))
    collect = on_demand.order(50)
    on_demand.steps(2)
    assert shown(collect()) == 50


def test_values_are_put_back_on_demand_without_a_request(on_demand: Stand) -> None:
    on_demand.order(50)
    on_demand.steps(2 + round(LINGER_S / IDLE_S) + 1)
    assert on_demand.camera.brightness == BASE


def test_order_made_while_the_camera_opens_is_served_on_demand(clock: ManualClock) -> None:
    stand = Stand(clock, on_demand=True)
    collect = stand.order(50)
    stand.steps(2)
    assert shown(collect()) == 50
