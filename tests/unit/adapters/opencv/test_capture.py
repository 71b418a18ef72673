from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.opencv.capture import (
    _from_os_error,
    open_capture,
    retrieve_picture,
    to_picture,
)
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice, opencv_device
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.sources.address import DeviceAddress

# Arrays.


@pytest.mark.parametrize(
    ("shape", "dtype", "layout"),
    [
        ((6, 8), np.uint8, Layout.GREY8),
        ((6, 8, 1), np.uint8, Layout.GREY8),
        ((6, 8, 3), np.uint8, Layout.BGR8),
        ((6, 8, 4), np.uint8, Layout.BGRA8),
        ((6, 8), np.uint16, Layout.GREY16),
        ((6, 8, 1), np.uint16, Layout.GREY16),
        ((6, 8, 3), np.uint16, Layout.BGR8),
        ((6, 8, 4), np.uint16, Layout.BGRA8),
    ],
)
def test_array_of_opencv_is_a_picture_blue_first(
    shape: tuple[int, ...], dtype: type[np.generic], layout: Layout
) -> None:
    picture = to_picture(np.zeros(shape, dtype))
    assert (picture.cols, picture.rows, picture.layout) == (8, 6, layout)


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((6, 8, 2), np.uint8),
        ((6, 8, 5), np.uint8),
        ((0, 8, 3), np.uint8),
        ((0, 0), np.uint8),
        ((3,), np.uint8),
        ((2, 6, 8, 3), np.uint8),
        ((6, 8, 3), np.float32),
        ((6, 8), np.int16),
        ((6, 8), np.float64),
    ],
)
def test_array_that_is_not_a_picture_is_corrupt(
    shape: tuple[int, ...], dtype: type[np.generic]
) -> None:
    with pytest.raises(CorruptFrame, match="invalid picture"):
        to_picture(np.zeros(shape, dtype))


@given(
    st.lists(st.integers(0, 5), min_size=1, max_size=4).map(tuple),
    st.sampled_from(["u1", "u2", "i1", "i2", "i4", "f4", "f8", "?"]),
)
def test_any_array_is_a_picture_or_corrupt(shape: tuple[int, ...], dtype: str) -> None:
    try:
        picture = to_picture(np.zeros(shape, dtype))
    except CorruptFrame:
        return
    assert (picture.rows, picture.cols) == shape[:2]


def test_colour_of_sixteen_bits_is_cut_to_its_upper_eight() -> None:
    picture = to_picture(np.full((2, 2, 3), 0xABCD, np.uint16))
    assert picture.pixels.tolist() == [[[0xAB] * 3] * 2] * 2


def test_grey_of_sixteen_bits_is_kept() -> None:
    assert to_picture(np.full((1, 2), 0xABCD, np.uint16)).pixels.tolist() == [[0xABCD] * 2]


class Capture:
    """As much of a capture as can be retrieved from."""

    def __init__(self, retrieve: Callable[[], Any]) -> None:
        self.retrieve = retrieve


def retrieved(retrieve: Callable[[], Any]) -> Picture:
    return retrieve_picture(Capture(retrieve))  # type: ignore[arg-type]


def test_picture_that_was_grabbed_is_retrieved() -> None:
    assert retrieved(lambda: (True, np.zeros((6, 8, 3), np.uint8))).layout is Layout.BGR8


@pytest.mark.parametrize("answer", [(False, None), (True, None), (False, np.zeros((6, 8, 3)))])
def test_picture_that_does_not_decode_is_corrupt(answer: tuple[bool, Any]) -> None:
    with pytest.raises(CorruptFrame, match="cannot be decoded"):
        retrieved(lambda: answer)


def test_error_of_opencv_while_decoding_is_corrupt() -> None:
    def fail() -> Any:
        cv2.resize(np.zeros((1, 1), np.uint8), (0, 0))

    with pytest.raises(CorruptFrame, match="cannot be decoded"):
        retrieved(fail)


# Files and devices that do not open.


def refused(device: OpenCvDevice) -> CameraError:
    with pytest.raises(CameraError) as caught:
        open_capture(device)
    error: CameraError = caught.value
    return error


