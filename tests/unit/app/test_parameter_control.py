from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.parameter_control import LINGER_NS, ParameterControl
from spot_webcam.domain.controls import Control, ControlKind, named
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, NoData
from spot_webcam.fakes.clock import ManualClock

MANUAL, AUTOMATIC = 1, 3
AUTO, EXPOSURE, BRIGHTNESS, ZOOM = "auto_exposure", "exposure", "brightness", "zoom"
CONTROLS = (
    Control(BRIGHTNESS, "Brightness", ControlKind.INTEGER, -64, 64),
    Control(EXPOSURE, "Exposure", ControlKind.INTEGER, 3, 2047, default=250),
    Control(
        AUTO,
        "Auto Exposure",
        ControlKind.MENU,
        0,
        3,
        default=AUTOMATIC,
        menu={MANUAL: "Manual", AUTOMATIC: "Auto"},
        switches=True,
    ),
    Control(ZOOM, "Zoom", ControlKind.INTEGER, 100, 500, step=10, default=100),
    Control("version", "Version", ControlKind.INTEGER, 0, 9, read_only=True),
    Control("go", "Go", ControlKind.BUTTON, 0, 0),
)
LINGER_S = LINGER_NS / 1e9


@dataclass
class TurnableCamera:
    """A `Controllable` whose automatic exposure, while it is on, sets `drift`."""

    values: dict[str, int] = field(
        default_factory=lambda: {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}
    )
    known: tuple[Control, ...] = CONTROLS
    refused: dict[str, CameraError] = field(default_factory=dict)
    unreadable: set[str] = field(default_factory=set)
    drift: int = 250
    written: list[dict[str, int]] = field(default_factory=list)

    def controls(self) -> list[Control]:
        held = self.values[AUTO] == AUTOMATIC
        return [replace(one, inactive=held and one.name == EXPOSURE) for one in self.known]

    def read(self, names: Iterable[str]) -> dict[str, int]:
        return {name: self.values[name] for name in names if name not in self.unreadable}

    def write(self, values: Mapping[str, int]) -> None:
        controls = self.controls()
        for name, value in values.items():
            named(controls, name).check(value)
        for name, value in values.items():
            if name in self.refused:
                raise self.refused[name]
            if named(controls, name).inactive:
                raise CameraMisconfigured(f"{name} is inactive")
            self.values[name] = value
            if self.values[AUTO] == AUTOMATIC:
                self.values[EXPOSURE] = self.drift
        if values:
            self.written.append(dict(values))


class Bench:
    """Parameters of a camera that was just opened."""

    def __init__(self, clock: ManualClock, *, restore_defaults: bool = False) -> None:
        self.camera = TurnableCamera()
        self.clock = clock
        self.parameters = ParameterControl(
            self.camera,  # type: ignore[arg-type]
            "cam",
            clock,
            restore_defaults=restore_defaults,
        )
        self.offer = self.parameters.opened()

    @property
    def values(self) -> dict[str, int]:
        return self.camera.values

    def linger(self) -> None:
        self.clock.advance(LINGER_S)
        self.parameters.put_back_when_due()


@pytest.fixture
def bench(clock: ManualClock) -> Bench:
    return Bench(clock)


def test_what_can_be_set_is_offered(bench: Bench) -> None:
    assert [one.name for one in bench.offer] == [BRIGHTNESS, EXPOSURE, AUTO, ZOOM]
    assert bench.parameters.read() == {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}


def test_camera_without_controls_offers_none_and_takes_none(clock: ManualClock) -> None:
    parameters = ParameterControl(object(), "cam", clock, restore_defaults=True)  # type: ignore[arg-type]
    assert parameters.opened() == ()
    assert parameters.read() == {}
    with pytest.raises(CameraMisconfigured, match="no controls"):
        parameters.apply({BRIGHTNESS: 1})
    parameters.put_back_when_due()
    parameters.close()


def test_values_are_set_and_tell_that_pictures_have_to_be_waited_for(bench: Bench) -> None:
    assert bench.parameters.apply({BRIGHTNESS: 20, ZOOM: 300})
    assert (bench.values[BRIGHTNESS], bench.values[ZOOM]) == (20, 300)
    assert bench.parameters.read()[BRIGHTNESS] == 20


def test_values_that_stand_already_are_not_set_again(bench: Bench) -> None:
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.camera.written.clear()
    assert not bench.parameters.apply({BRIGHTNESS: 20})
    assert bench.camera.written == []


