from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import JpegPicture, Layout, Picture
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.media.transform import ROTATIONS, Region, Transform
from spot_webcam.domain.media.transformed import (
    TransformedJpeg,
    TransformingCodec,
    transformed,
)

CODEC = OpenCvCodec()
SHRINKS = [1, 2, 4, 8]
TURN = Transform(90, crop=Region(0.5, 0.0, 0.5, 1.0))


def jpeg_of(cols: int, rows: int) -> JpegPicture:
    """Return a JPEG of a colour gradient, which survives any compression."""
    across, down = np.meshgrid(np.linspace(0, 255, cols), np.linspace(0, 255, rows))
    pixels = np.stack([across, down, np.full_like(across, 128)], axis=2).astype(np.uint8)
    return inspect_jpeg(CODEC.encode_jpeg(Picture(pixels, Layout.BGR8), 95))


def delivered(jpeg: JpegPicture, transform: Transform) -> JpegPicture:
    made = transformed(jpeg, transform)
    assert isinstance(made, JpegPicture)
    return made


def test_without_a_transform_nothing_changes() -> None:
    jpeg = jpeg_of(64, 48)
    codec = TransformingCodec(CODEC)
    assert transformed(jpeg, Transform()) is jpeg
    assert np.array_equal(codec.decode_jpeg(jpeg).pixels, CODEC.decode_jpeg(jpeg).pixels)
    examined, pixels = codec.examine(jpeg)
    assert examined is jpeg
    assert np.array_equal(pixels.pixels, CODEC.examine(jpeg)[1].pixels)


def test_pixels_are_transformed_at_once() -> None:
    picture = Picture(np.arange(12, dtype=np.uint8).reshape(3, 4), Layout.GREY8)
    made = transformed(picture, TURN)
    assert isinstance(made, Picture)
    assert np.array_equal(made.pixels, TURN.apply(picture).pixels)


def test_jpeg_is_transformed_when_it_is_decoded() -> None:
    jpeg = jpeg_of(640, 480)
    made = delivered(jpeg, TURN)
    assert (made.cols, made.rows, made.layout) == (480, 320, Layout.BGR8)
    # So that its bytes, which show another picture, are never passed through.
    assert made.quality is None
    pixels = TransformingCodec(CODEC).decode_jpeg(made).pixels
    assert np.array_equal(pixels, TURN.apply(CODEC.decode_jpeg(jpeg)).pixels)


@settings(max_examples=50, deadline=None)
@given(
    st.integers(48, 200),
    st.integers(48, 200),
    st.sampled_from(ROTATIONS),
    st.floats(0.0, 0.8),
    st.floats(0.05, 0.2),
    st.sampled_from(SHRINKS),
)
def test_reduced_pixels_have_the_size_of_the_reduced_picture(
    cols: int, rows: int, rotation: int, start: float, extent: float, shrink: int
) -> None:
    made = delivered(jpeg_of(cols, rows), Transform(rotation, crop=Region(start, 0, extent, 1)))
    codec = TransformingCodec(CODEC)
    expected = (-(-made.cols // shrink), -(-made.rows // shrink))
    for pixels in (codec.decode_jpeg(made, shrink), codec.examine(made, shrink)[1]):
        assert (pixels.cols, pixels.rows) == expected


def test_examined_jpeg_is_the_cameras_own() -> None:
    made = delivered(jpeg_of(64, 48), TURN)
    examined, pixels = TransformingCodec(CODEC).examine(made, 1)
    assert examined is made
    assert np.array_equal(pixels.pixels, TransformingCodec(CODEC).decode_jpeg(made).pixels)


def test_mended_jpeg_is_transformed_too(make_codec: Any) -> None:
    jpeg = jpeg_of(64, 48)

    class Mending:
        """Mends every JPEG."""

        def __getattr__(self, name: str) -> Any:
            return getattr(CODEC, name)

        def examine(self, own: JpegPicture, shrink: int) -> tuple[JpegPicture, Picture]:
            _, pixels = CODEC.examine(own, shrink)
            return inspect_jpeg(own.data + b"\0"), pixels

    mending: Any = Mending()
    examined, _ = TransformingCodec(mending).examine(delivered(jpeg, TURN))
    assert isinstance(examined, TransformedJpeg)
    assert examined.own is not jpeg
    assert (examined.cols, examined.rows, examined.data) == (48, 32, examined.own.data)


def test_damage_of_the_cameras_own_is_found() -> None:
    jpeg = jpeg_of(640, 480)
    middle = len(jpeg.data) // 2
    damaged = inspect_jpeg(jpeg.data[:middle] + jpeg.data[middle + 400 :])
    with pytest.raises(CorruptFrame):
        TransformingCodec(CODEC).examine(delivered(damaged, TURN))
