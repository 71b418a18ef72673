"""Cameras for measuring: temperatures and distances are not mistaken for pictures."""

from __future__ import annotations

import logging
from typing import Any

import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.domain.errors import CameraMisconfigured, CorruptFrame
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import COLS, ROWS, DrawnCamera, jpeg_of, source_of
from tests.unit.adapters.camera_interface.conftest import Adapt, first

Image = image_pb2.Image
WARM = np.linspace(10, 200, ROWS * COLS).reshape(ROWS, COLS)


class Thermal(DrawnCamera):
    """Captures numbers, writes their bytes as RAW, and draws a JPEG of them."""

    captured: Any = WARM.astype(np.uint16)
    pixel_format = Image.PIXEL_FORMAT_GREYSCALE_U16
    colours = True
    jpeg = True

    def pixels(self) -> Any:
        return self.captured

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.wishes.append(image_req)
        if image_req.image_format == Image.FORMAT_RAW:
            image_proto.pixel_format = self.pixel_format
            image_proto.data = image_data.tobytes()
        elif self.jpeg:
            shown = image_data.astype(np.uint8)
            image_proto.data = jpeg_of(cv2.applyColorMap(shown, 2) if self.colours else shown)
        else:
            raise ValueError("RAW only")


def of(clock: ManualClock, kind: type[Any], **fields: Any) -> Thermal:
    camera = Thermal(clock)
    camera.captured = WARM.astype(kind)
    for name, value in fields.items():
        setattr(camera, name, value)
    return camera


UNKNOWN = Image.PIXEL_FORMAT_UNKNOWN
GREY = Image.PIXEL_FORMAT_GREYSCALE_U8


