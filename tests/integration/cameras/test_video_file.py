"""Recordings as cameras, with OpenCV's own decoders."""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv import OpenCvCodec, opencv_camera
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, Interruptible, ModeRequest, StreamTimed
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras import read_sequence
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.recordings import write_recording

COLS, ROWS, PICTURES, FPS = 320, 240, 6, 12.5
PERIOD_NS = 80_000_000
KINDS = [("MJPG", "recording.avi"), ("mp4v", "recording.mp4")]
# Mean difference of a decoded picture from the one that was written.
MEAN_TOLERANCE = 4.0


def drawn(sequence: int) -> Picture:
    return Picture(Pattern(COLS, ROWS, 3, Layout.BGR8, FPS).frame(sequence), Layout.BGR8)


def record(path: Path, codec: str, pictures: int = PICTURES, fps: float = FPS) -> None:
    drawings = (drawn(sequence).pixels for sequence in range(pictures))
    write_recording(path, drawings, size=(COLS, ROWS), fps=fps, codec=codec)


def camera_of(path: Path, clock: ManualClock) -> Camera:
    return opencv_camera(DeviceAddress(str(path)), ModeRequest(), clock)


@pytest.fixture(params=KINDS, ids=lambda kind: kind[0])
def recording(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    codec, name = request.param
    path = tmp_path / name
    record(path, codec)
    return path


@pytest.fixture
def camera(recording: Path, clock: ManualClock) -> Iterator[Camera]:
    made = camera_of(recording, clock)
    yield made
    made.close()


def take(camera: Camera) -> Picture:
    camera.grab()
    picture = camera.retrieve()
    return OpenCvCodec().decode_jpeg(picture) if isinstance(picture, JpegPicture) else picture


def take_jpeg(camera: Camera) -> bytes:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, JpegPicture)
    return picture.data


def places_of_jpegs(avi: bytes) -> list[slice]:
    """Return where the pictures of an AVI are: each in a chunk of its own, `00dc`."""
    places, at = [], 0
    while (at := avi.find(b"00dc", at) + 8) >= 8:
        size = int.from_bytes(avi[at - 4 : at], "little")
        if avi[at : at + 2] == b"\xff\xd8":  # and no entry of the index
            places.append(slice(at, at + size))
    return places


def test_mode_is_the_recording_s(camera: Camera) -> None:
    mode = camera.open()
    assert (mode.cols, mode.rows, mode.layout) == (COLS, ROWS, Layout.BGR8)
    assert mode.fps == pytest.approx(FPS)
    assert camera.settings() == CaptureSettings()


def test_pictures_are_those_that_were_written(camera: Camera) -> None:
    camera.open()
    for sequence in range(PICTURES):
        pixels = take(camera).pixels.astype(int)
        difference = np.abs(pixels - drawn(sequence).pixels.astype(int)).mean()
        assert difference < MEAN_TOLERANCE
        # Blue and red are not mixed up.
        assert difference < np.abs(pixels[:, :, ::-1] - drawn(sequence).pixels).mean()


def test_recording_starts_over_at_its_end(camera: Camera) -> None:
    camera.open()
    seen = [read_sequence(take(camera).pixels) for _ in range(2 * PICTURES + 1)]
    assert seen == [*range(PICTURES), *range(PICTURES), 0]


def test_pictures_come_at_the_recording_s_rate(camera: Camera, clock: ManualClock) -> None:
    camera.open()
    times = []
    # Across its end, too.
    for _ in range(2 * PICTURES):
        camera.grab()
        times.append(clock.monotonic_ns())
    assert times[0] == 0
    assert set(np.diff(times)) == {PERIOD_NS}


def test_late_playback_continues_from_now(camera: Camera, clock: ManualClock) -> None:
    camera.open()
    camera.grab()
    clock.advance(10.0)
    late_ns = clock.monotonic_ns()
    assert read_sequence(take(camera).pixels) == 1
    assert clock.monotonic_ns() == late_ns
    assert read_sequence(take(camera).pixels) == 2
    assert clock.monotonic_ns() == late_ns + PERIOD_NS


def test_opening_again_starts_at_the_first_picture(camera: Camera) -> None:
    camera.open()
    take(camera)
    take(camera)
    camera.open()
    assert read_sequence(take(camera).pixels) == 0


def test_interrupt_ends_the_wait_for_the_next_picture(camera: Camera) -> None:
    assert isinstance(camera, Interruptible)
    camera.open()
    camera.grab()
    camera.interrupt()
    with pytest.raises(NoData):
        camera.grab()
    camera.open()
    assert read_sequence(take(camera).pixels) == 0


