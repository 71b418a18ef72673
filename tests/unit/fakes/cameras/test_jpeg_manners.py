"""Manners as they are named, and what they do to the bytes; what decoders make of it is tested
with the codec (tests/unit/adapters/opencv/test_examination.py)."""

from itertools import pairwise

import numpy as np
import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.image import Pixels
from spot_webcam.fakes.cameras import JpegManners, parse_manners
from spot_webcam.fakes.cameras.jpeg_manners import REFUSED, TOLERATED

PIXELS: Pixels = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
PLAIN = JpegManners().written(PIXELS)
SOI, EOI = b"\xff\xd8", b"\xff\xd9"


def written(manners: str) -> bytes:
    return parse_manners(manners).written(PIXELS)


@pytest.mark.parametrize(
    ("text", "manners"),
    [
        ("", JpegManners()),
        ("sampling=410", JpegManners("410")),
        ("restart=20,stray=3", JpegManners(values={"restart": 20, "stray": 3})),
        ("scan-header,gap=608", JpegManners(values={"scan-header": 1, "gap": 608})),
        ("scan-header=1", JpegManners(values={"scan-header": 1})),
    ],
)
def test_manners_are_parsed(text: str, manners: JpegManners) -> None:
    assert parse_manners(text) == manners


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rude", "JPEG manner 'rude' is unknown; the manners are sampling=444|422|420"),
        ("sampling=9", "JPEG manner 'sampling=9' is unknown"),
        ("stray", "'stray' needs a whole number from 0 to 65535, as in stray=0"),
        ("stray=-1", "'stray=-1' needs a whole number"),
        ("stray=65536", "'stray=65536' needs a whole number"),
        ("stray=1000000", "'stray=1000000' needs a whole number"),
        ("stray=²", "'stray=²' needs a whole number"),
        ("comment=2", "'comment=2' needs a whole number from 1 to 1"),
        ("orientation=9", "'orientation=9' needs a whole number from 1 to 8, as in orientation=1"),
        ("cut=100", "'cut=100' needs a whole number from 1 to 99"),
    ],
)
def test_unknown_manners_are_refused_with_the_known_ones(text: str, message: str) -> None:
    with pytest.raises(CameraMisconfigured) as raised:
        parse_manners(text)
    assert message in str(raised.value)


@pytest.mark.parametrize("name", [*TOLERATED, *REFUSED])
def test_each_manner_shows_in_the_bytes(name: str) -> None:
    value = {"orientation": 6, "cut": 50}.get(name, (TOLERATED | REFUSED)[name].usual or 3)
    data = JpegManners(values={"restart": 5, name: value}).written(PIXELS)
    assert data != JpegManners(values={"restart": 5}).written(PIXELS)
    assert data == JpegManners(values={"restart": 5, name: value}).written(PIXELS)
    assert data.startswith(SOI)
    assert (EOI in data) is (name != "no-end")


def test_bytes_are_where_they_are_named() -> None:
    assert written("tail-zeros=9") == PLAIN + bytes(9)
    assert written("end-zeros=9") == PLAIN[:-2] + bytes(9) + EOI
    assert written("no-end") == PLAIN[:-2]
    assert written("fill=1").endswith(b"\xff" + EOI)
    comment = b"\xff\xfe\0\x08camera"
    assert written("gap=9") == PLAIN[:20] + comment + bytes(9) + PLAIN[20:]


def test_restart_markers_are_lost_swapped_and_added() -> None:
    def markers(manners: str) -> list[int]:
        data = written(f"restart=2,{manners}")
        return [
            second for first, second in pairwise(data) if first == 0xFF and 0xD0 <= second <= 0xD7
        ]

    # Twelve units of 16x16 pixels.
    assert markers("") == [0xD0, 0xD1, 0xD2, 0xD3, 0xD4]
    assert markers("lost-restart") == [0xD1, 0xD2, 0xD3, 0xD4]
    assert markers("lost-interval") == [0xD0, 0xD2, 0xD3, 0xD4]
    assert markers("swapped-restarts") == [0xD1, 0xD0, 0xD2, 0xD3, 0xD4]
    assert markers("last-restart") == [0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5]