@pytest.mark.parametrize("colours", [True, False])
def test_jpeg_of_a_camera_of_16_bits_is_served_to_those_who_look(
    adapt: Adapt, clock: ManualClock, colours: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert isinstance(first(adapt, of(clock, np.uint16, colours=colours)), JpegPicture)
    assert "list FORMAT_RAW alone" in caplog.text


def test_false_colours_go_before_the_grey_that_they_were_made_of(
    adapt: Adapt, clock: ManualClock
) -> None:
    assert isinstance(first(adapt, of(clock, np.uint8, pixel_format=GREY)), JpegPicture)
    grey = first(adapt, of(clock, np.uint8, pixel_format=GREY, colours=False))
    assert grey.layout is Layout.GREY8
    assert isinstance(grey, Picture)


@pytest.mark.parametrize(
    ("kind", "pixel_format", "layout"),
    [
        (np.uint16, Image.PIXEL_FORMAT_GREYSCALE_U16, Layout.GREY16),
        (np.uint8, GREY, Layout.GREY8),
    ],
)
def test_source_that_lists_raw_alone_is_for_measuring(
    adapt: Adapt, clock: ManualClock, kind: type[Any], pixel_format: int, layout: Layout
) -> None:
    source = source_of(of(clock, kind, pixel_format=pixel_format))
    source.image_source_proto.image_formats[:] = [Image.FORMAT_RAW]
    picture = first(adapt, source)
    assert isinstance(picture, Picture)
    assert picture.layout is layout


@pytest.mark.parametrize("broken", [b"", b"\xff\xd8\xff\xe0 nothing"])
def test_raw_of_16_bits_is_served_where_the_jpeg_is_invalid(
    adapt: Adapt, clock: ManualClock, broken: bytes
) -> None:
    class Camera(Thermal):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            if image_req.image_format != Image.FORMAT_RAW:
                image_proto.data = broken

    assert first(adapt, Camera(clock)).layout is Layout.GREY16


@pytest.mark.parametrize(
    "kind", [np.float16, np.float32, np.float64, np.int16, np.uint16, np.int32]
)
@pytest.mark.parametrize("reported", [{}, {"rows": 2 * ROWS, "cols": 2 * COLS}, {"rows": 4 * ROWS}])
def test_numbers_without_a_name_are_no_pixels(
    adapt: Adapt, clock: ManualClock, kind: type[Any], reported: dict[str, int]
) -> None:
    picture = first(adapt, of(clock, kind, pixel_format=UNKNOWN, **reported))
    assert isinstance(picture, JpegPicture)
    with pytest.raises(CameraMisconfigured, match=r"must set image_proto\.pixel_format"):
        adapt(of(clock, kind, pixel_format=UNKNOWN, jpeg=False, **reported)).open()


@pytest.mark.parametrize("bytes_a_pixel", [2, 4])
def test_bytes_without_a_name_are_pixels_only_if_they_can_be_no_numbers(
    adapt: Adapt, clock: ManualClock, bytes_a_pixel: int
) -> None:
    class Camera(DrawnCamera):
        def pixels(self) -> Any:
            return bytes(ROWS * COLS * bytes_a_pixel)

        def image_decode(self, image_data: Any, image_proto: Any, _image_req: Any) -> None:
            image_proto.data = image_data

    with pytest.raises(CameraMisconfigured, match="of unknown pixel format"):
        adapt(Camera(clock)).open()


def test_pixels_without_a_name_are_those_that_the_source_lists(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = of(clock, np.uint16, pixel_format=UNKNOWN, jpeg=False)
    camera.captured = [camera.captured]  # as one with other things beside it
    camera.captured[0] = camera.captured[0].astype(">u2")

    def image_decode(image_data: Any, image_proto: Any, _image_req: Any) -> None:
        image_proto.data = image_data[0].tobytes()

    camera.image_decode = image_decode  # type: ignore[method-assign]
    source = source_of(camera, pixel_formats=[Image.PIXEL_FORMAT_GREYSCALE_U16])
    picture = first(adapt, source)
    assert isinstance(picture, Picture)
    assert picture.layout is Layout.GREY16
    assert np.array_equal(picture.pixels, WARM.astype(np.uint16))


def test_raw_of_16_bits_is_served_where_the_jpeg_cannot_be_decoded(clock: ManualClock) -> None:
    def decode_jpeg(*_: Any) -> Any:
        raise CorruptFrame("damaged")

    adapted = InterfaceCamera(of(clock, np.uint16), clock, decode_jpeg)
    assert adapted.open().layout is Layout.GREY16


def depth_source(clock: ManualClock, scale: float) -> Any:
    source = source_of(DrawnCamera(clock, Layout.DEPTH16))
    source.image_source_proto.image_type = image_pb2.ImageSource.IMAGE_TYPE_DEPTH
    source.image_source_proto.depth_scale = scale
    return source


@pytest.mark.parametrize(
    ("reported", "listed"),
    [(4000.0, 4000.0), (0.0, 1000.0), (-1.0, 1000.0), (float("inf"), 1000.0)],
)
def test_depth_keeps_the_scale_that_its_source_tells(
    adapt: Adapt, clock: ManualClock, reported: float, listed: float
) -> None:
    assert adapt(depth_source(clock, reported)).open().depth_units_per_metre == listed


def pinhole(source: Any) -> Any:
    intrinsics = source.image_source_proto.pinhole.intrinsics
    intrinsics.focal_length.x, intrinsics.focal_length.y = 300, 310
    intrinsics.principal_point.x, intrinsics.principal_point.y = 32, 24
    intrinsics.skew.x = 1
    return source


def test_camera_model_comes_along(adapt: Adapt, clock: ManualClock) -> None:
    mode = adapt(pinhole(source_of(DrawnCamera(clock)))).open()
    assert mode.camera_model == CameraModel(300, 310, 32, 24, 1, cols=COLS, rows=ROWS)
    unsized = pinhole(source_of(DrawnCamera(clock)))
    unsized.image_source_proto.rows = unsized.image_source_proto.cols = 0
    assert adapt(unsized).open().camera_model == mode.camera_model
    assert adapt(DrawnCamera(clock)).open().camera_model is None


def test_camera_model_with_distortion_comes_along(adapt: Adapt, clock: ManualClock) -> None:
    fisheye = source_of(DrawnCamera(clock))
    intrinsics = fisheye.image_source_proto.kannala_brandt.intrinsics
    focal = intrinsics.pinhole_intrinsics.focal_length
    focal.x = focal.y = 300
    intrinsics.k1 = 0.5
    assert adapt(fisheye).open().camera_model == CameraModel(
        *(300, 300, 0, 0),
        cols=COLS,
        rows=ROWS,
        lens=Lens.KANNALA_BRANDT,
        distortion=(0.5, 0.0, 0.0, 0.0),
    )


def test_camera_model_of_another_size_or_without_numbers_is_left_out_and_reported(
    adapt: Adapt, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Half(DrawnCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data[::2, ::2], image_proto, image_req)
            image_proto.rows, image_proto.cols = ROWS // 2, COLS // 2

    assert adapt(pinhole(source_of(Half(clock)))).open().camera_model is None
    assert "it is for 64x48, and pictures are 32x24" in caplog.text
    empty = source_of(DrawnCamera(clock))
    empty.image_source_proto.kannala_brandt.SetInParent()
    assert adapt(empty).open().camera_model is None
    assert "focal lengths other than 0" in caplog.text
