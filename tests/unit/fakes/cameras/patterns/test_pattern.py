"""Synthetic pictures, and decoding of their sequence number."""

import zlib
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spot_webcam.domain.media.image import Layout, Picture, Pixels
from spot_webcam.fakes.cameras import read_sequence
from spot_webcam.fakes.cameras.patterns.pattern import FAR_MM, NEAR_MM, Pattern

SEQUENCES = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 10_000), st.just(2**32 - 1))
COLS = st.one_of(st.integers(64, 200), st.integers(64, 1000))
ROWS = st.one_of(st.integers(48, 200), st.integers(48, 800))
COLOURS = [layout for layout in Layout if layout.bits == 8]


def _half(pixels: Pixels) -> npt.NDArray[np.float64]:
    """Return the mean of every 2x2 pixels, an odd edge dropped."""
    rows, cols = (length // 2 * 2 for length in pixels.shape[:2])
    blocks = pixels[:rows, :cols].reshape(rows // 2, 2, cols // 2, 2, -1)
    half: npt.NDArray[np.float64] = blocks.mean((1, 3))
    return half


def _jpeg(pixels: Pixels) -> Pixels:
    colour = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[..., :3])
    _, encoded = cv2.imencode(".jpg", colour, [cv2.IMWRITE_JPEG_QUALITY, 50])
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED), np.uint8)


@pytest.mark.parametrize(
    ("layout", "checksum"),
    [
        (Layout.GREY8, 0x5488B083),
        (Layout.RGB8, 0x491C83E6),
        (Layout.BGR8, 0xB50E4893),
        (Layout.RGBA8, 0x0CC23D06),
        (Layout.BGRA8, 0xC2FB04F9),
        (Layout.GREY16, 0x9A354CD2),
        (Layout.DEPTH16, 0xFF71A279),
    ],
)
def test_pixels_are_pinned(layout: Layout, checksum: int) -> None:
    frame = Pattern(320, 240, 7, layout, 30.0).frame(1234)
    big_endian = frame.astype(frame.dtype.newbyteorder(">"))
    assert zlib.crc32(big_endian.tobytes()) == checksum


@pytest.mark.parametrize("layout", Layout)
def test_frame_is_a_function_of_its_sequence(layout: Layout) -> None:
    pattern = Pattern(96, 64, 3, layout, 30.0)
    first = pattern.frame(5)
    other = pattern.frame(6)
    assert not np.array_equal(first, other)
    assert np.array_equal(first, Pattern(96, 64, 3, layout, 30.0).frame(5))


@pytest.mark.parametrize("layout", Layout)
def test_seeds_look_different(layout: Layout) -> None:
    assert not np.array_equal(
        Pattern(96, 64, 1, layout, 30.0).frame(0), Pattern(96, 64, 2, layout, 30.0).frame(0)
    )


@settings(max_examples=60, deadline=None)
@given(COLS, ROWS, st.sampled_from(Layout), st.integers(0, 9), SEQUENCES)
def test_sequence_is_read_back(
    cols: int, rows: int, layout: Layout, seed: int, sequence: int
) -> None:
    frame = Pattern(cols, rows, seed, layout, 30.0).frame(sequence)
    picture = Picture(frame, layout)
    assert (picture.cols, picture.rows) == (cols, rows)
    assert picture.pixels is frame
    assert read_sequence(frame) == sequence
    assert read_sequence(frame[::2, ::2]) == sequence
    half = _half(frame)
    scaled: npt.NDArray[Any] = half.astype(layout.dtype)
    assert read_sequence(scaled) == sequence
    grey: npt.NDArray[Any] = half[..., :3].mean(axis=2).astype(layout.dtype)
    assert read_sequence(grey) == sequence


@settings(max_examples=40, deadline=None)
@given(COLS, ROWS, st.sampled_from(COLOURS), st.integers(0, 9), SEQUENCES)
def test_sequence_survives_jpeg(
    cols: int, rows: int, layout: Layout, seed: int, sequence: int
) -> None:
    frame = Pattern(cols, rows, seed, layout, 30.0).frame(sequence)
    assert read_sequence(_jpeg(frame)) == sequence
    assert read_sequence(_jpeg(_half(frame).squeeze().astype(np.uint8))) == sequence


@pytest.mark.parametrize(("cols", "rows"), [(3840, 2160), (4096, 48), (64, 4096)])
def test_large_and_odd_sizes(cols: int, rows: int) -> None:
    assert read_sequence(Pattern(cols, rows, 0, Layout.GREY8, 30.0).frame(77)) == 77


def test_only_the_lowest_32_bits_are_shown() -> None:
    assert read_sequence(Pattern(64, 48, 0, Layout.GREY8, 30.0).frame(2**32 + 5)) == 5


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((48, 64), np.uint8),
        np.full((48, 64, 3), 255, np.uint8),
        np.tile(np.arange(64, dtype=np.uint8), (48, 1)),
        np.zeros((2, 2), np.uint8),
        np.zeros((48, 4), np.uint8),
    ],
)
def test_no_number_in_other_pictures(pixels: Pixels) -> None:
    assert read_sequence(pixels) is None


def test_damaged_number_is_not_believed() -> None:
    frame = Pattern(640, 480, 0, Layout.GREY8, 30.0).frame(77)
    frame[:10, :40] = 255
    assert read_sequence(frame) is None


def test_label_tells_the_time() -> None:
    fast, slow = (Pattern(640, 480, 0, Layout.GREY8, fps).frame(30) for fps in (30.0, 15.0))
    changed = np.argwhere(fast != slow)
    assert changed[:, 0].min() > 400
    assert changed[:, 1].min() > 320


def test_label_that_does_not_fit_is_cut_off() -> None:
    assert Pattern(64, 48, 0, Layout.RGB8, 0.001).frame(2**32 - 1).shape == (48, 64, 3)


@pytest.mark.parametrize("layout", [Layout.RGBA8, Layout.BGRA8])
def test_alpha_is_opaque(layout: Layout) -> None:
    assert (Pattern(96, 64, 0, layout, 30.0).frame(9)[..., 3] == 255).all()


def test_channel_orders_show_the_same_picture() -> None:
    rgb, bgr, rgba, bgra = (
        Pattern(96, 64, 5, layout, 30.0).frame(9)
        for layout in (Layout.RGB8, Layout.BGR8, Layout.RGBA8, Layout.BGRA8)
    )
    assert np.array_equal(rgb, bgr[..., ::-1])
    assert np.array_equal(rgb, rgba[..., :3])
    assert np.array_equal(bgr, bgra[..., :3])


def test_depth_is_plausible_everywhere() -> None:
    depths = Pattern(640, 480, 0, Layout.DEPTH16, 30.0).frame(12)
    assert depths.min() == NEAR_MM
    assert FAR_MM < depths.max() <= 6000


def test_grey16_uses_its_range() -> None:
    frame = Pattern(640, 480, 0, Layout.GREY16, 30.0).frame(12)
    assert (frame.min(), frame.max()) == (0, 65535)
    assert len(np.unique(frame)) > 1000
