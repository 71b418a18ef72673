"""Checks of picture content: whole, the same in RAW and JPEG, colours in order."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from bosdyn.api import image_pb2

from spot_webcam.domain.media.image import Pixels
from spot_webcam.tools.check.comparison import (
    DIFFERENT,
    Grid,
    Pair,
    difference,
    grid_means,
    is_empty_beside,
    pair_of_one_frame,
    turned,
)
from spot_webcam.tools.check.findings import (
    Finding,
    failed,
    passed,
    pixel_format_name,
    skipped,
    warned,
)
from spot_webcam.tools.check.service import ServiceUnderTest, ask, source_check

Image = image_pb2.Image
# Formats that exist both as RAW and as JPEG.
_COMPARED = (Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8)
_HALF = 0.5
# Cells of the grid over which colours are averaged: no noise, no chroma subsampling.
_GRID = 32
# Mean difference of red and blue, in levels, below which a scene counts as grey.
_MIN_COLOUR = 4.0
# One order of the colours must fit so many times better than the other.
_CLEARLY = 2.0
_RGB_CHANNELS = 3
_LUMA = np.array([0.299, 0.587, 0.114])
_POINT = "point the camera at something colourful, and check again"


@source_check("whole picture", "a smaller picture shows all of it")
def whole_picture(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Compare a picture of half the size with the full one."""
    compared = [number for number in source.pixel_formats if number in _COMPARED]
    if not compared:
        yield skipped("it has no pixels of 8 bits")
        return
    full = ask(source, pixel_format=compared[0])
    half = ask(source, pixel_format=compared[0], resize_ratio=_HALF)
    yield evaluate_half(pair_of_one_frame(target, full, half))


