from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.exif import PREFIX, turned_orientations

ORIENTATION, WIDTH, SHORT, LONG = 0x0112, 0x0100, 3, 4


def number(order: str, value: int, size: int) -> bytes:
    data = value.to_bytes(size, "big")
    return data if order == "MM" else data[::-1]


def entry(order: str, tag: int, kind: int, value: int) -> bytes:
    parts = ((tag, 2), (kind, 2), (1, 4), (value, 2 if kind == SHORT else 4))
    return b"".join(number(order, part, size) for part, size in parts).ljust(12, b"\0")


def exif(order: str, *entries: bytes) -> bytes:
    start = order.encode() + number(order, 42, 2) + number(order, 8, 4)
    return PREFIX + start + number(order, len(entries), 2) + b"".join(entries) + bytes(4)


def upright(segment: bytes) -> tuple[bytes, list[int]]:
    values = []
    for at, value, replacement in turned_orientations(segment):
        segment = segment[:at] + replacement + segment[at + len(replacement) :]
        values.append(value)
    return segment, values


@pytest.mark.parametrize("order", ["MM", "II"])
@pytest.mark.parametrize("kind", [SHORT, LONG])
@pytest.mark.parametrize("value", range(2, 9))
def test_orientation_becomes_upright(order: str, kind: int, value: int) -> None:
    width = entry(order, WIDTH, LONG, 640)
    segment, values = upright(exif(order, width, entry(order, ORIENTATION, kind, value)))
    assert values == [value]
    assert segment == exif(order, width, entry(order, ORIENTATION, SHORT, 1))


@pytest.mark.parametrize("value", [0, 1, 9, 65535])
def test_upright_stays_as_it_is(value: int) -> None:
    segment = exif("MM", entry("MM", ORIENTATION, SHORT, value))
    assert upright(segment) == (segment, [])


def test_repeated_orientations_all_become_upright() -> None:
    entries = [entry("II", ORIENTATION, SHORT, value) for value in (6, 8)]
    assert upright(exif("II", *entries))[1] == [6, 8]


@pytest.mark.parametrize(
    "segment",
    [
        b"",
        b"http://ns.adobe.com/xap/1.0/\0",
        PREFIX,
        PREFIX + b"MM\0*",
        PREFIX + b"MM*\0\0\0\0\x08",
    ],
)
def test_other_segments_have_none(segment: bytes) -> None:
    assert upright(segment) == (segment, [])


def test_directory_that_is_cut_off_ends_where_it_is() -> None:
    whole = exif("MM", entry("MM", ORIENTATION, SHORT, 3), entry("MM", WIDTH, LONG, 9))
    assert upright(whole[:-5])[1] == [3]
    assert upright(whole[:-16])[1] == [3]
    assert upright(whole[:-17])[1] == []


@given(st.binary(max_size=60), st.sampled_from([b"MM\0*", b"II*\0"]))
def test_any_bytes_can_be_read(rest: bytes, order: bytes) -> None:
    segment = PREFIX + order + rest
    mended, _ = upright(segment)
    assert len(mended) == len(segment)
    assert list(chain(turned_orientations(mended))) == []
