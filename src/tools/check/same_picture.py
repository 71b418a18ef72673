"""Whether RAW, JPEG and smaller pictures of one frame show what it shows."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.tools.check.answers import ask
from spot_webcam.tools.check.finding import Finding, failed, passed, skipped
from spot_webcam.tools.check.likeness import DIFFERENT, difference, is_empty_beside, turned
from spot_webcam.tools.check.names import pixel_format_name
from spot_webcam.tools.check.one_frame import Pair, pair_of_one_frame
from spot_webcam.tools.check.target import SourceCheck, Target

Image = image_pb2.Image
# Those of which there are both RAW and JPEG.
_COMPARED = (Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8)
_HALF = 0.5


def judge_raw(pair: Pair) -> Finding:
    """Judge RAW against the decoded JPEG, which comes second."""
    raw, jpeg = pair.first, pair.second
    if raw.shape[:2] != jpeg.shape[:2]:
        return skipped("RAW and JPEG differ in size", "see resizing")
    if raw.shape[2] != jpeg.shape[2]:
        return skipped("one has colours, the other has none", "see a picture")
    if is_empty_beside(raw, jpeg):
        return failed(
            f"RAW is {raw.mean():.0f} all over, and the JPEG shows something",
            "send the pixels of the frame that the JPEG is made of",
        )
    # What moves may look turned, of two frames.
    way = turned(raw, jpeg) if pair.same_frame else None
    if way is not None:
        return failed(
            f"RAW is {way}, as against the JPEG", "make both from the same pixels, turned alike"
        )
    return _judged(pair, "RAW and JPEG", "make both from one frame, or give each its own time")


def judge_half(pair: Pair) -> Finding:
    """Judge the picture of half the size, which comes second, against the full one."""
    advice = "resize the whole picture: one that is cut shows less than the camera sees"
    return _judged(pair, "half the size and the full one", advice)


def _judged(pair: Pair, which: str, advice: str) -> Finding:
    if pair.first.shape[2] != pair.second.shape[2]:
        return skipped("one has colours, the other has none", "see a picture")
    levels = difference(pair.first, pair.second)
    if levels < DIFFERENT:
        return passed(f"{which} show the same, but for {levels:.1f} levels")
    told = f"{which} differ by {levels:.0f} levels in the mean"
    if not pair.same_frame:
        return skipped(f"{told}, and are never of one frame", "point the camera at something still")
    return failed(f"{told}, and bear one time", advice)


def _raw_and_jpeg(target: Target, source: Any) -> Iterator[Finding]:
    # RAW is asked for where it is not listed, too: the SDK's helper serves it.
    has_jpeg = not source.image_formats or Image.FORMAT_JPEG in source.image_formats
    compared = [one for one in source.pixel_formats if one in _COMPARED]
    if not has_jpeg or not compared:
        yield skipped("it has not both, of 8 bits")
        return
    for one in compared:
        raw, jpeg = (
            ask(source, image_format=image_format, pixel_format=one)
            for image_format in (Image.FORMAT_RAW, Image.FORMAT_JPEG)
        )
        pair = pair_of_one_frame(target, raw, jpeg)
        found = pair if isinstance(pair, Finding) else judge_raw(pair)
        yield Finding(found.verdict, f"{pixel_format_name(one)}: {found.reason}", found.advice)


def _resized(target: Target, source: Any) -> Iterator[Finding]:
    compared = [one for one in source.pixel_formats if one in _COMPARED]
    if not compared:
        yield skipped("it has no pixels of 8 bits")
        return
    full = ask(source, pixel_format=compared[0])
    half = ask(source, pixel_format=compared[0], resize_ratio=_HALF)
    pair = pair_of_one_frame(target, full, half)
    yield pair if isinstance(pair, Finding) else judge_half(pair)


RAW_AND_JPEG = SourceCheck("raw and jpeg", "both are the same picture", _raw_and_jpeg)
WHOLE = SourceCheck("whole picture", "a smaller picture shows all of it", _resized)