def camera_at(path: Path) -> OpenCvDevice:
    return OpenCvDevice(Kind.DEVICE, DeviceAddress(str(path)), cv2.CAP_V4L2)


def test_device_that_is_not_there_is_absent(tmp_path: Path) -> None:
    error = refused(camera_at(tmp_path / "video0"))
    assert type(error) is CameraAbsent
    assert str(tmp_path / "video0") in str(error)


def test_file_that_is_not_there_is_absent(tmp_path: Path) -> None:
    assert type(refused(opencv_device(DeviceAddress(str(tmp_path / "walk.avi"))))) is CameraAbsent


def test_file_below_a_file_is_absent(tmp_path: Path) -> None:
    (tmp_path / "walk.avi").touch()
    assert (
        type(refused(opencv_device(DeviceAddress(str(tmp_path / "walk.avi" / "x")))))
        is CameraAbsent
    )


def test_folder_is_not_a_video(tmp_path: Path) -> None:
    error = refused(opencv_device(DeviceAddress(str(tmp_path))))
    assert type(error) is CameraMisconfigured
    assert "expected a video file" in str(error)


def test_file_that_is_not_a_video_is_misconfigured(tmp_path: Path) -> None:
    path = tmp_path / "letter.avi"
    path.write_text("dear robot")
    error = refused(opencv_device(DeviceAddress(str(path))))
    assert type(error) is CameraMisconfigured
    assert "not a video that OpenCV can decode" in str(error)


def test_device_that_is_not_a_camera_is_busy_or_none(tmp_path: Path) -> None:
    path = tmp_path / "video0"
    path.touch()
    error = refused(camera_at(path))
    assert type(error) is CameraBusy
    assert "or it captures no video" in str(error)


@pytest.mark.parametrize("name", ["walk\0.avi", "x" * 300])
def test_name_that_no_file_can_have_is_misconfigured(name: str) -> None:
    error = refused(opencv_device(DeviceAddress(name)))
    assert type(error) is CameraMisconfigured
    assert str(error).isprintable()


def test_parameters_that_opencv_does_not_take_are_misconfigured(tmp_path: Path) -> None:
    device = OpenCvDevice(
        Kind.URL, DeviceAddress(f"file://{tmp_path}"), cv2.CAP_FFMPEG, params=(1,)
    )
    assert type(refused(device)) is CameraMisconfigured


@pytest.mark.parametrize(
    ("number", "kind", "expected", "says"),
    [
        (errno.ENOENT, Kind.DEVICE, CameraAbsent, "plug the camera in"),
        (errno.ENODEV, Kind.DEVICE, CameraAbsent, "plug the camera in"),
        (errno.ENXIO, Kind.DEVICE, CameraAbsent, "plug the camera in"),
        (errno.ENOTDIR, Kind.FILE, CameraAbsent, "correct the name"),
        (errno.EACCES, Kind.DEVICE, CameraPermissionDenied, "video group"),
        (errno.EPERM, Kind.FILE, CameraPermissionDenied, "file's group"),
        (errno.EBUSY, Kind.DEVICE, CameraBusy, "in use by another program"),
        (errno.EIO, Kind.DEVICE, NoData, "Input/output error"),
        (errno.EMFILE, Kind.FILE, NoData, "ulimit -n"),
        (errno.ENFILE, Kind.DEVICE, NoData, "too many open files"),
        (errno.ENAMETOOLONG, Kind.FILE, CameraMisconfigured, "too long"),
        (errno.ELOOP, Kind.FILE, CameraMisconfigured, "symbolic links"),
    ],
)
def test_error_of_the_system_is_reported_with_the_remedy(
    number: int, kind: Kind, expected: type[CameraError], says: str
) -> None:
    error = _from_os_error(
        OSError(number, "x"), OpenCvDevice(kind, DeviceAddress("/dev/video0"), cv2.CAP_ANY)
    )
    assert type(error) is expected
    assert "/dev/video0" in str(error)
    assert says in str(error)