def test_what_the_next_request_does_not_ask_for_is_put_back_by_it(bench: Bench) -> None:
    bench.parameters.apply({BRIGHTNESS: 20})
    assert bench.parameters.apply({ZOOM: 300})
    assert (bench.values[BRIGHTNESS], bench.values[ZOOM]) == (10, 300)
    bench.linger()
    assert (bench.values[BRIGHTNESS], bench.values[ZOOM]) == (10, 200)


def test_values_stay_while_they_are_asked_for_and_go_afterwards(bench: Bench) -> None:
    for _ in range(5):
        bench.parameters.apply({BRIGHTNESS: 20})
        bench.clock.advance(0.9 * LINGER_S)
        bench.parameters.put_back_when_due()
        assert bench.values[BRIGHTNESS] == 20
    bench.clock.advance(0.1 * LINGER_S)
    bench.parameters.put_back_when_due()
    assert bench.values[BRIGHTNESS] == 10
    bench.camera.written.clear()
    bench.linger()
    assert bench.camera.written == []


def test_value_is_set_again_after_it_was_put_back(bench: Bench) -> None:
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.linger()
    assert bench.parameters.apply({BRIGHTNESS: 20})
    assert bench.values[BRIGHTNESS] == 20


def test_what_another_program_set_meanwhile_is_what_there_was(bench: Bench) -> None:
    # `spot-webcam controls` sets those of a camera that is served.
    bench.values.update({BRIGHTNESS: 30, ZOOM: 400})
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.values[ZOOM] = 450
    bench.linger()
    assert (bench.values[BRIGHTNESS], bench.values[ZOOM]) == (30, 450)


# Automatics.


def test_control_of_an_automatic_that_is_on_is_skipped(bench: Bench) -> None:
    bench.parameters.apply({EXPOSURE: 100, BRIGHTNESS: 20})
    assert (bench.values[EXPOSURE], bench.values[BRIGHTNESS]) == (250, 20)


def test_control_is_set_when_the_same_request_switches_its_automatic_off(bench: Bench) -> None:
    bench.parameters.apply({EXPOSURE: 100, AUTO: MANUAL})
    assert (bench.values[EXPOSURE], bench.values[AUTO]) == (100, MANUAL)
    bench.linger()
    assert (bench.values[EXPOSURE], bench.values[AUTO]) == (250, AUTOMATIC)


def test_control_that_its_automatic_takes_over_is_skipped(bench: Bench) -> None:
    bench.values[AUTO] = MANUAL
    bench.parameters.apply({EXPOSURE: 100, AUTO: AUTOMATIC})
    assert (bench.values[EXPOSURE], bench.values[AUTO]) == (250, AUTOMATIC)


def test_what_an_automatic_moved_meanwhile_is_put_back_with_it(bench: Bench) -> None:
    bench.values.update({AUTO: MANUAL, EXPOSURE: 100})
    bench.parameters.opened()
    bench.camera.drift = 999
    bench.parameters.apply({AUTO: AUTOMATIC})
    assert bench.values[EXPOSURE] == 999
    bench.linger()
    assert (bench.values[AUTO], bench.values[EXPOSURE]) == (MANUAL, 100)


def test_what_could_not_be_put_back_under_an_automatic_is_put_back_later(bench: Bench) -> None:
    bench.values.update({AUTO: MANUAL, EXPOSURE: 100})
    bench.parameters.opened()
    bench.parameters.apply({EXPOSURE: 500})
    bench.parameters.apply({AUTO: AUTOMATIC})
    bench.linger()
    assert (bench.values[AUTO], bench.values[EXPOSURE]) == (MANUAL, 100)


requests = st.fixed_dictionaries(
    {},
    optional={
        BRIGHTNESS: st.integers(-64, 64),
        EXPOSURE: st.integers(3, 2047),
        AUTO: st.sampled_from([MANUAL, AUTOMATIC]),
        ZOOM: st.integers(10, 50).map(lambda tens: 10 * tens),
    },
).filter(bool)


@given(st.lists(requests, min_size=1, max_size=5))
def test_all_is_as_it_was_after_any_requests(asked: list[dict[str, int]]) -> None:
    bench = Bench(ManualClock())
    before = dict(bench.values)
    for values in asked:
        bench.parameters.apply(values)
        for name, value in values.items():
            held = name == EXPOSURE and bench.values[AUTO] == AUTOMATIC
            assert held or bench.values[name] == value
    bench.linger()
    assert bench.values == before


