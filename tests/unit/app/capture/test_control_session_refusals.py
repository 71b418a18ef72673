"""Controls that a camera refuses, and the end of a camera."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spot_webcam.domain.errors import CameraMisconfigured, NoData, ParametersRefused
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.control_bench import (
    AUTO,
    AUTOMATIC,
    BRIGHTNESS,
    CONTROLS,
    EXPOSURE,
    MANUAL,
    ZOOM,
    Bench,
)

# Refusals and failures.


def test_control_that_the_camera_refuses_is_reported(bench: Bench) -> None:
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


def test_half_of_a_refused_request_is_not_in_the_next_one_s_picture(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(ParametersRefused, match="refuses zoom"):
        bench.parameters.apply({AUTO: MANUAL, ZOOM: 300})
    bench.parameters.refused()
    assert bench.parameters.apply({BRIGHTNESS: 20})
    assert bench.values == {BRIGHTNESS: 20, EXPOSURE: 250, AUTO: AUTOMATIC, ZOOM: 200}


def test_half_of_a_refused_request_is_put_back_as_soon_as_may_be(bench: Bench) -> None:
    bench.camera.refused[ZOOM] = CameraMisconfigured("refuses zoom")
    with pytest.raises(ParametersRefused, match="refuses zoom"):
        bench.parameters.apply({BRIGHTNESS: 20, ZOOM: 300})
    bench.parameters.refused()
    assert bench.parameters.is_overridden  # pictures under way may show it
    assert bench.parameters.restore_due
    bench.parameters.restore()
    assert bench.values[BRIGHTNESS] == 10


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
    assert ZOOM not in bench.read()


def test_base_value_off_the_steps_faults_no_camera(bench: Bench) -> None:
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


def test_controls_are_restored_after_a_failed_attempt_when_the_camera_is_open_again(
    bench: Bench,
) -> None:
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.camera.refused[BRIGHTNESS] = NoData("a stall")
    with pytest.raises(NoData):
        bench.parameters.restore()
    bench.camera.refused.clear()
    bench.parameters.opened()
    assert bench.values[BRIGHTNESS] == 10
    assert not bench.parameters.is_overridden


def test_another_camera_without_the_controls_is_opened_all_the_same(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    bench.parameters.apply({ZOOM: 300})
    bench.camera.read_error = CameraMisconfigured("no control zoom")
    assert bench.parameters.opened() == bench.offer
    assert not bench.parameters.is_overridden
    assert caplog.messages == ["cam: cannot restore the controls: no control zoom"]


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


def test_default_that_the_control_does_not_take_damages_no_other(clock: ManualClock) -> None:
    bench = Bench(clock, restore_defaults=True)
    # What v4l2-ctl shows of many a cheap camera: default=-8193, default=57343.
    bench.camera.known = tuple(
        replace(one, default=57343) if one.name == ZOOM else one for one in CONTROLS
    )
    bench.parameters.close()
    assert bench.values[BRIGHTNESS] == 0


def test_control_that_refuses_its_default_damages_no_other(clock: ManualClock) -> None:
    bench = Bench(clock, restore_defaults=True)
    bench.camera.refused[AUTO] = CameraMisconfigured("refuses auto")
    bench.parameters.close()
    assert bench.values[BRIGHTNESS] == 0


def test_camera_that_fails_at_the_end_is_logged_and_let_go(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    bench.parameters.apply({BRIGHTNESS: 20})
    bench.camera.refused[BRIGHTNESS] = NoData("gone")
    bench.parameters.close()
    assert caplog.messages == ["cam: cannot restore the controls: gone"]
