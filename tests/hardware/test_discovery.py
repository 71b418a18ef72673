"""Which cameras are found, and what is said of those that cannot be opened."""

import subprocess
import sys
import time
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import CameraState, find_cameras
from spot_webcam.domain.errors import CameraAbsent, CameraBusy, CameraMisconfigured
from spot_webcam.domain.sources.modes import OfferedMode


def _found() -> dict[str, Any]:
    return {str(camera.node.path): camera for camera in find_cameras()}


def test_cameras_are_found_and_metadata_nodes_are_not(lab: Any, usb: str) -> None:
    found = _found()
    assert len(found) == 4
    camera = found[str(lab.node())]
    assert camera.card.startswith("Lab USB Camera")
    assert (camera.driver, camera.node.usb_serial) == ("uvcvideo", "LAB0001")
    assert (camera.node.usb_vendor, camera.node.usb_product) == ("1d6b", "0102")
    assert OfferedMode("MJPG", 1280, 720, 30.0) in camera.modes
    assert len(camera.modes) == 6
    assert len(camera.controls) == 12
    assert camera.stable_name.startswith("/dev/v4l/by-id/usb-V4L2_lab_Lab_USB_Camera_LAB0001")
    assert camera.state is CameraState.FREE


def test_busy_camera_is_reported_with_its_holder(lab: Any, usb: str, camera_of: Any) -> None:
    holder = subprocess.Popen(
        ["/usr/bin/v4l2-ctl", "-d", lab.node(), "--stream-mmap", "--stream-to=/dev/null"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        time.sleep(0.7)
        camera = _found()[str(lab.node())]
        assert camera.state is CameraState.BUSY
        assert f"v4l2-ctl (process {holder.pid})" in camera.remedy
        with pytest.raises(CameraBusy, match="in use by another program"):
            camera_of(usb).open()
    finally:
        holder.kill()
        holder.wait()
    camera_of(usb).open()


def test_camera_that_streams_here_is_busy_and_goes_on(lab: Any, usb: str, camera_of: Any) -> None:
    first = camera_of(usb)
    first.open()
    with pytest.raises(CameraBusy):
        camera_of(usb).open()
    assert _found()[str(lab.node())].state is CameraState.BUSY
    first.grab()


_AS_NOBODY = """
import os
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.v4l2 import V4l2Camera, find_cameras
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
os.setgroups([])
os.setegid(65534)
os.seteuid(65534)
try:
    V4l2Camera(DeviceAddress("usb:LAB0001"), ModeRequest(), SystemClock()).open()
except CameraError as error:
    os.write(1, type(error).__name__.encode() + b"\\n")
for camera in find_cameras():
    os.write(1, f"{camera.node.path} {camera.state.value} {camera.remedy}\\n".encode())
"""


def test_forbidden_camera_is_reported_with_the_remedy(lab: Any, usb: str) -> None:
    done = subprocess.run([sys.executable, "-c", _AS_NOBODY], capture_output=True, check=True)
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "CameraPermissionDenied"
    assert f"{lab.node()} forbidden sudo usermod -aG video $USER" in "\n".join(lines)


def test_what_is_not_there_is_reported_with_what_is(lab: Any, usb: str, camera_of: Any) -> None:
    with pytest.raises(CameraAbsent, match="/dev/video0 \\(Lab MJPG\\)"):
        camera_of("usb:NONE").open()
    with pytest.raises(CameraAbsent, match="there is no /dev/video77"):
        camera_of("/dev/video77").open()
    with pytest.raises(CameraMisconfigured, match="be more exact"):
        camera_of("name:Lab").open()


def test_metadata_node_is_no_camera(lab: Any, usb: str, camera_of: Any) -> None:
    metadata = f"/dev/video{int(str(lab.node()).removeprefix('/dev/video')) + 1}"
    with pytest.raises(CameraMisconfigured, match="does not capture video"):
        camera_of(metadata).open()