@source_check("raw and jpeg", "both are the same picture")
def raw_and_jpeg(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Compare RAW with JPEG; RAW also where it is not listed, since the SDK's helper serves it."""
    has_jpeg = not source.image_formats or Image.FORMAT_JPEG in source.image_formats
    compared = [number for number in source.pixel_formats if number in _COMPARED]
    if not has_jpeg or not compared:
        yield skipped("it has not both, of 8 bits")
        return
    for pixel_format in compared:
        pair = pair_of_one_frame(target, *_requests(source, pixel_format))
        yield evaluate_raw(pair).of(pixel_format_name(pixel_format))


@source_check("colour order", "RAW RGB_U8 is red first")
def colour_order(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Compare the colours of RAW with those of JPEG."""
    if Image.PIXEL_FORMAT_RGB_U8 not in source.pixel_formats:
        yield skipped("it has no RGB_U8")
        return
    pair = pair_of_one_frame(target, *_requests(source, Image.PIXEL_FORMAT_RGB_U8))
    yield evaluate_order(pair.first, pair.second)


@source_check("grey weights", "grey is made of red, green and blue by their weights")
def grey_weights(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Compare grey with the luma of a JPEG, not of RAW: its colours may be in the wrong order."""
    both = {Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8}
    if not both <= set(source.pixel_formats):
        yield skipped("it has not both RGB_U8 and GREYSCALE_U8")
        return
    grey, _ = _requests(source, Image.PIXEL_FORMAT_GREYSCALE_U8)
    _, jpeg = _requests(source, Image.PIXEL_FORMAT_RGB_U8)
    pair = pair_of_one_frame(target, grey, jpeg)
    yield evaluate_grey(pair.first, pair.second)


def _requests(source: Any, pixel_format: int) -> list[image_pb2.ImageRequest]:
    """Return requests for RAW and JPEG of a pixel format."""
    return [
        ask(source, image_format=image_format, pixel_format=pixel_format)
        for image_format in (Image.FORMAT_RAW, Image.FORMAT_JPEG)
    ]


def evaluate_raw(pair: Pair) -> Finding:
    """Evaluate RAW against the decoded JPEG, which comes second."""
    raw, jpeg = pair.first, pair.second
    if raw.shape[:2] not in (jpeg.shape[:2], jpeg.shape[1::-1]):
        return skipped("RAW and JPEG differ in size", "see resizing")
    if raw.shape[2] != jpeg.shape[2]:
        return skipped("one has colours, the other has none", "see a picture")
    if is_empty_beside(raw, jpeg):
        return failed(
            f"RAW is {raw.mean():.0f} all over, and the JPEG shows something",
            "send the pixels of the frame that the JPEG is made of",
        )
    # In different frames a moving scene may look turned.
    way = turned(raw, jpeg) if pair.same_frame else None
    if way is not None:
        return failed(
            f"RAW is {way}, as against the JPEG", "make both from the same pixels, turned alike"
        )
    if raw.shape[:2] != jpeg.shape[:2]:
        return skipped("RAW and JPEG differ in size", "see resizing")
    return _evaluate(pair, "RAW and JPEG", "make both from one frame, or give each its own time")


def evaluate_half(pair: Pair) -> Finding:
    """Evaluate the picture of half the size, which comes second, against the full one."""
    same_colours = pair.first.shape[2] == pair.second.shape[2]
    way = turned(pair.second, pair.first) if pair.same_frame and same_colours else None
    if way is not None:
        return failed(
            f"half the size is {way}, as against the full one", "turn pictures of every size alike"
        )
    advice = "resize the whole picture: one that is cut shows less than the camera sees"
    return _evaluate(pair, "half the size and the full one", advice)


def _evaluate(pair: Pair, which: str, advice: str) -> Finding:
    if pair.first.shape[2] != pair.second.shape[2]:
        return skipped("one has colours, the other has none", "see a picture")
    levels = difference(pair.first, pair.second)
    if levels < DIFFERENT:
        return passed(f"{which} show the same, but for {levels:.1f} levels")
    differ = f"{which} differ by {levels:.0f} levels in the mean"
    if not pair.same_frame:
        still = "point the camera at something still"
        return skipped(f"{differ}, and are never of one frame", still)
    return failed(f"{differ}, and bear one time", advice)


def evaluate_order(raw: Pixels, jpeg: Pixels) -> Finding:
    """Find the first colour of RAW `RGB_U8` by the decoded JPEG of the same scene."""
    if raw.shape[:2] != jpeg.shape[:2]:
        return skipped("RAW and JPEG differ in size", "see resizing")
    if not raw.shape[2] == jpeg.shape[2] == _RGB_CHANNELS:
        return skipped("what is said to be RGB_U8 has no colours", "see a picture")
    ours, theirs = _means(raw), _means(jpeg)
    colour = float(np.abs(theirs[..., 0] - theirs[..., 2]).mean())
    if colour < _MIN_COLOUR:
        return skipped("the scene has no colour to tell by", _POINT)
    straight, swapped = _errors(ours, theirs, theirs[..., ::-1])
    levels = f"off by {straight:.1f} levels as labelled, {swapped:.1f} with red and blue swapped"
    if straight * _CLEARLY < swapped:
        return passed(f"RAW RGB_U8 is red first ({levels})")
    if swapped * _CLEARLY < straight:
        return failed(
            f"RAW RGB_U8 holds blue first ({levels})",
            "OpenCV's pixels are BGR: turn them round with cv2.COLOR_BGR2RGB before sending",
        )
    return skipped(f"undecided: RAW and JPEG are of different scenes ({levels})", _POINT)


def evaluate_grey(grey: Pixels, colour: Pixels) -> Finding:
    """Find whether the weights of red and blue in grey are swapped."""
    if grey.shape[:2] != colour.shape[:2] or grey.shape[2] != 1:
        return skipped("grey and colour differ in size", "see resizing")
    if colour.shape[2] != _RGB_CHANNELS:
        return skipped("the JPEG that is said to be RGB_U8 has no colours", "see a picture")
    ours, theirs = _means(grey)[..., 0], _means(colour)
    straight, swapped = _errors(ours, theirs @ _LUMA, theirs[..., ::-1] @ _LUMA)
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
    return skipped(f"undecided ({levels})", _POINT)


def _means(pixels: Pixels) -> Grid:
    rows, cols = (min(_GRID, side) for side in pixels.shape[:2])
    return grid_means(pixels, rows, cols)


def _errors(picture: Grid, straight: Grid, swapped: Grid) -> tuple[float, float]:
    return float(np.abs(picture - straight).mean()), float(np.abs(picture - swapped).mean())
