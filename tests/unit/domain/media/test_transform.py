from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.transform import ROTATIONS, Region, Transform

WHOLE = Region(0.0, 0.0, 1.0, 1.0)

layouts = st.sampled_from([Layout.GREY8, Layout.BGR8, Layout.RGBA8, Layout.DEPTH16])
sizes = st.integers(1, 40)
starts = st.floats(0.0, 0.9)


@st.composite
def regions(draw: st.DrawFn) -> Region:
    x, y = draw(starts), draw(starts)
    return Region(x, y, draw(st.floats(0.01, 1.0 - x)), draw(st.floats(0.01, 1.0 - y)))


def picture_of(layout: Layout, cols: int, rows: int) -> Picture:
    """Return a picture of which every sample differs from its neighbours, and none is 0."""
    shape = (rows, cols) if layout.channels == 1 else (rows, cols, layout.channels)
    numbers = np.arange(1, 1 + int(np.prod(shape))).reshape(shape) % 251 + 1
    return Picture(numbers.astype(layout.dtype), layout)


def grey(rows: list[list[int]]) -> Picture:
    return Picture(np.array(rows, np.uint8), Layout.GREY8)


def shown(picture: Picture) -> Any:
    return picture.pixels.tolist()


@pytest.mark.parametrize(
    ("transform", "expected"),
    [
        (Transform(), [[1, 2, 3], [4, 5, 6]]),
        (Transform(90), [[4, 1], [5, 2], [6, 3]]),
        (Transform(180), [[6, 5, 4], [3, 2, 1]]),
        (Transform(270), [[3, 6], [2, 5], [1, 4]]),
        (Transform(mirror=True), [[3, 2, 1], [6, 5, 4]]),
        # The mirror swaps left and right of what the rotation has made.
        (Transform(90, mirror=True), [[1, 4], [2, 5], [3, 6]]),
        (Transform(crop=Region(0.34, 0.0, 0.66, 0.5)), [[2, 3]]),
        (Transform(masks=(Region(0.0, 0.5, 0.5, 0.5),)), [[1, 2, 3], [0, 0, 6]]),
        # Mask and crop are regions of the camera's own picture.
        (
            Transform(180, crop=Region(0.34, 0.0, 0.66, 1.0), masks=(Region(0.9, 0.9, 0.1, 0.1),)),
            [[0, 5], [3, 2]],
        ),
    ],
)
def test_example(transform: Transform, expected: list[list[int]]) -> None:
    assert shown(transform.apply(grey([[1, 2, 3], [4, 5, 6]]))) == expected


@pytest.mark.parametrize("layout", [Layout.RGBA8, Layout.BGRA8])
def test_mask_is_opaque(layout: Layout) -> None:
    masked = Transform(masks=(WHOLE,)).apply(picture_of(layout, 2, 1))
    assert shown(masked) == [[[0, 0, 0, 255], [0, 0, 0, 255]]]


@given(layouts, sizes, sizes, st.sampled_from(ROTATIONS), st.booleans(), regions())
def test_size_is_that_of_what_is_made(
    layout: Layout, cols: int, rows: int, rotation: int, mirror: bool, crop: Region
) -> None:
    transform = Transform(rotation, mirror, crop)
    made = transform.apply(picture_of(layout, cols, rows))
    assert transform.size(cols, rows) == (made.cols, made.rows)
    assert made.layout is layout


@given(layouts, sizes, sizes, st.sampled_from(ROTATIONS), st.booleans())
def test_pixels_move_and_do_not_change(
    layout: Layout, cols: int, rows: int, rotation: int, mirror: bool
) -> None:
    picture = picture_of(layout, cols, rows)
    made = Transform(rotation, mirror).apply(picture)
    pixels = made.pixels[:, ::-1] if mirror else made.pixels
    assert np.array_equal(np.rot90(pixels, rotation // 90), picture.pixels)


@given(sizes, sizes, regions())
def test_mask_hides_all_that_it_touches(cols: int, rows: int, mask: Region) -> None:
    masked = Transform(masks=(mask,)).apply(picture_of(Layout.GREY8, cols, rows)).pixels
    for row, col in np.ndindex(rows, cols):
        is_touched = (
            mask.x * cols < col + 1
            and (mask.x + mask.width) * cols > col
            and mask.y * rows < row + 1
            and (mask.y + mask.height) * rows > row
        )
        if is_touched:
            assert masked[row, col] == 0


def test_picture_of_the_camera_is_not_changed() -> None:
    picture = picture_of(Layout.BGR8, 4, 4)
    before = picture.pixels.copy()
    Transform(90, masks=(WHOLE,)).apply(picture)
    assert np.array_equal(picture.pixels, before)


def test_unknown_size_stays_unknown() -> None:
    assert Transform(90, crop=Region(0.5, 0.5, 0.5, 0.5)).size(0, 0) == (0, 0)


def test_only_the_identity_is_false() -> None:
    assert not Transform()
    assert Transform(90)
    assert Transform(masks=(WHOLE,))


@pytest.mark.parametrize(
    "region",
    [(-0.1, 0, 1, 1), (0, 1, 1, 1), (0.5, 0, 0.6, 1), (0, 0, 0, 1), (0, 0, 1, float("nan"))],
)
def test_region_outside_of_the_picture_is_refused(region: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="within the picture"):
        Region(*region)


def test_rotation_by_other_angles_is_refused() -> None:
    with pytest.raises(ValueError, match="invalid rotation 45"):
        Transform(45)
