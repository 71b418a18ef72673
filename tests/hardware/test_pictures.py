"""Pictures are the camera's own, new, and timed."""

import contextlib
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import V4l2Camera
from spot_webcam.domain.errors import CorruptFrame, NoData
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture

FRAMES = 150
Take = Callable[[V4l2Camera], JpegPicture]


@pytest.mark.parametrize("name", ["usb:LAB0001", "/dev/video0"])
def test_jpegs_are_the_camera_s_bytes(
    lab: Any, usb: str, camera_of: Any, take_jpeg: Take, figure: Any, name: str
) -> None:
    camera = camera_of(name)
    camera.open()
    pictures = [take_jpeg(camera) for _ in range(FRAMES)]
    identical = sum(lab.number(picture.data) is not None for picture in pictures)
    figure(f"{name}: {identical} of {FRAMES} JPEGs are the camera's bytes, {camera.counts}")
    assert identical == FRAMES
    assert {(p.cols, p.rows, p.components, p.quality) for p in pictures} == {(1280, 720, 3, 85)}


def test_frames_come_in_order_and_none_twice(
    lab: Any, usb: str, camera_of: Any, take_jpeg: Take
) -> None:
    camera = camera_of(usb)
    camera.open()
    numbers = [lab.number(take_jpeg(camera).data) for _ in range(FRAMES)]
    assert all(0 < (later - earlier) % 60 < 10 for earlier, later in pairwise(numbers))


