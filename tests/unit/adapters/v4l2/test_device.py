import errno
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.device import Device, camera_error, captures
from spot_webcam.adapters.v4l2.structures import Capability
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

PATH = Path("/dev/video3")
STEPS = {
    CameraAbsent: {"ENOENT", "ENODEV", "ENXIO", "ENOTDIR", "ESHUTDOWN"},
    CameraPermissionDenied: {"EACCES", "EPERM", "EROFS"},
    CameraBusy: {"EBUSY"},
    CameraMisconfigured: {"ENOSPC", "EINVAL", "ENOTTY", "ERANGE", "EOPNOTSUPP", "ENOSYS"},
}


@pytest.mark.parametrize("code", sorted(errno.errorcode))
def test_every_errno_is_a_next_step_in_a_line(code: int) -> None:
    error = camera_error(OSError(code, "why"), PATH, "start")
    name = errno.errorcode[code].replace("ENOTSUP", "EOPNOTSUPP")
    expected = next((step for step, names in STEPS.items() if name in names), NoData)
    assert type(error) is expected
    assert "/dev/video3" in str(error)
    assert "\n" not in str(error)


def test_error_without_a_number_is_one_too() -> None:
    assert type(camera_error(OSError(), PATH, "start")) is NoData


def test_call_is_made_again_after_a_signal(kernel: Any) -> None:
    kernel.errors[abi.QUERYCAP] = [errno.EINTR, errno.EINTR]
    assert Device(PATH, kernel).capability().card == b"Fake Camera"
    assert kernel.calls == [abi.QUERYCAP] * 3


def test_expected_error_is_a_no(kernel: Any) -> None:
    kernel.errors[abi.QUERYCAP] = [errno.EINVAL]
    device = Device(PATH, kernel)
    assert not device.call(abi.QUERYCAP, Capability(), "ask", {errno.EINVAL})


def test_failed_calls_are_camera_errors(kernel: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    device = Device(PATH, kernel)

    def fail(*_: object) -> None:
        raise OSError(errno.ENODEV, "gone")

    for method in ("map", "wait", "close", "ioctl"):
        monkeypatch.setattr(kernel, method, fail)
    with pytest.raises(CameraAbsent):
        device.map(1, 0)
    with pytest.raises(CameraAbsent):
        device.wait(0, 1.0)
    with pytest.raises(CameraAbsent):
        device.capability()
    with pytest.raises(CameraAbsent):
        device.close()
    device.close()
    with pytest.raises(NoData, match="not open"):
        device.capability()


def test_open_that_fails_is_a_camera_error(kernel: Any) -> None:
    kernel.open_error = errno.EACCES
    with pytest.raises(CameraError, match="video group"):
        Device(PATH, kernel)


@pytest.mark.parametrize(
    ("caps", "is_camera"),
    [
        (abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING, True),
        (abi.CAP_VIDEO_CAPTURE, False),
        (0x00800000 | abi.CAP_STREAMING, False),  # metadata
        (abi.CAP_VIDEO_M2M | abi.CAP_STREAMING, False),
        (abi.CAP_VIDEO_CAPTURE | abi.CAP_VIDEO_OUTPUT | abi.CAP_STREAMING, False),
    ],
)
def test_only_nodes_that_capture_are_cameras(caps: int, is_camera: bool) -> None:
    assert captures(Capability(capabilities=caps)) is is_camera
    both = abi.CAP_VIDEO_CAPTURE | abi.CAP_STREAMING | abi.CAP_DEVICE_CAPS
    assert captures(Capability(capabilities=both, device_caps=caps)) is is_camera
