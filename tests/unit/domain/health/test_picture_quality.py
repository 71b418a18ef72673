from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.health.picture_quality import PictureQuality, picture_quality
from spot_webcam.domain.media.image import Layout, Picture


def grey(pixels: Any) -> Picture:
    return Picture(np.asarray(pixels, np.uint8), Layout.GREY8)


def quality(picture: Picture, shrink: int = 1) -> PictureQuality:
    measured = picture_quality(picture, shrink)
    assert measured is not None
    return measured


def checkerboard(block_px: int, size_px: int = 128) -> Any:
    rows, cols = np.indices((size_px, size_px)) // block_px
    return np.where((rows + cols) % 2, 200, 50).astype(np.uint8)


@given(st.integers(0, 255))
def test_uniform_picture_is_not_sharp_and_as_bright_as_its_pixels(level: int) -> None:
    measured = quality(grey(np.full((64, 80), level)))
    assert measured == PictureQuality(0.0, pytest.approx(level / 255))


def test_variance_of_the_laplacian_of_known_blocks() -> None:
    blocks = np.zeros((3, 4))
    blocks[1, 1] = 80
    # The Laplacian at (1, 1) is -320 and at (1, 2) 80: mean -120, variance 200 squared.
    assert quality(grey(blocks), shrink=8).sharpness == pytest.approx(40_000)


def test_blurred_picture_is_less_sharp_and_as_bright() -> None:
    sharp = checkerboard(16)
    kernel = np.ones(33) / 33
    blurred = sharp.astype(float)
    for axis in (0, 1):
        blurred = np.apply_along_axis(np.convolve, axis, blurred, kernel, mode="same")
    clear, foggy = quality(grey(sharp)), quality(grey(blurred[17:-17, 17:-17]))
    assert clear.sharpness > 10 * foggy.sharpness > 0
    assert clear.brightness == pytest.approx(125 / 255)


@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
def test_reduced_picture_has_the_quality_of_the_whole(shrink: int) -> None:
    whole = checkerboard(16)
    size = 128 // shrink
    reduced = whole.reshape(size, shrink, size, shrink).mean(axis=(1, 3))
    assert quality(grey(reduced), shrink) == quality(grey(whole))


@pytest.mark.parametrize("layout", [Layout.BGR8, Layout.RGB8, Layout.RGBA8, Layout.BGRA8])
def test_colour_is_measured_in_luma(layout: Layout) -> None:
    pixels = np.zeros((32, 32, layout.channels), np.uint8)
    pixels[:, :, 1] = 255
    # ITU-R BT.601: green weighs 0.587.
    assert quality(Picture(pixels, layout)).brightness == pytest.approx(0.587, abs=0.002)


def test_rows_and_columns_beyond_whole_blocks_do_not_count() -> None:
    pixels = np.zeros((31, 39), np.uint8)
    pixels[24:] = pixels[:, 32:] = 255
    assert quality(grey(pixels)) == PictureQuality(0.0, 0.0)


@pytest.mark.parametrize("layout", [Layout.GREY16, Layout.DEPTH16])
def test_sixteen_bits_have_no_quality(layout: Layout) -> None:
    assert picture_quality(Picture(np.ones((64, 64), np.uint16), layout)) is None


@pytest.mark.parametrize("shape", [(23, 64), (64, 23), (1, 1)])
def test_picture_of_less_than_three_blocks_has_no_quality(shape: tuple[int, int]) -> None:
    assert picture_quality(grey(np.zeros(shape))) is None