def test_best_mode_is_taken_without_being_asked(
    lab: Any, usb: str, camera_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mode = camera_of(usb).open()
    assert (mode.codec, mode.cols, mode.rows, mode.fps) == ("MJPG", 1280, 720, 30.0)
    assert "granted MJPG 1280x720 at 30 fps" in caplog.text


def test_mode_that_is_asked_for_is_taken(lab: Any, usb: str, camera_of: Any) -> None:
    mode = camera_of(usb, codec="YUYV", fps=15.0).open()
    assert (mode.codec, mode.cols, mode.rows, mode.fps) == ("YUYV", 640, 480, 15.0)


def test_mode_that_is_not_there_gives_the_nearest_and_says_so(
    lab: Any, usb: str, camera_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    mode = camera_of(usb, codec="MJPG", cols=1920, rows=1080).open()
    assert (mode.codec, mode.cols, mode.rows) == ("MJPG", 1280, 720)
    assert "no MJPG 1920x1080: taking MJPG 1280x720 at 30 fps" in caplog.text


@pytest.mark.parametrize("codec", ["YUYV", "UYVY", "NV12", "GREY", "Y16", "BGR3", "RGB3", "RGGB"])
def test_raw_formats_become_pictures(lab: Any, camera_of: Any, codec: str) -> None:
    camera = camera_of("/dev/video2", codec=codec, cols=640, rows=360)
    assert camera.open().codec == codec
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    assert (picture.cols, picture.rows) == (640, 360)
    # The test picture's first colour bar is white, its last black.
    bars = picture.pixels[250, [20, 620]]
    full = 65535 if picture.layout is Layout.GREY16 else 255
    assert bars[0].min() > full * 0.6
    assert bars[1].max() < full * 0.2


def test_first_picture_after_a_pause_is_new(device: str, camera_of: Any, figure: Any) -> None:
    camera = camera_of(device)
    mode = camera.open()
    for _ in range(20):
        camera.grab()
    ages_ms = []
    for _ in range(3):
        time.sleep(1.0)
        asked_ns = time.time_ns()
        device_timestamp_ns = camera.grab()
        if device_timestamp_ns is None:
            pytest.skip("the driver tells no times")
        ages_ms.append((time.time_ns() - device_timestamp_ns) / 1e6)
        waited_ms = (time.time_ns() - asked_ns) / 1e6
    figure(
        f"age of the first picture after 1 s without a reader: "
        f"{', '.join(f'{age:.1f}' for age in ages_ms)} ms, waited {waited_ms:.1f} ms for it"
    )
    assert max(ages_ms) < 2000 / (mode.fps or 30.0)


def test_times_are_near_and_rise(device: str, camera_of: Any, figure: Any) -> None:
    camera = camera_of(device)
    camera.open()
    camera.grab()
    times, ages_ms = [], []
    for _ in range(90):
        device_timestamp_ns = camera.grab()
        if device_timestamp_ns is None:
            pytest.skip("the driver tells no times")
        times.append(device_timestamp_ns)
        ages_ms.append((time.time_ns() - device_timestamp_ns) / 1e6)
    ages_ms.sort()
    figure(
        f"age of a picture when it is grabbed: median {ages_ms[45]:.1f}, max {ages_ms[-1]:.1f} ms"
    )
    assert all(earlier < later for earlier, later in pairwise(times))
    assert ages_ms[0] >= 0
    assert ages_ms[85] < 50


def test_implausible_times_are_not_reported(
    lab: Any, camera_of: Any, caplog: pytest.LogCaptureFixture
) -> None:
    camera = camera_of("/dev/video2")
    camera.open()
    assert [camera.grab() for _ in range(3)] == [None] * 3
    assert caplog.text.count("in the future") == 1


@pytest.fixture
def loopback(lab: Any) -> Iterator[str]:
    """The lab's MJPG loopback; its ordinary feeder is put back afterwards."""
    yield "/dev/video0"
    lab.cam("stop", "0")
    lab.cam("start", "0", "mjpg-720p")
    lab.cam("wait", "0")


def test_size_that_changes_is_reported_by_the_picture(
    lab: Any,
    loopback: str,
    camera_of: Any,
    take_jpeg: Take,
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera = camera_of(loopback)
    camera.open()
    assert take_jpeg(camera).rows == 720
    lab.cam("stop", "0")
    lab.cam("start", "0", "mjpg-480p")
    # Its start takes the feeder a second or so, in which nothing is delivered.
    sizes = []
    deadline = time.monotonic() + 10.0
    while (640, 480) not in sizes and time.monotonic() < deadline:
        with contextlib.suppress(NoData):
            picture = take_jpeg(camera)
            sizes.append((picture.cols, picture.rows))
    assert sizes[-1] == (640, 480)
    assert "pictures are 640x480 now" in caplog.text


SEEN = ["truncate", "garbage", "header", "empty"]
HARMLESS = ["pad", "appn"]


def _outcomes(lab: Any, camera: V4l2Camera, frames: int = 60) -> list[int | str]:
    """Return each frame's number, "corrupt", or "unknown" for bytes that were never sent whole."""
    outcomes: list[int | str] = []
    for _ in range(frames):
        camera.grab()
        try:
            picture = camera.retrieve()
        except CorruptFrame:
            outcomes.append("corrupt")
            continue
        assert isinstance(picture, JpegPicture)
        number = lab.number(picture.data)
        outcomes.append("unknown" if number is None else number)
    return outcomes


def _never_old(outcomes: list[int | str]) -> bool:
    numbers = [number for number in outcomes if isinstance(number, int)]
    return all(0 < (later - earlier) % 60 < 20 for earlier, later in pairwise(numbers))


@pytest.mark.parametrize("kind", [*SEEN, *HARMLESS, "flip"])
def test_damage_is_corrupt_and_never_an_old_picture(
    lab: Any, fresh_usb: str, camera_of: Any, figure: Any, kind: str
) -> None:
    lab.unplug()
    lab.plug("--corrupt", kind, "--every", "3")
    camera = camera_of(fresh_usb)
    camera.open()
    outcomes = _outcomes(lab, camera)
    corrupt, unknown = outcomes.count("corrupt"), outcomes.count("unknown")
    figure(
        f"every third frame {kind}: of {len(outcomes)}, {corrupt} corrupt,"
        f" {unknown} served with damage, {camera.counts.damaged} dropped by the driver"
    )
    assert _never_old(outcomes)
    if kind in SEEN:
        assert corrupt + camera.counts.damaged >= 15
        assert unknown == 0
    elif kind in HARMLESS:
        assert corrupt == unknown == 0
    else:
        assert corrupt + unknown >= 15


@pytest.mark.parametrize("kind", [*SEEN, *HARMLESS])
def test_damage_of_a_loopback_is_corrupt(
    lab: Any, loopback: str, camera_of: Any, kind: str
) -> None:
    lab.cam("stop", "0")
    lab.cam("pyfeed", "0", "--corrupt", kind, "--every", "3")
    lab.cam("wait", "0")
    camera = camera_of(loopback)
    camera.open()
    outcomes = _outcomes(lab, camera)
    assert _never_old(outcomes)
    assert outcomes.count("unknown") == 0
    assert (outcomes.count("corrupt") + camera.counts.damaged >= 15) == (kind in SEEN)
