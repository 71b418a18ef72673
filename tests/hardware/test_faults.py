"""Unplugged, stalled, hung: reported soon, and over when it is over."""

import os
import threading
import time
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import V4l2Camera
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData

from .conftest import wait_until


def _grab_on(camera: V4l2Camera, waits_s: list[float] | None = None) -> None:
    """Grab until it fails, and note how long each took."""
    for _ in range(100):
        begun = time.monotonic()
        try:
            camera.grab()
        finally:
            if waits_s is not None:
                waits_s.append(time.monotonic() - begun)


def test_unplug_is_reported_at_once_and_the_number_is_free(
    lab: Any, fresh_usb: str, camera_of: Any, reopen: Any, figure: Any
) -> None:
    camera = camera_of(fresh_usb)
    camera.open()
    camera.grab()
    before = lab.node()
    lab.cam("usb", "unplug")
    begun = time.monotonic()
    with pytest.raises(CameraAbsent):
        _grab_on(camera)
    reported_s = time.monotonic() - begun
    with pytest.raises(CameraAbsent, match="there is no usb:LAB0001"):
        camera.open()
    lab.cam("usb", "plug")
    lab.wait_for_node()
    recovered_s = reopen(camera)
    figure(
        f"unplug reported after {reported_s * 1000:.0f} ms;"
        f" first picture {recovered_s * 1000:.0f} ms after the kernel had the camera back"
    )
    assert recovered_s < 3.0
    assert reported_s < 0.5
    assert lab.node() == before


def test_camera_is_found_under_a_new_number(
    lab: Any, fresh_usb: str, camera_of: Any, reopen: Any, figure: Any
) -> None:
    by_id = "/dev/v4l/by-id/usb-V4L2_lab_Lab_USB_Camera_LAB0001-video-index0"
    cameras = [camera_of(name) for name in (fresh_usb, "name:Lab USB", by_id)]
    cameras[0].open()
    cameras[0].grab()
    before = lab.node()
    # Someone else's handle keeps the number.
    other = os.open(before, os.O_RDWR)
    try:
        lab.unplug()
        lab.plug()
        assert lab.node() != before
        for camera in cameras:
            reopen(camera)
            camera.close()
        figure(f"found again as {lab.node()} after {before}")
    finally:
        os.close(other)


@pytest.mark.parametrize("how", ["pause", "stall"])
def test_stall_is_reported_in_bounded_time_and_ends(
    lab: Any, usb: str, camera_of: Any, figure: Any, how: str
) -> None:
    camera = camera_of(usb)
    camera.open()
    for _ in range(5):
        camera.grab()
    lab.cam("usb", how)
    waits_s: list[float] = []
    with pytest.raises(NoData, match="delivers nothing"):
        _grab_on(camera, waits_s)
    reported_s = waits_s[-1]
    lab.cam("usb", "pause" if how == "pause" else "resume")
    begun = time.monotonic()
    camera.grab()
    camera.retrieve()
    figure(
        f"{how}: NoData after {reported_s:.2f} s;"
        f" a picture {(time.monotonic() - begun) * 1000:.0f} ms after it ended"
    )
    assert 0.9 < reported_s < 1.5


def test_interrupt_ends_a_blocked_grab(lab: Any, usb: str, camera_of: Any, figure: Any) -> None:
    camera = camera_of(usb)
    camera.open()
    for _ in range(5):
        camera.grab()
    lab.cam("usb", "pause")
    try:
        ended: list[float] = []
        texts: list[str] = []

        def grab() -> None:
            with pytest.raises(NoData) as caught:
                _grab_on(camera)
            ended.append(time.monotonic())
            texts.append(str(caught.value))

        thread = threading.Thread(target=grab)
        thread.start()
        time.sleep(0.4)
        interrupted = time.monotonic()
        camera.interrupt()
        thread.join(5)
    finally:
        lab.cam("usb", "pause")
    figure(f"interrupt ends a grab in {(ended[0] - interrupted) * 1000:.1f} ms")
    assert ended[0] - interrupted < 0.1
    assert "interrupted" in texts[0]
    camera.open()
    camera.grab()


def test_feeder_that_leaves_is_a_stall(lab: Any, camera_of: Any) -> None:
    camera = camera_of("0")
    camera.open()
    camera.grab()
    lab.cam("stop", "0")
    try:
        with pytest.raises(NoData):
            _grab_on(camera)
    finally:
        lab.cam("start", "0", "mjpg-720p")
        lab.cam("wait", "0")

    def gives() -> bool:
        try:
            camera.grab()
        except NoData:  # the feeder takes its time to begin
            return False
        return True

    wait_until(gives)


@pytest.mark.timeout(120)
def test_camera_that_hangs_in_open_holds_up_no_other(
    lab: Any, fresh_usb: str, camera_of: Any, figure: Any
) -> None:
    hung, well = camera_of(fresh_usb), camera_of("/dev/video1")
    well.open()
    well.grab()
    lab.cam("usb", "stall")
    ended: list[float] = []

    def open_it() -> None:
        try:
            hung.open()
        except CameraError:
            pass
        finally:
            ended.append(time.monotonic())

    begun = time.monotonic()
    thread = threading.Thread(target=open_it)
    thread.start()
    max_s = 0.0
    while time.monotonic() - begun < 3.0:
        before = time.monotonic()
        well.grab()
        max_s = max(max_s, time.monotonic() - before)
    was_blocked = thread.is_alive()
    lab.cam("usb", "resume")
    thread.join(60)
    figure(
        f"one camera hung in open ({ended[0] - begun:.1f} s, until it was resumed);"
        f" another's longest wait meanwhile {max_s * 1000:.0f} ms"
    )
    assert was_blocked
    assert max_s < 0.5
    hung.close()


@pytest.mark.parametrize("fault", ["inject_fatal_streaming_error", "disconnect"])
def test_error_of_the_driver_ends_with_opening_again(
    lab: Any, camera_of: Any, reopen: Any, fault: str
) -> None:
    camera = camera_of("/dev/video2", codec="YUYV")
    camera.open()
    camera.grab()
    lab.control("/dev/video2", f"{fault}=1")
    with pytest.raises(CameraError):
        _grab_on(camera)
    camera.close()
    assert reopen(camera) < 5


def test_stream_that_does_not_start_is_reported(lab: Any, camera_of: Any, reopen: Any) -> None:
    lab.control("/dev/video2", "inject_vidioc_streamon_error=1")
    camera = camera_of("/dev/video2")
    with pytest.raises(CameraError):
        camera.open()
    reopen(camera)
