from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.grayscale import BLOCK_PIXELS, to_grayscale
from spot_webcam.domain.media.image import Layout, Picture, Pixels

COLOUR = {Layout.RGB8: "RGB", Layout.BGR8: "BGR", Layout.RGBA8: "RGBA", Layout.BGRA8: "BGRA"}


def plain_formula(picture: Picture) -> Pixels:
    channels = COLOUR[picture.layout]
    red, green, blue = (
        picture.pixels[:, :, channels.index(one)].astype(np.uint32) for one in "RGB"
    )
    grey: Pixels = ((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16).astype(np.uint8)
    return grey


@given(st.sampled_from(list(COLOUR)), st.integers(1, 70), st.integers(1, 70), st.integers(0, 99))
def test_grey_is_the_integer_formula_bit_for_bit(
    make_picture: Callable[..., Picture], layout: Layout, cols: int, rows: int, seed: int
) -> None:
    picture = make_picture(layout, cols, rows, seed)
    grey = to_grayscale(picture)
    assert grey.layout is Layout.GREY8
    assert np.array_equal(grey.pixels, plain_formula(picture))


@pytest.mark.parametrize("layout", COLOUR)
def test_every_red_green_and_blue_alone_and_together_is_exact(layout: Layout) -> None:
    levels = np.arange(256, dtype=np.uint8)
    few = np.array([0, 1, 2, 127, 128, 254, 255], np.uint8)
    grid = np.stack(np.meshgrid(levels, few, few, indexing="ij"), -1).reshape(1, -1, 3)
    pixels = np.concatenate([grid, grid[:, :, [1, 0, 2]], grid[:, :, [1, 2, 0]]])
    if layout.channels == 4:
        pixels = np.concatenate([pixels, pixels[:, :, :1]], axis=2)
    picture = Picture(pixels, layout)
    assert np.array_equal(to_grayscale(picture).pixels, plain_formula(picture))


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_pictures_around_the_size_of_a_block_are_exact(
    make_picture: Callable[..., Picture], more: int
) -> None:
    picture = make_picture(Layout.BGR8, BLOCK_PIXELS + more, 2)
    assert np.array_equal(to_grayscale(picture).pixels, plain_formula(picture))


def test_transparent_pixels_are_as_bright_as_opaque_ones(
    make_picture: Callable[..., Picture],
) -> None:
    picture = make_picture(Layout.BGRA8)
    opaque = picture.pixels.copy()
    opaque[:, :, 3] = 255
    assert np.array_equal(
        to_grayscale(picture).pixels, to_grayscale(Picture(opaque, Layout.BGRA8)).pixels
    )


@pytest.mark.parametrize("layout", [Layout.GREY8, Layout.GREY16, Layout.DEPTH16])
def test_picture_without_colour_is_no_input(
    make_picture: Callable[..., Picture], layout: Layout
) -> None:
    with pytest.raises(ValueError, match=layout.label):
        to_grayscale(make_picture(layout))