def test_recording_that_is_removed_is_absent_once_it_has_ended(
    camera: Camera, recording: Path
) -> None:
    camera.open()
    take(camera)
    recording.unlink()
    for _ in range(PICTURES - 1):
        camera.grab()
    with pytest.raises(CameraAbsent, match=recording.name):
        camera.grab()
    with pytest.raises(CameraAbsent, match=recording.name):
        camera.open()


def test_recording_of_one_picture_repeats_it(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "still.avi"
    record(path, "MJPG", pictures=1)
    camera = camera_of(path, clock)
    camera.open()
    assert [read_sequence(take(camera).pixels) for _ in range(3)] == [0, 0, 0]
    camera.close()


def test_recording_that_was_cut_off_plays_what_is_there(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "cut.avi"
    record(path, "MJPG", pictures=20)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    camera = camera_of(path, clock)
    camera.open()
    assert [read_sequence(take(camera).pixels) for _ in range(5)] == [0, 1, 2, 3, 4]
    camera.close()


def test_bytes_of_motion_jpeg_are_the_file_s(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "walk.avi"
    record(path, "MJPG")
    whole = path.read_bytes()
    camera = camera_of(path, clock)
    assert camera.open().codec == "MJPG"
    taken = [take_jpeg(camera) for _ in range(2 * PICTURES)]
    assert taken == 2 * [whole[place] for place in places_of_jpegs(whole)]
    camera.close()


@pytest.mark.parametrize("kind", [FaultKind.GARBAGE, FaultKind.HEADER])
@pytest.mark.parametrize("first", [0, 3])
def test_damaged_picture_is_reported_and_the_recording_goes_on(
    kind: FaultKind, first: int, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / "walk.avi"
    record(path, "MJPG")
    content = bytearray(path.read_bytes())
    for place in places_of_jpegs(bytes(content))[first : first + 2]:
        content[place] = damage(bytes(content[place]), [kind])
    path.write_bytes(content)
    camera = camera_of(path, clock)
    camera.open()
    for sequence in range(PICTURES):
        if sequence in {first, first + 1}:
            with pytest.raises(CorruptFrame):
                take(camera)
        else:
            assert read_sequence(take(camera).pixels) == sequence
    camera.close()


def test_recording_that_repeats_a_picture_is_not_frozen(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "still.avi"
    record(path, "MJPG", pictures=1)
    camera = camera_of(path, clock)
    camera.open()
    assert isinstance(camera, StreamTimed)
    times = []
    for _ in range(3):
        camera.grab()
        times.append(camera.stream_time_ns())
    assert list(np.diff(times)) == [PERIOD_NS] * 2
    camera.close()


@pytest.mark.parametrize("name", ["garbage.avi", "garbage.mp4", "garbage"])
@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 100, bytes(5000)])
def test_file_that_is_not_a_video_is_misconfigured(
    name: str, content: bytes, clock: ManualClock, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CameraMisconfigured, match=name):
        camera_of(path, clock).open()


def test_folder_is_misconfigured(clock: ManualClock, tmp_path: Path) -> None:
    with pytest.raises(CameraMisconfigured, match="folder"):
        camera_of(tmp_path, clock).open()


def test_recording_without_a_picture_is_reported(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "empty.avi"
    record(path, "MJPG", pictures=0)
    with pytest.raises(CameraError):
        camera_of(path, clock).open()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_recording_of_someone_else_is_refused(clock: ManualClock, tmp_path: Path) -> None:
    path = tmp_path / "private.avi"
    record(path, "MJPG")
    path.chmod(0)
    with pytest.raises(CameraPermissionDenied, match="private"):
        camera_of(path, clock).open()


@pytest.mark.parametrize("name", ["97", "/dev/video97", "/dev/no-such-camera", "missing.avi"])
def test_device_that_is_not_there_is_absent(
    name: str, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    camera = opencv_camera(DeviceAddress(name), ModeRequest(), clock)
    with pytest.raises(CameraAbsent):
        camera.open()
    with pytest.raises(CameraError):
        camera.grab()
    camera.close()


def test_device_node_that_is_not_a_camera_is_reported(clock: ManualClock) -> None:
    with pytest.raises(CameraError, match="/dev/null"):
        opencv_camera(DeviceAddress("/dev/null"), ModeRequest(), clock).open()


@pytest.mark.skipif(
    cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER), reason="this OpenCV has GStreamer"
)
def test_pipeline_needs_a_build_with_gstreamer(clock: ManualClock) -> None:
    with pytest.raises(CameraMisconfigured, match="GStreamer"):
        opencv_camera(DeviceAddress("videotestsrc ! appsink"), ModeRequest(), clock)
