"""The encoder's JPEGs are decoded by libjpeg-turbo without a warning, to the pixels they show."""

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.fakes.cameras.jpeg_manners import SAMPLINGS, JpegManners

# What all samplings show alike: no chroma, and so smooth that little is lost.
TOLERANCE = 6


def smooth(cols: int, rows: int, seed: int) -> Pixels:
    rng = np.random.default_rng(seed)
    few = rng.integers(40, 215, (2, 2, 1), np.uint8).repeat(3, axis=2)
    return np.asarray(cv2.resize(few, (cols, rows)), np.uint8)


@given(
    st.sampled_from(sorted(set(SAMPLINGS) - {"cmyk", "410", "unequal"})),
    st.integers(1, 70),
    st.integers(1, 70),
    st.integers(0, 9),
    st.booleans(),
    st.integers(0, 9),
)
def test_every_size_and_form_decodes(
    sampling: str, cols: int, rows: int, restart: int, progressive: bool, seed: int
) -> None:
    values = {"restart": restart} if restart else {}
    if progressive:
        values["progressive"] = 1
    pixels = smooth(cols, rows, seed)
    for picture in (pixels, pixels[:, :, 0]):
        data = JpegManners(sampling, values).written(picture, 95)
        shown = simplejpeg.decode_jpeg(data, "BGR" if picture.ndim == 3 else "GRAY", strict=True)
        difference = shown.reshape(picture.shape).astype(int) - picture
        assert np.abs(difference).max() <= TOLERANCE


@pytest.mark.parametrize("sampling", ["410", "unequal"])
def test_samplings_that_few_decoders_know_decode_in_opencv(sampling: str) -> None:
    pixels = smooth(70, 50, 3)
    data = np.frombuffer(JpegManners(sampling).written(pixels, 95), np.uint8)
    assert np.abs(cv2.imdecode(data, cv2.IMREAD_COLOR).astype(int) - pixels).max() <= TOLERANCE


def test_colours_are_those_of_the_picture() -> None:
    pixels = np.zeros((32, 32, 3), np.uint8)
    pixels[:] = 200, 90, 20
    shown = simplejpeg.decode_jpeg(JpegManners("444").written(pixels, 95), "BGR")
    assert np.abs(shown.astype(int) - pixels).max() <= 3


@pytest.mark.parametrize("quality", [1, 30, 50, 75, 85, 100])
def test_quality_is_that_of_the_standard_s_table(quality: int) -> None:
    assert inspect_jpeg(JpegManners().written(smooth(16, 16, 1), quality)).quality == quality
