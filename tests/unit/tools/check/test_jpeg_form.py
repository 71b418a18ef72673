"""What is odd about a JPEG that decodes."""

import pytest

from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.jpeg_manners import parse_manners
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.tools.check.checks.jpeg_form import evaluate_form
from spot_webcam.tools.check.findings import Verdict
from tests.unit.tools.check.messages import COLS, ROWS, Image, make_answer

PIXELS = Pattern(COLS, ROWS, 1, Layout.BGR8, 30.0).frame(0)


def image(manners: str) -> Image:
    return make_answer(data=parse_manners(manners).written(PIXELS)).shot.image


def test_common_jpeg_passes() -> None:
    assert evaluate_form(image("")).verdict is Verdict.PASS


@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_jpeg_that_viewers_turn_fails(orientation: int) -> None:
    found = evaluate_form(image(f"gap=608,orientation={orientation}"))
    assert found.verdict is Verdict.FAIL
    assert f"EXIF orientation {orientation}: some viewers turn it" in found.reason


@pytest.mark.parametrize(
    ("manners", "text"),
    [
        ("gap=608", "bytes between segments"),
        ("restart=2,stray=3", "stray bytes before restart markers"),
        ("no-tables", "no Huffman tables"),
        ("sampling=410", "uncommon chroma sampling"),
    ],
)
def test_jpeg_that_strict_decoders_refuse_is_warned_of(manners: str, text: str) -> None:
    found = evaluate_form(image(manners))
    assert found.verdict is Verdict.WARN
    assert text in found.reason


def test_what_is_no_jpeg_is_left_to_other_checks() -> None:
    assert evaluate_form(image("cut=50")).verdict is Verdict.SKIP
    raw = make_answer(format=Image.FORMAT_RAW, data=PIXELS.tobytes()).shot.image
    assert evaluate_form(raw).verdict is Verdict.SKIP
