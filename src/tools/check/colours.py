"""Red first, and grey of the right weights: by pictures of one frame in two formats."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from bosdyn.api import image_pb2

from spot_webcam.domain.media.image import Pixels
from spot_webcam.tools.check.answers import ask
from spot_webcam.tools.check.finding import Finding, failed, passed, skipped, warned
from spot_webcam.tools.check.one_frame import pair_of_one_frame
from spot_webcam.tools.check.target import SourceCheck, Target

Image = image_pb2.Image
# Fields of the grid over which colours are averaged: no noise, no chroma subsampling.
_GRID = 32
# Levels between red and blue, in the mean: a scene of less is grey.
_MIN_COLOUR = 4.0
# One order must fit so much better than the other.
_CLEARLY = 2.0
# Of a picture in colour.
_CHANNELS = 3
_LUMA = np.array([0.299, 0.587, 0.114])
_POINT = "point the camera at something colourful, and check again"

Means = npt.NDArray[np.float64]


def _means(pixels: Pixels) -> Means:
    """Return `(rows, cols, channels)` of a coarse grid."""
    rows, cols = (max(1, side // _GRID) for side in pixels.shape[:2])
    grid_rows, grid_cols = pixels.shape[0] // rows, pixels.shape[1] // cols
    cut = pixels[: grid_rows * rows, : grid_cols * cols].astype(np.float64)
    means: Means = cut.reshape(grid_rows, rows, grid_cols, cols, -1).mean(axis=(1, 3))
    return means


def _misfits(picture: Means, straight: Means, swapped: Means) -> tuple[float, float]:
    return float(np.abs(picture - straight).mean()), float(np.abs(picture - swapped).mean())


def judge_order(raw: Pixels, jpeg: Pixels) -> Finding:
    """Tell from RAW `RGB_U8` and the decoded JPEG of a scene which colour comes first."""
    if raw.shape[:2] != jpeg.shape[:2]:
        return skipped("RAW and JPEG differ in size", "see resizing")
    if not raw.shape[2] == jpeg.shape[2] == _CHANNELS:
        return skipped("what is said to be RGB_U8 has no colours", "see a picture")
    ours, theirs = _means(raw), _means(jpeg)
    colour = float(np.abs(theirs[..., 0] - theirs[..., 2]).mean())
    if colour < _MIN_COLOUR:
        return skipped("the scene has no colour to tell by", _POINT)
    straight, swapped = _misfits(ours, theirs, theirs[..., ::-1])
    levels = f"off by {straight:.1f} levels as told, {swapped:.1f} with red and blue swapped"
    if straight * _CLEARLY < swapped:
        return passed(f"RAW RGB_U8 is red first ({levels})")
    if swapped * _CLEARLY < straight:
        return failed(
            f"RAW RGB_U8 holds blue first ({levels})",
            "OpenCV's pixels are BGR: turn them round with cv2.COLOR_BGR2RGB before sending",
        )
    return skipped(f"not to be told: RAW and JPEG are of different scenes ({levels})", _POINT)


def judge_grey(grey: Pixels, colour: Pixels) -> Finding:
    """Tell whether grey was made with the weights of red and blue in their places."""
    if grey.shape[:2] != colour.shape[:2] or grey.shape[2] != 1:
        return skipped("grey and colour differ in size", "see resizing")
    if colour.shape[2] != _CHANNELS:
        return skipped("the JPEG that is said to be RGB_U8 has no colours", "see a picture")
    ours, theirs = _means(grey)[..., 0], _means(colour)
    straight, swapped = _misfits(ours, theirs @ _LUMA, theirs[..., ::-1] @ _LUMA)
    if max(straight, swapped) < 1.0:
        return skipped("the scene has no colour to tell by", _POINT)
    levels = f"off by {straight:.1f} levels; {swapped:.1f} with red and blue swapped"
    if swapped * _CLEARLY < straight:
        return warned(
            f"grey is made of blue as if it were red ({levels})",
            "the weights 0.299, 0.587, 0.114 are those of red, green, blue: OpenCV's are BGR",
        )
    if straight * _CLEARLY < swapped:
        return passed(levels)
    return skipped(f"not to be told ({levels})", _POINT)


def _colour_order(target: Target, source: Any) -> Iterator[Finding]:
    if Image.PIXEL_FORMAT_RGB_U8 not in source.pixel_formats:
        yield skipped("it has no RGB_U8")
        return
    raw = ask(source, image_format=Image.FORMAT_RAW, pixel_format=Image.PIXEL_FORMAT_RGB_U8)
    jpeg = ask(source, image_format=Image.FORMAT_JPEG, pixel_format=Image.PIXEL_FORMAT_RGB_U8)
    pair = pair_of_one_frame(target, raw, jpeg)
    yield pair if isinstance(pair, Finding) else judge_order(pair.first, pair.second)


def _grey(target: Target, source: Any) -> Iterator[Finding]:
    both = {Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8}
    if not both <= set(source.pixel_formats):
        yield skipped("it has not both RGB_U8 and GREYSCALE_U8")
        return
    grey = ask(source, image_format=Image.FORMAT_RAW, pixel_format=Image.PIXEL_FORMAT_GREYSCALE_U8)
    # The JPEG: RAW may have its colours in the wrong order, which is another matter.
    jpeg = ask(source, image_format=Image.FORMAT_JPEG, pixel_format=Image.PIXEL_FORMAT_RGB_U8)
    pair = pair_of_one_frame(target, grey, jpeg)
    yield pair if isinstance(pair, Finding) else judge_grey(pair.first, pair.second)


COLOUR_ORDER = SourceCheck("colour order", "RAW RGB_U8 is red first", _colour_order)
GREY = SourceCheck("grey weights", "grey is made of red, green and blue by their weights", _grey)
