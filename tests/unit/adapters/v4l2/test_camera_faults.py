import errno
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import DeviceNames, V4l2Camera, abi
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

MakeCamera = Callable[..., V4l2Camera]


def test_stall_is_reported_in_a_second_and_ends(
    kernel: Any, make_camera: MakeCamera, clock: Any
) -> None:
    camera = make_camera()
    camera.open()
    camera.grab()
    kernel.stalled = True
    begun_ns = clock.monotonic_ns()
    with pytest.raises(NoData, match="delivers nothing"):
        camera.grab()
    assert 1.0 <= (clock.monotonic_ns() - begun_ns) / 1e9 < 1.1
    kernel.stalled = False
    camera.grab()


def test_first_picture_may_take_longer(kernel: Any, make_camera: MakeCamera, clock: Any) -> None:
    camera = make_camera()
    camera.open()
    kernel.stalled = True
    begun_ns = clock.monotonic_ns()
    with pytest.raises(NoData):
        camera.grab()
    assert (clock.monotonic_ns() - begun_ns) / 1e9 >= 3.0


def test_interrupt_stands_until_it_is_opened_again(kernel: Any, make_camera: MakeCamera) -> None:
    camera = make_camera()
    camera.interrupt()
    camera.open()
    camera.grab()
    # The fake cannot see the pipe; that it wakes poll is tested with a real one.
    kernel.woken = True
    with pytest.raises(NoData, match="interrupted"):
        camera.grab()


def test_unplug_is_absent_and_everything_is_released(kernel: Any, make_camera: MakeCamera) -> None:
    camera = make_camera()
    camera.open()
    camera.grab()
    kernel.plugged = False
    with pytest.raises(CameraAbsent, match="usb:LAB1 is gone"):
        camera.grab()
    assert not kernel.open_handles
    assert all(memory.closed for memory in kernel.memories)
    with pytest.raises(NoData, match="not open"):
        camera.grab()
    with pytest.raises(CameraError):
        camera.open()
    kernel.plugged = True
    camera.open()
    camera.grab()


def test_error_of_close_is_not_an_error_of_the_camera(
    kernel: Any, make_camera: MakeCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = make_camera()
    camera.open()
    real = kernel.close

    def close(handle: int) -> None:
        real(handle)
        raise OSError(errno.EIO, "no")

    monkeypatch.setattr(kernel, "close", close)
    camera.close()
    camera.close()


@pytest.mark.parametrize(
    ("request_", "code", "expected"),
    [
        (abi.S_FMT, errno.EBUSY, CameraBusy),
        (abi.STREAMON, errno.ENOSPC, CameraMisconfigured),
        (abi.STREAMON, errno.EIO, NoData),
        (abi.REQBUFS, errno.ENOMEM, NoData),
        (-1, errno.ENOMEM, NoData),
        (abi.QUERYCAP, errno.ENOTTY, CameraMisconfigured),
    ],
)
def test_open_that_fails_lets_everything_go(
    kernel: Any,
    make_camera: MakeCamera,
    request_: int,
    code: int,
    expected: type[CameraError],
) -> None:
    kernel.errors[request_] = [code]
    camera = make_camera("usb:LAB1")
    if request_ == abi.QUERYCAP:
        kernel.errors[request_] = [code, code]
        expected = CameraAbsent
    with pytest.raises(expected):
        camera.open()
    assert not kernel.open_handles


def test_forbidden_camera_is_reported(kernel: Any, make_camera: MakeCamera) -> None:
    kernel.open_error = errno.EACCES
    with pytest.raises(CameraPermissionDenied):
        make_camera().open()


def test_node_that_captures_nothing_is_not_a_camera(
    kernel: Any, make_camera: MakeCamera, names: DeviceNames
) -> None:
    kernel.caps = abi.CAP_STREAMING
    with pytest.raises(CameraMisconfigured, match="does not capture video"):
        make_camera("3").open()


def test_times_are_wall_time_that_follows_ntp(make_camera: MakeCamera, clock: Any) -> None:
    camera = make_camera()
    camera.open()
    camera.grab()
    clock.step(3600.0)
    device_timestamp_ns = camera.grab()
    assert device_timestamp_ns is not None
    assert 0 <= clock.time_ns() - device_timestamp_ns < 2000


@pytest.mark.parametrize(
    ("offset_ns", "flags", "text"),
    [
        (35_000_000, abi.BUF_FLAG_TIMESTAMP_MONOTONIC, "reports timestamps 35.0 ms in the future"),
        (-11 * 10**9, abi.BUF_FLAG_TIMESTAMP_MONOTONIC, "reports timestamps 11.0 s in the past"),
        (0, 0, "reports no timestamps"),
        (0, 0x4000, "reports no timestamps"),
    ],
)
def test_times_that_are_not_plausible_are_not_reported_and_that_is_said_once(
    kernel: Any,
    make_camera: MakeCamera,
    caplog: pytest.LogCaptureFixture,
    offset_ns: int,
    flags: int,
    text: str,
) -> None:
    kernel.stamp_offset_ns, kernel.flags = offset_ns, flags
    camera = make_camera()
    camera.open()
    assert [camera.grab() for _ in range(3)] == [None] * 3
    assert caplog.text.count(text) == 1


def test_exposure_is_reported_in_seconds_and_gain_is_not(make_camera: MakeCamera) -> None:
    camera = make_camera()
    camera.open()
    assert camera.settings().exposure_s == pytest.approx(0.025)
    assert camera.settings().gain_db is None


def test_camera_without_exposure_reports_none(kernel: Any, make_camera: MakeCamera) -> None:
    del kernel.controls[0x9A0902]
    camera = make_camera()
    camera.open()
    assert camera.settings().exposure_s is None


def test_nothing_is_retrieved_before_a_grab(make_camera: MakeCamera) -> None:
    camera = make_camera()
    camera.open()
    with pytest.raises(NoData, match="grab first"):
        camera.retrieve()
