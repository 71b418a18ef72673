from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spot_webcam.domain.errors import BlackFrame, CorruptFrame
from spot_webcam.domain.health.validity import (
    PERIOD_NS,
    ValidationSchedule,
    frame_validator,
    refuse_black,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture

JPEG = JpegPicture(b"one", 640, 480, 3, 85, True)
VISUAL = [layout for layout in Layout if layout is not Layout.DEPTH16]


def filled(layout: Layout, value: int) -> Picture:
    shape = (48, 64) if layout.channels == 1 else (48, 64, layout.channels)
    pixels = np.full(shape, value, layout.dtype)
    if layout.channels == 4:
        pixels[:, :, 3] = 255
    return Picture(pixels, layout)


@pytest.mark.parametrize("layout", VISUAL)
def test_black_is_no_picture(layout: Layout) -> None:
    with pytest.raises(BlackFrame, match="lens covered"):
        frame_validator(None)(filled(layout, 0))


@pytest.mark.parametrize("layout", VISUAL)
def test_dark_is_a_picture(layout: Layout) -> None:
    frame_validator(None)(filled(layout, 2 << (layout.bits - 8)))


def test_nothing_within_reach_of_a_depth_camera_is_a_picture() -> None:
    frame_validator(None)(filled(Layout.DEPTH16, 0))


def test_light_in_a_corner_is_a_picture() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[470:, 630:, 1] = 200
    frame_validator(None)(Picture(pixels, Layout.BGR8))


def test_thumbnail_is_looked_at_pixel_by_pixel() -> None:
    pixels = np.zeros((60, 80), np.uint8)
    pixels[59, 79] = 9
    refuse_black(Picture(pixels, Layout.GREY8), every_px=1)


def test_jpeg_is_examined_by_its_thumbnail(make_picture: Callable[..., Picture]) -> None:
    examined: list[JpegPicture] = []

    def examine(jpeg: JpegPicture) -> tuple[JpegPicture, Picture]:
        examined.append(jpeg)
        return jpeg, make_picture(Layout.GREY8)

    assert frame_validator(examine)(JPEG) is None
    assert examined == [JPEG]


def test_mended_jpeg_is_served_instead(make_picture: Callable[..., Picture]) -> None:
    mended = replace(JPEG, data=b"two")
    assert frame_validator(lambda _: (mended, make_picture(Layout.GREY8)))(JPEG) is mended


def test_black_jpeg_is_no_picture() -> None:
    with pytest.raises(BlackFrame):
        frame_validator(lambda jpeg: (jpeg, filled(Layout.GREY8, 1)))(JPEG)


def test_damage_that_the_thumbnail_meets_is_reported() -> None:
    def examine(_: JpegPicture) -> tuple[JpegPicture, Picture]:
        raise CorruptFrame("damaged")

    with pytest.raises(CorruptFrame, match="damaged"):
        frame_validator(examine)(JPEG)


def test_without_a_thumbnail_jpegs_pass() -> None:
    frame_validator(None)(JPEG)


def test_first_picture_is_examined_and_then_one_a_period() -> None:
    schedule = ValidationSchedule()
    assert schedule.due(0)
    schedule.passed(0)
    assert not schedule.due(PERIOD_NS - 1)
    assert schedule.due(PERIOD_NS)


def test_after_a_bad_one_each_is_examined_until_one_is_good() -> None:
    schedule = ValidationSchedule()
    schedule.passed(0)
    schedule.failed()
    assert schedule.due(1)
    assert schedule.due(2)
    schedule.passed(2)
    assert not schedule.due(3)