# Refusals and failures.


def test_control_that_the_camera_refuses_is_told(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(CameraMisconfigured, match="refuses zoom"):
        bench.parameters.apply({ZOOM: 300})
    assert bench.parameters.apply({BRIGHTNESS: 20})


def test_half_of_a_refused_request_is_put_back(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(CameraMisconfigured, match="refuses zoom"):
        bench.parameters.apply({AUTO: MANUAL, BRIGHTNESS: 20, ZOOM: 300})
    bench.camera.refused.clear()
    bench.linger()
    assert bench.values == {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}


def test_refused_values_are_tried_again_when_they_are_asked_for_again(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(CameraMisconfigured):
        bench.parameters.apply({ZOOM: 300})
    bench.camera.refused.clear()
    assert bench.parameters.apply({ZOOM: 300})
    assert bench.values[ZOOM] == 300


def test_control_that_cannot_be_read_can_be_set_again_and_again(bench: Bench) -> None:
    bench.camera.unreadable = {ZOOM}
    bench.parameters.opened()
    assert bench.parameters.apply({ZOOM: 300})
    assert bench.parameters.apply({ZOOM: 400})
    bench.linger()
    assert ZOOM not in bench.parameters.read()


def test_base_value_off_the_steps_troubles_no_camera(bench: Bench) -> None:
    bench.values[ZOOM] = 203  # as drivers report what an automatic or another program set
    bench.parameters.opened()
    bench.parameters.apply({ZOOM: 300, BRIGHTNESS: 20})
    bench.linger()
    assert bench.values[BRIGHTNESS] == 10


def test_base_is_remembered_when_the_camera_is_opened_again(bench: Bench) -> None:
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.parameters.opened()  # after a failure; V4L2 keeps the values over that
    bench.linger()
    assert bench.values[BRIGHTNESS] == 10


def test_half_of_a_refused_request_is_put_back_after_opening_again(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(CameraMisconfigured, match="refuses zoom"):
        bench.parameters.apply({BRIGHTNESS: 20, ZOOM: 300})
    bench.camera.refused.clear()
    bench.parameters.opened()
    bench.linger()
    assert bench.values[BRIGHTNESS] == 10


def test_what_an_automatic_moved_is_put_back_after_opening_again(bench: Bench) -> None:
    bench.values.update({AUTO: MANUAL, EXPOSURE: 100})
    bench.camera.drift = 999
    bench.parameters.apply({AUTO: AUTOMATIC})
    bench.parameters.opened()
    bench.linger()
    assert (bench.values[AUTO], bench.values[EXPOSURE]) == (MANUAL, 100)


# The end.


def test_close_puts_back_what_requests_set(bench: Bench) -> None:
    bench.parameters.apply({BRIGHTNESS: 20, EXPOSURE: 100, AUTO: MANUAL})
    bench.parameters.close()
    assert bench.values == {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}


def test_close_sets_nothing_that_was_not_changed(bench: Bench) -> None:
    bench.parameters.close()
    bench.parameters.close()
    assert bench.camera.written == []


def test_close_puts_the_defaults_back_if_asked_for(clock: ManualClock) -> None:
    bench = Bench(clock, restore_defaults=True)
    bench.values.update({AUTO: MANUAL, EXPOSURE: 77})
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.parameters.close()
    assert bench.values == {BRIGHTNESS: 0, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 100}


def test_default_that_the_control_does_not_take_spoils_no_other(clock: ManualClock) -> None:
    bench = Bench(clock, restore_defaults=True)
    # What v4l2-ctl shows of many a cheap camera: default=-8193, default=57343.
    bench.camera.known = tuple(
        replace(one, default=57343) if one.name == ZOOM else one for one in CONTROLS
    )
    bench.parameters.close()
    assert bench.values[BRIGHTNESS] == 0


def test_control_that_refuses_its_default_spoils_no_other(clock: ManualClock) -> None:
    bench = Bench(clock, restore_defaults=True)
    bench.camera.refused[AUTO] = CameraMisconfigured("refuses auto")
    bench.parameters.close()
    assert bench.values[BRIGHTNESS] == 0


def test_camera_that_fails_at_the_end_is_told_of_and_let_go(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.camera.refused[BRIGHTNESS] = NoData("gone")
    bench.parameters.close()
    assert caplog.messages == ["cam: controls could not be put back: gone"]
