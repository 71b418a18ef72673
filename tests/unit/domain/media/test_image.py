from collections.abc import Callable

import numpy as np
import pytest

from spot_webcam.domain.media.image import Layout, Picture


@pytest.mark.parametrize("layout", Layout)
def test_size_is_that_of_the_pixels(make_picture: Callable[..., Picture], layout: Layout) -> None:
    picture = make_picture(layout, cols=5, rows=3)
    assert (picture.cols, picture.rows) == (5, 3)
    assert picture.pixels.dtype == layout.dtype


@pytest.mark.parametrize(
    ("shape", "dtype", "layout"),
    [
        ((4, 4), np.uint8, Layout.BGR8),
        ((4, 4, 3), np.uint8, Layout.GREY8),
        ((4, 4, 1), np.uint8, Layout.GREY8),
        ((4, 4, 3), np.uint8, Layout.BGRA8),
        ((4, 4, 4), np.uint8, Layout.RGB8),
        ((0, 4), np.uint8, Layout.GREY8),
        ((4, 0, 3), np.uint8, Layout.BGR8),
        ((4,), np.uint8, Layout.GREY8),
        ((4, 4), np.uint16, Layout.GREY8),
        ((4, 4), np.uint8, Layout.DEPTH16),
        ((4, 4), np.float32, Layout.GREY8),
        ((4, 4), np.dtype(np.uint16).newbyteorder(), Layout.GREY16),
    ],
)
def test_pixels_that_are_not_of_the_layout_are_refused(
    shape: tuple[int, ...], dtype: np.dtype[np.generic], layout: Layout
) -> None:
    with pytest.raises(ValueError, match=layout.label):
        Picture(np.zeros(shape, dtype), layout)


def test_pixels_are_read_only_and_contiguous() -> None:
    picture = Picture(np.zeros((4, 8, 3), np.uint8)[:, ::2], Layout.BGR8)
    assert picture.pixels.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0, 0] = 1


def test_labels_of_layouts_differ() -> None:
    assert len({layout.label for layout in Layout}) == len(Layout)
