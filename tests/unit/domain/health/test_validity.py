from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spot_webcam.domain.errors import BlackFrame, CorruptFrame
from spot_webcam.domain.health.validity import (
    PERIOD_NS,
    ValidationSchedule,
    frame_validator,
    refuse_black,
)
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, Layout, Picture
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
        frame_validator(None)(filled(layout, 0), THUMBNAIL_SHRINK)


@pytest.mark.parametrize("layout", VISUAL)
def test_grey_is_a_picture_though_it_is_even(layout: Layout) -> None:
    frame_validator(None)(filled(layout, 128), THUMBNAIL_SHRINK)


CHANCE = np.random.default_rng(14)


def dark(layout: Layout, values: Any) -> Picture:
    """Return a picture of 640x480 with these values, of each sensor's own few."""
    pixels = np.zeros((480, 640, layout.channels), np.float64)
    pixels += np.asarray(values).reshape(480, 640, -1)
    pixels = pixels.clip(0).round()
    if layout.channels == 4:
        pixels[:, :, 3] = 255
    return Picture(pixels.squeeze().astype(layout.dtype), layout)


def covered(level: float, noise: float) -> Any:
    return CHANCE.normal(level, noise, (480, 640, 1))


def night() -> Any:
    """Return a horizon below which it is darker, and the same in a few values."""
    return np.where(np.arange(480) < 150, 4.0, 1.0)[:, None, None] + np.zeros((480, 640, 1))


@pytest.mark.parametrize("layout", VISUAL)
@pytest.mark.parametrize(
    "values",
    [
        pytest.param(lambda: covered(0.0, 0.3), id="single pixels above black"),
        pytest.param(lambda: covered(0.0, 2.0), id="noise that is clipped"),
        pytest.param(lambda: covered(6.0, 2.0), id="noise around the black level"),
        pytest.param(lambda: CHANCE.integers(0, 13, (480, 640)), id="even noise"),
        pytest.param(lambda: np.full((480, 640), 5), id="a level of black"),
    ],
)
def test_lens_cap_on_a_noisy_sensor_is_no_picture(
    layout: Layout, values: Callable[[], Any]
) -> None:
    with pytest.raises(BlackFrame):
        frame_validator(None)(dark(layout, values()), THUMBNAIL_SHRINK)


@pytest.mark.parametrize("layout", VISUAL)
@pytest.mark.parametrize(
    "values",
    [
        pytest.param(night, id="a horizon"),
        pytest.param(lambda: night() + covered(0.0, 2.0), id="a horizon in noise"),
        pytest.param(lambda: np.linspace(0, 3, 480 * 640), id="a gradient of four values"),
        pytest.param(lambda: night() / 4, id="a horizon of two values"),
    ],
)
def test_night_scene_is_a_picture(layout: Layout, values: Callable[[], Any]) -> None:
    frame_validator(None)(dark(layout, values()), THUMBNAIL_SHRINK)


@pytest.mark.parametrize("highest", [255, 1023, 4095])
def test_deep_pixels_of_few_bits_are_a_picture(highest: int) -> None:
    """As of a FLIR Lepton with gain control: 160x120 of 0 to 255, whatever it looks at."""
    scene = np.linspace(0, highest, 160 * 120).reshape(120, 160)
    noise = CHANCE.integers(0, highest, (120, 160))
    for pixels in (scene, noise, scene // 3 + noise // 3):
        frame_validator(None)(Picture(pixels.astype(np.uint16), Layout.GREY16), THUMBNAIL_SHRINK)


@pytest.mark.parametrize("shape", [(1, 1), (1, 90), (90, 1), (2, 2), (60, 80)])
def test_black_is_no_picture_of_any_size(shape: tuple[int, int]) -> None:
    with pytest.raises(BlackFrame):
        refuse_black(Picture(np.ones(shape, np.uint8), Layout.GREY8), every_px=1)


def test_nothing_within_reach_of_a_depth_camera_is_a_picture() -> None:
    frame_validator(None)(filled(Layout.DEPTH16, 0), THUMBNAIL_SHRINK)


def test_light_in_a_corner_is_a_picture() -> None:
    pixels = np.zeros((480, 640, 3), np.uint8)
    pixels[470:, 630:, 1] = 200
    frame_validator(None)(Picture(pixels, Layout.BGR8), THUMBNAIL_SHRINK)


def test_thumbnail_is_looked_at_pixel_by_pixel() -> None:
    pixels = np.zeros((60, 80), np.uint8)
    pixels[59, 79] = 9
    refuse_black(Picture(pixels, Layout.GREY8), every_px=1)


def test_jpeg_is_examined_by_its_thumbnail(make_picture: Callable[..., Picture]) -> None:
    examined: list[tuple[JpegPicture, int]] = []

    def examine(jpeg: JpegPicture, shrink: int) -> tuple[JpegPicture, Picture]:
        examined.append((jpeg, shrink))
        return jpeg, thumbnail

    thumbnail = make_picture(Layout.GREY8)
    assert frame_validator(examine)(JPEG, THUMBNAIL_SHRINK) == (JPEG, thumbnail)
    assert examined == [(JPEG, THUMBNAIL_SHRINK)]


def test_mended_jpeg_is_served_instead(make_picture: Callable[..., Picture]) -> None:
    mended, thumbnail = replace(JPEG, data=b"two"), make_picture(Layout.GREY8)
    validated = frame_validator(lambda *_: (mended, thumbnail))(JPEG, THUMBNAIL_SHRINK)
    assert validated == (mended, thumbnail)


@pytest.mark.parametrize("layout", [Layout.GREY8, Layout.BGR8])
@pytest.mark.parametrize("shrink", [1, 4, THUMBNAIL_SHRINK])
def test_black_jpeg_is_no_picture(layout: Layout, shrink: int) -> None:
    with pytest.raises(BlackFrame):
        frame_validator(lambda jpeg, _: (jpeg, filled(layout, 1)))(JPEG, shrink)


@pytest.mark.parametrize("layout", [Layout.GREY8, Layout.BGR8])
@pytest.mark.parametrize("shrink", [1, 4])
@pytest.mark.parametrize("level", [40, 20])
def test_jpeg_that_was_decoded_larger_is_judged_by_its_thumbnail_if_it_is_dark(
    layout: Layout, shrink: int, level: int
) -> None:
    shrinks: list[int] = []

    def examine(jpeg: JpegPicture, shrink: int) -> tuple[JpegPicture, Picture]:
        shrinks.append(shrink)
        return jpeg, filled(layout, level)

    assert frame_validator(examine)(JPEG, shrink) is not None
    assert shrinks == ([shrink] if level == 40 else [shrink, THUMBNAIL_SHRINK])


def test_damage_that_the_thumbnail_meets_is_reported() -> None:
    def examine(_: JpegPicture, _shrink: int) -> tuple[JpegPicture, Picture]:
        raise CorruptFrame("damaged")

    with pytest.raises(CorruptFrame, match="damaged"):
        frame_validator(examine)(JPEG, THUMBNAIL_SHRINK)


def test_without_a_thumbnail_jpegs_pass() -> None:
    frame_validator(None)(JPEG, THUMBNAIL_SHRINK)


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
