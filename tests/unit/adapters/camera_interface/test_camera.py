"""Creation, captures and release of a camera, and translation of its exceptions."""

from __future__ import annotations

import errno
import gc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import DrawnCamera, raising, source_of

Adapt = Callable[..., InterfaceCamera]


def test_camera_is_made_again_for_each_open_and_closed(adapt: Adapt, clock: ManualClock) -> None:
    made: list[DrawnCamera] = []

    def make() -> DrawnCamera:
        made.append(DrawnCamera(clock))
        return made[-1]

    adapted = adapt(make)
    assert not made
    adapted.open()
    adapted.close()
    adapted.open()
    assert [camera.closed for camera in made] == [1, 0]


def test_camera_that_was_passed_in_is_reused_and_left_to_its_owner(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(camera)
    for _ in range(2):
        adapted.open()
        adapted.close()
    assert camera.closed == 0


def test_source_that_was_made_is_gone_once_it_is_closed(adapt: Adapt, clock: ManualClock) -> None:
    gc.disable()
    try:
        cameras: list[weakref.ref[Any]] = []

        def make() -> Any:
            camera = DrawnCamera(clock)
            cameras.append(weakref.ref(camera))
            return source_of(camera)

        adapted = adapt(make)
        adapted.open()
        adapted.close()
        assert cameras[0]() is None
    finally:
        gc.enable()


def test_camera_whose_first_picture_fails_is_closed(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    camera.blocking_capture = raising(OSError("no frame"))  # type: ignore[method-assign]
    with pytest.raises(NoData, match="blocking_capture failed: OSError: no frame"):
        adapt(lambda: camera).open()
    assert camera.closed == 1


def test_camera_whose_close_fails_is_released(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    camera.close = raising(RuntimeError("stuck"))  # type: ignore[method-assign]
    adapted = adapt(lambda: camera)
    adapted.open()
    adapted.close()
    with pytest.raises(NoData, match="not open"):
        adapted.grab()


@pytest.mark.parametrize(
    ("foreign", "ours"),
    [
        (FileNotFoundError("/dev/x"), CameraAbsent),
        (OSError(errno.ENODEV, "no such device"), CameraAbsent),
        (OSError(errno.ENXIO, "no such device or address"), CameraAbsent),
        (OSError(errno.EBUSY, "busy"), CameraBusy),
        (PermissionError("forbidden"), CameraPermissionDenied),
        (OSError(errno.EACCES, "forbidden"), CameraPermissionDenied),
        (TimeoutError(), NoData),
        (ConnectionResetError("reset"), NoData),
        (OSError("?"), NoData),
        (RuntimeError("?"), NoData),
        (Exception("?"), NoData),
        (ValueError("no such lens"), NoData),
        (TypeError("missing argument"), CameraMisconfigured),
        (AttributeError("no such thing"), CameraMisconfigured),
        (NotImplementedError(), CameraMisconfigured),
        (ImportError("no driver"), CameraMisconfigured),
        (CameraBusy("ours"), CameraBusy),
        (CorruptFrame("ours"), CorruptFrame),
    ],
)
def test_exceptions_of_the_camera_become_errors_of_ours(
    adapt: Adapt, clock: ManualClock, foreign: Exception, ours: type[CameraError]
) -> None:
    with pytest.raises(CameraError) as at_start:
        adapt(raising(foreign)).open()
    camera = DrawnCamera(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    camera.blocking_capture = raising(foreign)  # type: ignore[method-assign]
    with pytest.raises(CameraError) as later:
        adapted.grab()
    assert (type(at_start.value), type(later.value)) == (ours, ours)
    for error in (at_start.value, later.value):
        assert "\n" not in str(error)


@pytest.mark.parametrize("made", [object(), "camera", DrawnCamera])
def test_invalid_camera_is_refused(adapt: Adapt, made: Any) -> None:
    with pytest.raises(CameraMisconfigured, match=r"invalid camera \w+: it needs blocking_capture"):
        adapt(lambda: made).open()


NOT_A_CAPTURE = (CameraMisconfigured, "must return the image and its time")
NO_PICTURE = (NoData, "returned no picture")


@pytest.mark.parametrize(
    ("outcome", "reported"),
    [
        *((outcome, NOT_A_CAPTURE) for outcome in (None, b"jpeg", (1, 2, 3))),
        *((outcome, NO_PICTURE) for outcome in ((None, None), (None, 1.0), (b"", None))),
    ],
)
def test_capture_without_a_picture_and_its_time_is_refused(
    adapt: Adapt, clock: ManualClock, outcome: Any, reported: tuple[type[CameraError], str]
) -> None:
    camera = DrawnCamera(clock)
    camera.blocking_capture = lambda: outcome  # type: ignore[method-assign]
    error, message = reported
    with pytest.raises(error, match=message):
        adapt(camera).open()


def test_time_may_be_any_kind_of_number(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    camera.blocking_capture = lambda: (camera.pixels(), np.float32(2.5))  # type: ignore[method-assign]
    adapted = adapt(camera)
    adapted.open()
    assert adapted.grab() == 2_500_000_000


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), "now"])
def test_time_that_is_invalid_is_left_to_the_loop(
    adapt: Adapt, clock: ManualClock, seconds: Any
) -> None:
    camera = DrawnCamera(clock)
    camera.blocking_capture = lambda: (camera.pixels(), seconds)  # type: ignore[method-assign]
    adapted = adapt(camera)
    adapted.open()
    assert adapted.grab() is None


def test_captures_begin_no_faster_than_asked_for(adapt: Adapt, clock: ManualClock) -> None:
    for fps, expected_hz in ((None, 30), (10.0, 10)):
        adapted = adapt(DrawnCamera(clock), fps=fps)
        assert adapted.open().fps == fps
        begun_ns = clock.monotonic_ns()
        for _ in range(11):  # the first is the one that open took
            adapted.grab()
        assert (clock.monotonic_ns() - begun_ns) / 1e9 == pytest.approx(10 / expected_hz)


def test_slow_camera_reports_its_rate(adapt: Adapt, clock: ManualClock) -> None:
    class Photographs(DrawnCamera):
        def blocking_capture(self, **_: Any) -> tuple[Any, float]:
            clock.advance(4)
            return super().blocking_capture()

    assert adapt(Photographs(clock)).open().fps == pytest.approx(0.25)


def test_photograph_is_not_older_than_the_call_for_it(adapt: Adapt, clock: ManualClock) -> None:
    class WholeSeconds(DrawnCamera):
        takes_s = 4.0

        def blocking_capture(self, **_: Any) -> tuple[Any, float]:
            reported_s = clock.time_ns() // 1_000_000_000 - 2
            clock.advance(self.takes_s)
            return super().blocking_capture()[0], reported_s

    camera = WholeSeconds(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    begun_ns = clock.time_ns()
    assert adapted.grab() == begun_ns
    camera.takes_s = 0.01  # as from a buffer, where pictures may be old
    clock.advance(1)
    device_timestamp_ns = adapted.grab()
    assert device_timestamp_ns is not None
    assert device_timestamp_ns < clock.time_ns() - 1_000_000_000


def test_camera_that_had_to_warm_up_is_not_slow(adapt: Adapt, clock: ManualClock) -> None:
    class Warms(DrawnCamera):
        def blocking_capture(self, **_: Any) -> tuple[Any, float]:
            clock.advance(0 if self.captures else 4)
            return super().blocking_capture()

    assert adapt(Warms(clock)).open().fps is None


def test_interrupted_camera_begins_no_other_capture(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    adapted.interrupt()
    taken = len(camera.captures)
    with pytest.raises(NoData, match="interrupted"):
        adapted.grab()
    assert len(camera.captures) == taken
