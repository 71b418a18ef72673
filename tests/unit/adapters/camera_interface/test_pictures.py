"""Negotiation of the output format, and the pictures in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.errors import CameraMisconfigured, CorruptFrame
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import (
    COLS,
    PIXEL_FORMATS,
    ROWS,
    BlueFirstCamera,
    DrawnCamera,
    JpegCamera,
    OldCamera,
    ReadOnceCamera,
    jpeg_of,
    source_of,
)
from tests.unit.adapters.camera_interface.conftest import Adapt, first

Image = image_pb2.Image


@pytest.mark.parametrize("layout", PIXEL_FORMATS)
def test_pixels_of_each_format_come_as_they_were_captured(
    adapt: Adapt, clock: ManualClock, layout: Layout
) -> None:
    camera = DrawnCamera(clock, layout)
    picture = first(adapt, camera)
    assert isinstance(picture, Picture)
    assert picture.layout is layout
    expected = Pattern(COLS, ROWS, 0, layout, 30.0).frame(len(camera.captures))
    assert np.array_equal(picture.pixels, expected)


def test_captured_jpeg_is_passed_through_untouched(adapt: Adapt, clock: ManualClock) -> None:
    camera = JpegCamera(clock)
    picture = first(adapt, camera)
    assert isinstance(picture, JpegPicture)
    assert picture.data == camera.pixels()


@pytest.mark.parametrize(
    "holding",
    [
        bytearray,
        lambda data: np.frombuffer(data, np.uint8),
        io.BytesIO,
        lambda data: (data, "metadata"),
        lambda data: {"jpeg": data, "zoom": 2},
    ],
)
def test_jpeg_is_found_in_whatever_was_captured(
    adapt: Adapt, clock: ManualClock, holding: Callable[[bytes], Any]
) -> None:
    class Camera(JpegCamera):
        def blocking_capture(self, **_: Any) -> tuple[Any, float]:
            data, seconds = super().blocking_capture()
            self.last = data
            return holding(data), seconds

        def image_decode(self, _held: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(self.last, image_proto, image_req)

    assert isinstance(first(adapt, Camera(clock)), JpegPicture)


def test_jpeg_that_the_camera_re_encodes_is_passed_through_as_captured(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = ReadOnceCamera(clock)
    picture = first(adapt, camera)
    assert isinstance(picture, JpegPicture)
    assert picture.data == camera.jpeg
    assert [wish.image_format for wish in camera.wishes] == [Image.FORMAT_JPEG]


@pytest.mark.parametrize("change", ["turned", "written into", "cut", "made grey", "broken"])
def test_jpeg_that_the_camera_changes_is_asked_of_it(
    adapt: Adapt, clock: ManualClock, change: str
) -> None:
    class Camera(ReadOnceCamera):
        def shown(self, rgb: Any) -> Any:
            if change == "written into":
                cv2.putText(rgb, "A", (4, 20), cv2.FONT_HERSHEY_PLAIN, 1, (255, 255, 255), 2)
            return {"turned": rgb[::-1], "cut": rgb[8:], "made grey": rgb[:, :, 0]}.get(change, rgb)

        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            if change == "broken":
                image_proto.data = image_proto.data[:100]

    camera = Camera(clock)
    if change == "broken":
        with pytest.raises(CameraMisconfigured, match="cut off"):
            first(adapt, camera)
        return
    picture = first(adapt, camera)
    assert isinstance(picture, JpegPicture)
    assert picture.data != camera.jpeg
    assert picture.quality == 85


def test_capture_without_a_jpeg_is_corrupt(adapt: Adapt, clock: ManualClock) -> None:
    camera = JpegCamera(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    camera.pixels = lambda: b"<html>busy</html>"  # type: ignore[method-assign]
    adapted.grab()
    with pytest.raises(CorruptFrame, match="no JPEG, as it did before"):
        adapted.retrieve()


def test_camera_that_encodes_by_itself_is_asked_for_pixels(
    adapt: Adapt, clock: ManualClock
) -> None:
    assert isinstance(first(adapt, BlueFirstCamera(clock)), Picture)


def test_camera_that_only_writes_jpeg_is_asked_for_good_ones(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Camera(DrawnCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            if image_req.image_format != Image.FORMAT_JPEG:
                raise ValueError("JPEG only")
            image_proto.data = jpeg_of(image_data, int(image_req.quality_percent))

    picture = first(adapt, Camera(clock))
    assert isinstance(picture, JpegPicture)
    assert picture.quality == 85


def test_colour_is_preferred_to_grey_of_eight_bits(adapt: Adapt, clock: ManualClock) -> None:
    class Camera(DrawnCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            if image_req.pixel_format != Image.PIXEL_FORMAT_RGB_U8:
                image_proto.pixel_format = Image.PIXEL_FORMAT_GREYSCALE_U8
                image_proto.data = image_data[:, :, 0].tobytes()

    assert first(adapt, Camera(clock)).layout is Layout.RGB8
    grey = [Image.PIXEL_FORMAT_GREYSCALE_U8]
    assert first(adapt, source_of(Camera(clock), pixel_formats=grey)).layout is Layout.GREY8


@pytest.mark.parametrize("layout", [Layout.GREY8, Layout.RGB8, Layout.RGBA8])
def test_camera_that_does_not_name_its_format_is_recognised_by_its_bytes(
    adapt: Adapt, clock: ManualClock, layout: Layout
) -> None:
    class Camera(DrawnCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            image_proto.pixel_format = Image.PIXEL_FORMAT_UNKNOWN

    assert first(adapt, Camera(clock, layout)).layout is layout


def test_unknown_size_is_that_of_the_array(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    camera.rows = camera.cols = 0
    picture = first(adapt, camera)
    assert (picture.cols, picture.rows) == (COLS, ROWS)


def test_source_of_depth_returns_depth(adapt: Adapt, clock: ManualClock) -> None:
    source = source_of(DrawnCamera(clock, Layout.DEPTH16))
    source.image_source_proto.image_type = image_pb2.ImageSource.IMAGE_TYPE_DEPTH
    assert first(adapt, source).layout is Layout.DEPTH16
    source = source_of(JpegCamera(clock))
    source.image_source_proto.image_type = image_pb2.ImageSource.IMAGE_TYPE_DEPTH
    with pytest.raises(CameraMisconfigured, match="writes no depth: it wrote another pixel format"):
        adapt(source).open()


def test_camera_of_before_3_1_is_asked_by_format_and_quality(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = OldCamera(clock)
    assert first(adapt, camera).layout is Layout.RGB8
    assert camera.asked[0] == (Image.FORMAT_RAW, 0)
    assert (Image.FORMAT_JPEG, 95) in camera.asked


def test_camera_that_writes_nothing_is_refused_with_what_it_said(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Camera(DrawnCamera):
        def image_decode(self, *_: Any) -> None:
            raise RuntimeError("no licence\nfor this decoder")

    with pytest.raises(
        CameraMisconfigured,
        match=r"neither RAW nor JPEG.*image_decode failed: RuntimeError: no licence$",
    ):
        adapt(Camera(clock)).open()


def test_picture_that_cannot_be_decoded_is_corrupt_and_the_next_one_is_good(
    adapt: Adapt, clock: ManualClock
) -> None:
    camera = DrawnCamera(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    camera.layout = Layout.RGBA8  # four bytes a pixel are reported, three given
    with pytest.raises(CorruptFrame, match="do not fill 64x48"):
        adapted.retrieve()
    camera.layout = Layout.RGB8
    adapted.grab()
    assert adapted.retrieve().rows == ROWS


def test_other_format_than_raw_is_corrupt(adapt: Adapt, clock: ManualClock) -> None:
    camera = JpegCamera(clock)
    source = source_of(camera)
    source.image_source_proto.image_type = image_pb2.ImageSource.IMAGE_TYPE_DEPTH
    camera.image_decode = lambda _data, image, _request: image.MergeFrom(  # type: ignore[method-assign]
        Image(format=Image.FORMAT_RLE, data=b"1", pixel_format=99)
    )
    with pytest.raises(CameraMisconfigured, match="wrote FORMAT_RLE, not RAW"):
        adapt(source).open()


def test_blue_under_the_name_of_red_is_put_right_by_the_jpeg(
    adapt: Adapt, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    camera = BlueFirstCamera(clock)
    picture = first(adapt, camera)
    assert isinstance(picture, Picture)
    assert picture.layout is Layout.BGR8
    red_first = Pattern(COLS, ROWS, 0, Layout.RGB8, 30.0).frame(1)
    assert np.array_equal(cv2.cvtColor(picture.pixels, cv2.COLOR_BGR2RGB), red_first)
    assert caplog.text.count("blue first") == 1


def test_order_of_colours_is_looked_for_until_there_are_colours(
    adapt: Adapt, clock: ManualClock
) -> None:
    grey = np.full((ROWS, COLS, 3), 90, np.uint8)

    class Camera(BlueFirstCamera):
        def pixels(self) -> Any:
            return grey if len(self.captures) < 4 else super().pixels()

    camera = Camera(clock)
    adapted = adapt(camera)
    assert adapted.open().layout is Layout.RGB8
    for _ in range(4):
        adapted.grab()
        assert adapted.retrieve().layout is Layout.RGB8
    asked = len(camera.wishes)
    clock.advance(1)
    adapted.grab()
    assert adapted.retrieve().layout is Layout.BGR8
    assert len(camera.wishes) == asked + 2
    adapted.grab()
    assert adapted.retrieve().layout is Layout.BGR8
    assert len(camera.wishes) == asked + 3


def test_jpeg_of_another_size_or_of_grey_reports_no_order(adapt: Adapt, clock: ManualClock) -> None:
    class Grey(BlueFirstCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            if image_req.image_format == Image.FORMAT_JPEG:
                _, data = cv2.imencode(".jpg", image_data[:, :, 0])
                image_proto.data = bytes(data)

    class Small(BlueFirstCamera):
        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            super().image_decode(image_data, image_proto, image_req)
            if image_req.image_format == Image.FORMAT_JPEG:
                image_proto.data = jpeg_of(np.ascontiguousarray(image_data[::2, ::2]))

    assert first(adapt, Grey(clock)).layout is Layout.RGB8
    assert first(adapt, Small(clock)).layout is Layout.RGB8
