"""Controls as requests set them, and as they are put back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.control_session import ControlSession
from spot_webcam.domain.errors import CameraMisconfigured, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.control_bench import (
    AUTO,
    AUTOMATIC,
    BRIGHTNESS,
    CONTROLS,
    EXPOSURE,
    LINGER_S,
    MANUAL,
    ZOOM,
    Bench,
)


def test_what_can_be_set_is_offered(bench: Bench) -> None:
    assert [one.name for one in bench.offer] == [BRIGHTNESS, EXPOSURE, AUTO, ZOOM]
    assert bench.read() == {BRIGHTNESS: 10, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}


def test_camera_without_controls_offers_none_and_takes_none(clock: ManualClock) -> None:
    parameters = ControlSession(
        object(),  # type: ignore[arg-type]
        "cam",
        clock,
        LINGER_S,
        restore_defaults=True,
    )
    assert parameters.opened() == ()
    assert parameters.annotate(CaptureSettings(0.01)) == CaptureSettings(0.01)
    with pytest.raises(CameraMisconfigured, match="no controls"):
        parameters.apply({BRIGHTNESS: 1})
    assert not parameters.restore_due
    parameters.restore()
    parameters.close()


def test_values_are_set_and_tell_that_pictures_have_to_be_waited_for(bench: Bench) -> None:
    assert bench.parameters.apply({BRIGHTNESS: 20, ZOOM: 300})
    assert (bench.values[BRIGHTNESS], bench.values[ZOOM]) == (20, 300)
    assert bench.read()[BRIGHTNESS] == 20


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
        bench.restore_when_due()
        assert bench.values[BRIGHTNESS] == 20
    bench.clock.advance(0.1 * LINGER_S)
    bench.restore_when_due()
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


def test_control_of_an_automatic_that_is_on_is_refused(bench: Bench) -> None:
    with pytest.raises(ParametersRefused, match="exposure is inactive"):
        bench.parameters.apply({EXPOSURE: 100})


def test_control_that_nothing_can_free_is_refused_unless_all_are_given(bench: Bench) -> None:
    bench.camera.known = tuple(
        replace(one, switches=False) for one in CONTROLS if one.name != AUTO
    ) + tuple(replace(one, read_only=True) for one in CONTROLS if one.name == AUTO)
    bench.parameters.opened()
    with pytest.raises(ParametersRefused, match="exposure is inactive"):
        bench.parameters.apply({EXPOSURE: 100})
    assert bench.parameters.apply({EXPOSURE: 100, BRIGHTNESS: 20, ZOOM: 300})
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


def test_exposure_of_a_request_is_not_left_under_the_automatic(bench: Bench) -> None:
    bench.camera.drift = 0  # like drivers that keep what was set last
    bench.parameters.apply({AUTO: MANUAL, EXPOSURE: 77})
    bench.linger()
    assert (bench.values[AUTO], bench.values[EXPOSURE]) == (AUTOMATIC, 250)
    bench.parameters.apply({AUTO: MANUAL})
    assert bench.values[EXPOSURE] == 250


def test_exposure_of_a_request_is_not_left_to_the_next(bench: Bench) -> None:
    bench.camera.drift = 0
    bench.parameters.apply({AUTO: MANUAL, EXPOSURE: 77})
    bench.parameters.apply({BRIGHTNESS: 20})
    assert (bench.values[AUTO], bench.values[EXPOSURE]) == (AUTOMATIC, 250)
    bench.parameters.apply({AUTO: MANUAL})
    assert bench.values[EXPOSURE] == 250


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
        automatic = values.get(AUTO, AUTOMATIC) == AUTOMATIC
        if automatic and EXPOSURE in values and AUTO not in values:
            with pytest.raises(ParametersRefused):
                bench.parameters.apply(values)
            bench.parameters.refused()
            continue
        bench.parameters.apply(values)
        exposure = bench.camera.drift if automatic else values.get(EXPOSURE, before[EXPOSURE])
        # Of those before it shows nothing.
        assert bench.values == {**before, **values, EXPOSURE: exposure}
    bench.linger()
    assert bench.values == before
