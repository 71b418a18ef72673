"""Synthetic camera that delivers JPEGs."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from spot_webcam.domain.errors import CameraAbsent, CorruptFrame, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible
from spot_webcam.fakes.cameras import (
    FaultyCamera,
    MjpgCamera,
    SyntheticCamera,
    SyntheticDevice,
    jpeg_frame,
    parse_script,
    parse_synthetic_device,
    read_sequence,
    synthetic_camera,
)
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock

NAME = "synthetic:?size=160x96&fps=10&seed=4&codec=mjpg"
INTACT = jpeg_frame(parse_synthetic_device(NAME), 0)
EVIDENT = ["truncate", "garbage", "header", "empty", "tiny"]


def _camera(script: str = "", clock: ManualClock | None = None, more: str = "") -> Camera:
    return synthetic_camera(f"{NAME}{more}&script={script}", clock or ManualClock())


def _jpeg(camera: Camera) -> JpegPicture:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, JpegPicture)
    return picture


def _decoded(data: bytes) -> Pixels:
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    assert pixels is not None
    return np.asarray(pixels, np.uint8)


def _frame(sequence: int, more: str = "") -> bytes:
    return jpeg_frame(parse_synthetic_device(f"{NAME}{more}"), sequence)


@pytest.mark.parametrize("quality", [1, 85, 100])
@pytest.mark.parametrize("layout", [Layout.BGR8, Layout.GREY8])
def test_frames_are_a_function_of_the_device_and_the_sequence(layout: Layout, quality: int) -> None:
    more = f"&layout={layout.label}&quality={quality}"
    camera = _camera(more=more)
    mode = camera.open()
    assert mode == CameraMode(160, 96, layout, 10.0, "MJPG")
    for sequence in range(3):
        picture = _jpeg(camera)
        assert picture.data == _frame(sequence, more)
        assert picture.layout is layout
        assert picture.quality == quality


def test_quality_seed_and_sequence_make_other_bytes() -> None:
    device = SyntheticDevice(cols=160, rows=96, mjpg=True)
    others = [
        jpeg_frame(device, 0),
        jpeg_frame(device, 1),
        jpeg_frame(SyntheticDevice(cols=160, rows=96, mjpg=True, quality=84), 0),
        jpeg_frame(SyntheticDevice(cols=160, rows=96, mjpg=True, seed=1), 0),
    ]
    assert len(set(others)) == 4


def test_frames_show_the_pattern() -> None:
    expected = Pattern(160, 96, 4, Layout.BGR8, 10.0).frame(7)
    decoded = _decoded(_frame(7, "&quality=100"))
    assert np.abs(decoded.astype(int) - expected.astype(int)).mean() < 3
    assert read_sequence(_decoded(_frame(7, "&quality=10"))) == 7


@pytest.mark.parametrize("event", EVIDENT)
def test_damage_that_shows_is_refused_by_retrieve(event: str) -> None:
    camera = _camera(f"{event}@0.05s+0.2s")
    camera.open()
    assert _jpeg(camera).data == _frame(0)
    for _ in range(2):
        camera.grab()
        for _ in range(2):
            with pytest.raises(CorruptFrame):
                camera.retrieve()
    assert _jpeg(camera).data == _frame(3)


@pytest.mark.parametrize("more", ["", "&quality=1", "&layout=grey8&quality=100"])
def test_flipped_bytes_leave_the_markers_intact(more: str) -> None:
    camera = _camera("flip@0", more=more)
    camera.open()
    for sequence in range(10):
        damaged, intact = _jpeg(camera), inspect_jpeg(_frame(sequence, more))
        pairs = zip(damaged.data, intact.data, strict=True)
        changed = [(new, old) for new, old in pairs if new != old]
        assert 0 < len(changed) <= 32
        assert not [pair for pair in changed if 0xFF in pair]
        assert (damaged.cols, damaged.rows, damaged.quality) == (160, 96, intact.quality)
        assert damaged.components == intact.components


def test_flipped_bytes_are_a_function_of_the_frame() -> None:
    damaged = damage(INTACT, [FaultKind.FLIP])
    assert damage(INTACT, [FaultKind.FLIP]) == damaged != INTACT


def test_padding_is_cut() -> None:
    padded = damage(INTACT, [FaultKind.PAD])
    assert padded == INTACT + bytes(4096)
    camera = _camera("pad@0")
    camera.open()
    assert _jpeg(camera).data == INTACT


@pytest.mark.parametrize(
    ("kind", "length"),
    [
        (FaultKind.TRUNCATE, len(INTACT) // 2),
        (FaultKind.GARBAGE, len(INTACT)),
        (FaultKind.HEADER, len(INTACT)),
        (FaultKind.TINY, 1),
        (FaultKind.EMPTY, 0),
    ],
)
def test_damage_is_as_long_as_in_the_lab(kind: FaultKind, length: int) -> None:
    assert len(damage(INTACT, [kind])) == length


def test_faults_of_pixels_damage_no_bytes() -> None:
    assert damage(INTACT, [FaultKind.BLACK, FaultKind.UNPLUG]) == INTACT


def test_all_damages_at_once_leave_nothing() -> None:
    assert damage(INTACT, list(FaultKind)) == b""


def test_script_of_bytes_begins_at_the_first_open() -> None:
    clock = ManualClock()
    camera = _camera("empty@1s", clock)
    clock.advance(5.0)
    camera.open()
    assert _jpeg(camera).data == _frame(0)
    camera.close()
    clock.advance(1.0)
    camera.open()
    camera.grab()
    with pytest.raises(CorruptFrame):
        camera.retrieve()


def test_black_pictures_are_encoded() -> None:
    camera = _camera("black@0")
    camera.open()
    assert not _decoded(_jpeg(camera).data).any()


def test_resized_pictures_are_encoded_in_their_size() -> None:
    camera = _camera("resize=64x48@0.05s")
    mode = camera.open()
    assert (_jpeg(camera).cols, _jpeg(camera).cols, mode.cols) == (160, 64, 160)
    assert _decoded(_jpeg(camera).data).shape == (48, 64, 3)


def test_pictures_are_brightened_before_they_are_encoded() -> None:
    camera = _camera()
    assert isinstance(camera, MjpgCamera)
    camera.open()
    camera.write({"brightness": 40})
    means = [_decoded(_jpeg(camera).data).mean() for _ in range(3)]
    assert [mean - means[0] > 10 for mean in means] == [False, False, True]


def test_faults_of_the_camera_work_as_on_pixels() -> None:
    clock = ManualClock()
    camera = _camera("slow=2@0+1s,corrupt@1s+0.5s,unplug@2s+1s", clock)
    camera.open()
    camera.grab()
    assert _jpeg(camera).data == _frame(3)
    clock.advance(0.75)
    camera.grab()
    with pytest.raises(CorruptFrame, match="scripted"):
        camera.retrieve()
    clock.advance(1.0)
    with pytest.raises(CameraAbsent):
        camera.grab()
    clock.advance(1.0)
    with pytest.raises(NoData):
        camera.grab()
    camera.open()
    assert _jpeg(camera).data == _frame(0)


def test_hang_can_be_interrupted() -> None:
    camera = _camera("hang@0")
    assert isinstance(camera, Interruptible)
    camera.open()
    camera.interrupt()
    with pytest.raises(NoData):
        camera.grab()


def test_cameras_are_composed() -> None:
    clock, script = ManualClock(), parse_script("black@0,pad@0")
    inner = SyntheticCamera(SyntheticDevice(cols=64, rows=48), clock)
    camera = MjpgCamera(FaultyCamera(inner, script, clock), 50, script, clock)
    camera.open()
    picture = _jpeg(camera)
    assert picture.quality == 50
    assert not _decoded(picture.data).any()


def test_jpegs_pass_faults_of_pixels_by() -> None:
    clock = ManualClock()
    camera = FaultyCamera(_camera(), parse_script("black@0,resize=64x48@0"), clock)
    camera.open()
    assert _jpeg(camera).data == INTACT


def test_camera_that_encodes_itself_is_left_alone() -> None:
    class Encoding:
        """A camera of JPEGs."""

        def open(self) -> CameraMode:
            return CameraMode(160, 96, Layout.BGR8)

        def grab(self) -> int | None:
            return None

        def retrieve(self) -> Picture | JpegPicture:
            return inspect_jpeg(INTACT)

        def settings(self) -> CaptureSettings:
            return CaptureSettings()

        def close(self) -> None:
            pass

    camera = MjpgCamera(Encoding(), 50, parse_script("empty@0"), ManualClock())
    camera.open()
    camera.write({"brightness": 40})
    assert [_jpeg(camera).data for _ in range(3)] == [INTACT] * 3


def test_opencv_is_loaded_by_cameras_that_encode_alone() -> None:
    program = (
        "import sys\n"
        "from spot_webcam.fakes.cameras import synthetic_camera\n"
        "from spot_webcam.fakes.time.manual import ManualClock\n"
        "for options in ('', '?controls=1', '?codec=mjpg'):\n"
        "    synthetic_camera('synthetic:' + options, ManualClock())\n"
        "    print('cv2' in sys.modules)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=True
    )
    assert ran.stdout.split() == ["False", "False", "True"]


@pytest.mark.parametrize("layout", ["bgr8", "grey8"])
def test_manners_are_those_of_each_picture(layout: str) -> None:
    more = f"&layout={layout}&quality=60&manners=restart=9,gap=608,scan-header"
    camera = _camera(more=more)
    camera.open()
    for sequence in range(2):
        written = _frame(sequence, more)
        assert _jpeg(camera) == inspect_jpeg(written)
        assert read_sequence(_decoded(written)) == sequence
