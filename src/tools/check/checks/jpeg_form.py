"""Check of JPEG bytes: every decoder reads them, and shows them the same way up."""

from collections.abc import Iterator
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.media.jpeg import ODDITY_SEPARATOR, ORIENTATION
from spot_webcam.tools.check.decoding import Undecodable, examined_jpeg
from spot_webcam.tools.check.findings import Finding, failed, passed, skipped, warned
from spot_webcam.tools.check.service import ServiceUnderTest, ask, source_check

Image = image_pb2.Image
_SIZES = {"full size": 1.0, "half the size": 0.5}


@source_check("jpeg form", "every decoder reads it, and shows it the same way up")
def jpeg_form(target: ServiceUnderTest, source: Any) -> Iterator[Finding]:
    """Request a JPEG of full and one of half the size."""
    if source.image_formats and Image.FORMAT_JPEG not in source.image_formats:
        yield skipped("it has no JPEG")
        return
    asked = [
        ask(source, image_format=Image.FORMAT_JPEG, resize_ratio=ratio) for ratio in _SIZES.values()
    ]
    answers = target.get_answers(*asked).response.image_responses
    for size, answer in zip(_SIZES, answers, strict=True):
        yield evaluate_form(answer.shot.image).of(size)


def evaluate_form(image: Any) -> Finding:
    """Evaluate what is odd about a JPEG that can be decoded."""
    if image.format != Image.FORMAT_JPEG:
        return skipped("no JPEG came", "see listed formats and resizing")
    try:
        jpeg = examined_jpeg(image)
    except Undecodable as error:
        return skipped(f"it does not decode: {error}", "see the listed formats")
    oddities = jpeg.oddities.split(ODDITY_SEPARATOR) if jpeg.oddities else []
    for oddity in oddities:
        if oddity.startswith(ORIENTATION):
            return failed(
                f"the JPEG bears {oddity}: some viewers turn it, others do not, and RAW has no such"
                " mark",
                "turn the pixels of every format and size alike, and leave the mark out",
            )
    if not jpeg.has_huffman_tables:
        oddities.append("no Huffman tables")
    if oddities:
        return warned(
            f"the JPEG has {', '.join(oddities)}: strict decoders refuse it",
            "encode the pixels again, or remove what is odd",
        )
    return passed("strict decoders read it, and none turns it")
