"""What an inspection mends: the picture stays the same, and strict decoders read it."""

import numpy as np
import pytest

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import JpegPicture, Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.fakes.cameras.jpeg_manners import parse_manners

PIXELS: Pixels = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
TABLE, COMMENT, RESTART, APPLICATION = 0xDB, 0xFE, 0xDD, 0xE5


def written(manners: str) -> bytes:
    return parse_manners(manners).written(PIXELS)


def segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def after_start(data: bytes, inserted: bytes) -> bytes:
    return data[:2] + inserted + data[2:]


PLAIN = written("")


def test_common_jpeg_is_handed_on_as_it_is() -> None:
    picture = inspect_jpeg(PLAIN)
    assert picture.data is PLAIN
    assert picture.oddities == ""
    assert picture.is_portable


@pytest.mark.parametrize("count", [1, 16, 608])
def test_zeros_after_a_comment_are_dropped(count: int) -> None:
    picture = inspect_jpeg(written(f"gap={count}"))
    assert picture.data == written("gap=0")
    assert picture.oddities == "bytes between segments"


@pytest.mark.parametrize("marker", [COMMENT, APPLICATION])
@pytest.mark.parametrize("stray", [b"x", b"the rest of a comment", b"\xff\0x", b"\xff\xff\0"])
def test_bytes_after_what_the_picture_does_not_need_are_dropped(marker: int, stray: bytes) -> None:
    own = segment(marker, b"camera")
    assert inspect_jpeg(after_start(PLAIN, own + stray)).data == after_start(PLAIN, own)


def test_bytes_after_the_start_marker_are_dropped() -> None:
    assert inspect_jpeg(after_start(PLAIN, b"\x37")).data == PLAIN


@pytest.mark.parametrize("padding", [bytes(1), bytes(600), b"\xff\0\xff"])
def test_padding_after_a_table_is_dropped(padding: bytes) -> None:
    own = segment(RESTART, bytes(2))
    picture = inspect_jpeg(after_start(PLAIN, own + padding))
    assert picture.data in (after_start(PLAIN, own), after_start(PLAIN, own + b"\xff"))


def test_bytes_after_a_table_are_missing_in_it() -> None:
    own = segment(TABLE, bytes(65))
    with pytest.raises(CorruptFrame, match="wrong length"):
        inspect_jpeg(after_start(PLAIN, own + b"rest"))


def test_fill_bytes_before_markers_stay() -> None:
    data = written("fill=3")
    assert inspect_jpeg(data).data is data


def test_scan_header_becomes_that_of_its_process() -> None:
    picture = inspect_jpeg(written("scan-header"))
    assert picture.data == PLAIN
    assert picture.oddities == "a progressive scan header in a sequential JPEG"


def test_scan_headers_of_a_progressive_jpeg_stay() -> None:
    data = written("progressive")
    assert inspect_jpeg(data).data is data


@pytest.mark.parametrize("version", [0, 2, 255])
def test_unknown_version_of_jfif_becomes_the_known_one(version: int) -> None:
    picture = inspect_jpeg(written(f"jfif={version}"))
    assert picture.data == PLAIN
    assert picture.oddities == "an unknown version of JFIF"


@pytest.mark.parametrize("orientation", range(2, 9))
def test_orientation_becomes_upright_and_the_pixels_stay(orientation: int) -> None:
    picture = inspect_jpeg(written(f"orientation={orientation}"))
    assert picture.data == written("orientation=1")
    assert (picture.cols, picture.rows) == (56, 40)
    assert picture.oddities == f"EXIF orientation {orientation}"


def test_several_oddities_are_each_named_once() -> None:
    picture = inspect_jpeg(
        after_start(written("gap=9,orientation=6,scan-header,tail-zeros=99"), b"x")
    )
    assert picture.data == written("gap=0,orientation=1")
    assert picture.oddities == (
        "bytes between segments, EXIF orientation 6, a progressive scan header in a sequential JPEG"
    )


@pytest.mark.parametrize(
    ("sampling", "portable"),
    [
        *((name, True) for name in ("444", "422", "420", "440", "411", "422-tall")),
        *((name, False) for name in ("410", "unequal")),
    ],
)
def test_sampling_that_few_decoders_know_is_reported(sampling: str, portable: bool) -> None:
    picture = inspect_jpeg(written(f"sampling={sampling}"))
    assert picture.is_portable is portable
    assert picture.oddities == ("" if portable else "uncommon chroma sampling")


@pytest.mark.parametrize("factors", [0x00, 0x01, 0x10, 0x51, 0x15])
def test_sampling_that_cannot_be_is_damage(factors: int) -> None:
    at = PLAIN.index(b"\xff\xc0") + 11
    with pytest.raises(CorruptFrame, match="frame header is damaged"):
        inspect_jpeg(PLAIN[:at] + bytes([factors]) + PLAIN[at + 1 :])


@pytest.mark.parametrize(
    ("manners", "reason"),
    [
        ("no-end", "no end marker"),
        ("dnl", "size of 56x0"),
        ("twelve-bits", "frame header is damaged"),
        ("arithmetic", "process 0xc9 is not supported"),
        ("sampling=cmyk", "4 components"),
    ],
)
def test_what_no_decoder_reads_whole_is_refused(manners: str, reason: str) -> None:
    with pytest.raises(CorruptFrame, match=reason):
        inspect_jpeg(written(manners))


def test_what_was_mended_is_not_mended_again() -> None:
    once = inspect_jpeg(written("gap=608,orientation=6,scan-header,jfif=7"))
    again = inspect_jpeg(once.data)
    assert again == JpegPicture(
        once.data, 56, 40, 3, once.quality, once.has_huffman_tables, is_portable=True
    )
