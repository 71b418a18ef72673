"""Contract of the `Camera` port, for every adapter and every fake.

An adapter joins by an entry in CASES of `camera_cases`.
"""

from pathlib import Path

import pytest

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.domain.errors import CameraAbsent, CameraError
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import Autonomous, Camera, Interruptible
from spot_webcam.domain.sources.modes import JPEG_CODECS
from tests.contracts.camera_cases import FRAMES, CameraCase, of_jpegs, of_pixels


def _take(camera: Camera) -> Picture | JpegPicture:
    camera.grab()
    return camera.retrieve()


def _bytes(picture: Picture | JpegPicture) -> bytes:
    return picture.data if isinstance(picture, JpegPicture) else picture.pixels.tobytes()


def test_mode_agrees_with_the_pictures(camera: Camera) -> None:
    mode = camera.open()
    for _ in range(FRAMES):
        picture = _take(camera)
        assert (picture.cols, picture.rows, picture.layout) == (mode.cols, mode.rows, mode.layout)


def test_mode_reports_a_possible_rate_or_none(camera: Camera) -> None:
    mode = camera.open()
    assert mode.fps is None or 0 < mode.fps < 100_000


@of_pixels
def test_pictures_are_whole_and_read_only(camera: Camera) -> None:
    camera.open()
    picture = _take(camera)
    assert isinstance(picture, Picture)
    channels = (picture.layout.channels,) if picture.layout.channels > 1 else ()
    assert picture.pixels.shape == (picture.rows, picture.cols, *channels)
    assert picture.pixels.dtype == picture.layout.dtype
    assert picture.pixels.flags.c_contiguous
    assert not picture.pixels.flags.writeable


@of_jpegs
def test_jpegs_are_whole_and_end_with_their_marker(camera: Camera) -> None:
    mode = camera.open()
    assert mode.codec in JPEG_CODECS
    picture = _take(camera)
    assert isinstance(picture, JpegPicture)
    assert type(picture.data) is bytes
    assert picture.data.startswith(b"\xff\xd8\xff")
    assert picture.data.endswith(b"\xff\xd9")
    assert inspect_jpeg(picture.data) == picture
    decoded = OpenCvCodec().decode_jpeg(picture)
    assert (decoded.cols, decoded.rows, decoded.layout) == (mode.cols, mode.rows, mode.layout)


def test_pictures_keep_their_bytes_when_the_next_ones_come(camera: Camera) -> None:
    camera.open()
    pictures = [_take(camera)]
    before = _bytes(pictures[0])
    pictures.extend(_take(camera) for _ in range(FRAMES))
    assert _bytes(pictures[0]) == before


def test_pictures_differ_over_time(camera: Camera) -> None:
    camera.open()
    assert len({_bytes(_take(camera)) for _ in range(FRAMES)}) > 1


def test_capture_times_rise(camera: Camera) -> None:
    camera.open()
    reported = [camera.grab() for _ in range(FRAMES)]
    times = [time_ns for time_ns in reported if time_ns is not None]
    assert times == sorted(set(times))


def test_pictures_may_be_skipped(camera: Camera) -> None:
    camera.open()
    for _ in range(FRAMES):
        camera.grab()
    assert camera.retrieve().rows > 0


def test_grab_before_open_is_refused(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.grab()


def test_retrieve_before_open_is_refused(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.retrieve()


def test_retrieve_before_grab_is_refused(camera: Camera) -> None:
    camera.open()
    with pytest.raises(CameraError):
        camera.retrieve()


def test_grab_after_close_is_refused(camera: Camera) -> None:
    camera.open()
    camera.grab()
    camera.close()
    with pytest.raises(CameraError):
        camera.grab()


def test_retrieve_after_close_is_refused(camera: Camera) -> None:
    camera.open()
    camera.grab()
    camera.close()
    with pytest.raises(CameraError):
        camera.retrieve()


def test_close_is_allowed_before_open_and_twice(camera: Camera) -> None:
    camera.close()
    camera.open()
    camera.close()
    camera.close()


def test_camera_opens_again_after_close(camera: Camera) -> None:
    mode = camera.open()
    _take(camera)
    camera.close()
    assert camera.open() == mode
    assert _take(camera).rows == mode.rows


def test_settings_are_plausible_while_open(camera: Camera) -> None:
    camera.open()
    settings = camera.settings()
    assert settings.exposure_s is None or 0 < settings.exposure_s < 60
    assert settings.gain_db is None or -100 < settings.gain_db < 100


def test_settings_before_open_are_reported_or_refused(camera: Camera) -> None:
    try:
        settings = camera.settings()
    except CameraError:
        return
    assert isinstance(settings, CaptureSettings)


def test_skipping_ends_with_the_next_call(camera: Camera) -> None:
    if not isinstance(camera, Autonomous):
        pytest.skip("this camera does not run by itself")
    camera.open()
    for _ in range(FRAMES):
        camera.skip()
        camera.skip()
        assert _take(camera).rows > 0
        assert camera.last_grab().skipped >= 0
        assert camera.last_grab().delay_ns >= 0
    camera.skip()
    assert isinstance(camera.settings(), CaptureSettings)
    camera.skip()
    camera.close()
    camera.open()
    assert _take(camera).rows > 0


def test_skipping_a_closed_camera_is_an_error(camera: Camera) -> None:
    if not isinstance(camera, Autonomous):
        pytest.skip("this camera does not run by itself")
    with pytest.raises(CameraError):
        camera.skip()


def test_picture_may_be_retrieved_again(camera: Camera) -> None:
    camera.open()
    for _ in range(FRAMES):
        first = _bytes(_take(camera))
        assert _bytes(camera.retrieve()) == first


def test_interrupt_is_allowed_in_every_state(camera: Camera) -> None:
    if not isinstance(camera, Interruptible):
        pytest.skip("this camera cannot be interrupted")
    camera.interrupt()
    camera.open()
    camera.grab()
    camera.interrupt()
    camera.close()
    camera.interrupt()
    camera.open()
    assert _take(camera).rows > 0


def test_errors_leave_the_camera_fit_to_be_opened(camera: Camera) -> None:
    with pytest.raises(CameraError):
        camera.grab()
    camera.close()
    camera.open()
    assert _take(camera).rows > 0


def test_absent_camera_is_reported_as_absent(case: CameraCase, tmp_path: Path) -> None:
    if case.make_absent is None:
        pytest.skip("this camera is never absent")
    absent = case.make_absent(tmp_path)
    for _ in range(2):
        with pytest.raises(CameraAbsent):
            absent.open()
        with pytest.raises(CameraError):
            absent.grab()
        absent.close()
