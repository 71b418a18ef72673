"""Pictures of streams: every manner, in pieces of any size, whole and damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from spot_webcam.adapters.http_camera import multipart
from spot_webcam.adapters.http_camera.content import ContentType
from spot_webcam.adapters.http_camera.multipart import Part, PictureParser
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind
from spot_webcam.fakes.cameras.network import KNOWN_MANNERS, Manners, stream_bytes

DEVICE = parse_synthetic_device("synthetic:?size=64x48&codec=mjpg&quality=30")
JPEGS = [jpeg_frame(DEVICE, sequence) for sequence in range(4)]
STREAMS = {name: manners for name, manners in KNOWN_MANNERS.items() if not manners.is_single}
# Of boundaries and line ends; what decides is cut at every byte of them.
PIECES = st.lists(st.one_of(st.integers(1, 3000), st.integers(1, 40)), min_size=3, max_size=30)


def segment(marker: int, content: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def with_segment(jpeg: bytes, marker: int, content: bytes) -> bytes:
    """Return a JPEG with one more segment after its start marker."""
    return jpeg[:2] + segment(marker, content) + jpeg[2:]


def parser_of(manners: Manners) -> PictureParser:
    return PictureParser(ContentType.of(manners.head()).boundary)


def parse(parser: PictureParser, stream: bytes, sizes: Sequence[int] = (1 << 20,)) -> list[Part]:
    """Feed a stream in pieces of these sizes, over and over, and finish it."""
    parts: list[Part] = []
    at = number = 0
    while at < len(stream):
        size = sizes[number % len(sizes)]
        parts += parser.feed(stream[at : at + size])
        at += size
        number += 1
    return parts + parser.finish()


def pictures_of(parts: Iterable[Part]) -> list[bytes]:
    """Return the pictures as the camera hands them on, without padding."""
    return [inspect_jpeg(part.data).data for part in parts]


@pytest.mark.parametrize("manners", STREAMS.values(), ids=STREAMS)
@given(pieces=PIECES)
@settings(max_examples=6)
def test_all_pictures_of_every_manner_are_found_in_any_pieces(
    manners: Manners, pieces: list[int]
) -> None:
    stream = b"".join(stream_bytes(JPEGS, manners))
    assert pictures_of(parse(parser_of(manners), stream, pieces)) == JPEGS


DECLARED = ["", "; boundary=picture", '; boundary="picture', "; boundary=--picture", "; boundary=b"]
ANY_MANNERS = st.builds(
    Manners,
    content_type=st.sampled_from([f"multipart/x-mixed-replace{declared}" for declared in DECLARED]),
    boundary=st.sampled_from(["--b", "--picture", "picture", "-", "--", "", "--=_a'b(c)+/:"]),
    line_end=st.sampled_from(["\r\n", "\n"]),
    boundary_first=st.booleans(),
    part_type=st.sampled_from(["image/jpeg", "image/jpg", "IMAGE/JPEG", ""]),
    length_error=st.sampled_from([None, 0, 1, 2, -1, -2, 5, -100, 70, 10_000, -(10**9), 10**12]),
    stamped=st.booleans(),
    extra_line=st.booleans(),
    preamble=st.sampled_from(["", "See RFC 2046", "Note: this is a stream"]),
)


@given(manners=ANY_MANNERS, pieces=PIECES)
@settings(max_examples=60)
def test_all_pictures_of_any_manner_are_found(manners: Manners, pieces: list[int]) -> None:
    # Nothing shows that a word alone in its line is a boundary.
    assume(manners.boundary != "picture" or "picture" in manners.content_type)
    stream = b"".join(stream_bytes(JPEGS, manners))
    assert pictures_of(parse(parser_of(manners), stream, pieces)) == JPEGS


@pytest.mark.parametrize("name", ["standard", "no-lengths", "boundary-after", "bare-jpegs"])
def test_picture_is_returned_with_its_last_byte(name: str) -> None:
    manners = STREAMS[name]
    parser = parser_of(manners)
    for number, jpeg in enumerate(JPEGS):
        part = manners.part(jpeg, 0.0, is_first=number == 0)
        end = part.index(jpeg) + len(jpeg)
        assert parser.feed(part[: end - 1]) == []
        [found] = parser.feed(part[end - 1 : end])
        assert found.data == jpeg
        assert parser.feed(part[end:]) == []


def test_headers_come_with_their_picture() -> None:
    manners = STREAMS["stamped"]
    parts = parse(parser_of(manners), b"".join(stream_bytes(JPEGS, manners)), [7])
    assert [part.headers["x-timestamp"] for part in parts] == [
        f"{number}.000000" for number in range(len(JPEGS))
    ]
    assert parts[0].headers["content-type"] == "image/jpeg"


# Contents that look like something else.

HOSTILE: dict[str, Callable[[bytes], bytes]] = {
    "boundary-in-comment": lambda jpeg: with_segment(
        jpeg, 0xFE, b"\r\n--picture\r\nX-A: b\r\n\r\n"
    ),
    "preview-in-exif": lambda jpeg: with_segment(jpeg, 0xE1, b"Exif\0\0" + JPEGS[0]),
    "headers-in-comment": lambda jpeg: with_segment(jpeg, 0xFE, b"\nContent-Length: 9\n\n"),
    "zeros-after-segment": lambda jpeg: jpeg[:2] + segment(0xFE, b"x") + bytes(608) + jpeg[2:],
    "boundaries-in-comment": lambda jpeg: with_segment(jpeg, 0xFE, b"\n--picture\n\n\xff" * 2),
    "fill-bytes": lambda jpeg: jpeg[:2] + b"\xff\xff" + jpeg[2:],
}


ENDLESS = {
    "header": b"\xff\xd8" + segment(0xFE, b"x" * 1000) * 20_000,
    "scan": b"\xff\xd8" + segment(0xDA, b"x") + b"x" * 20_000_000,
    "no picture": b"x" * 20_000_000,
    "head": b"X-A: b\r\n" * 50_000,
}


@pytest.mark.parametrize("name", ENDLESS)
@pytest.mark.parametrize("boundary", ["", "picture"])
def test_endless_part_is_searched_once(name: str, boundary: str) -> None:
    # Tens of megabytes in small pieces: a search of all for each piece would take minutes.
    parser = PictureParser(boundary)
    head = b"" if name == "head" else b"--picture\r\nContent-Type: image/jpeg\r\n\r\n"
    assert parse(parser, head + ENDLESS[name], [10_000])[:-1] == []


@pytest.mark.parametrize("name", ["standard", "no-lengths", "line-feeds", "bare-jpegs"])
@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
@given(pieces=PIECES)
@settings(max_examples=5)
def test_picture_that_contains_other_things_is_one(
    name: str, change: Callable[[bytes], bytes], pieces: list[int]
) -> None:
    odd = [change(jpeg) for jpeg in JPEGS]
    manners = STREAMS[name]
    parts = parse(parser_of(manners), b"".join(stream_bytes(odd, manners)), pieces)
    assert [part.data for part in parts] == odd


@pytest.mark.parametrize("name", ["standard", "boundary-after", "no-lengths"])
@given(pieces=PIECES)
@settings(max_examples=5)
def test_second_picture_behind_the_first_is_no_picture_of_its_own(
    name: str, pieces: list[int]
) -> None:
    # As cameras of phones append a preview or a gain map (CIPA DC-007).
    doubled = [jpeg + JPEGS[0] for jpeg in JPEGS]
    manners = STREAMS[name]
    parts = parse(parser_of(manners), b"".join(stream_bytes(doubled, manners)), pieces)
    assert pictures_of(parts) == JPEGS


# Damage.

VISIBLE = [FaultKind.TRUNCATE, FaultKind.GARBAGE, FaultKind.HEADER, FaultKind.EMPTY, FaultKind.TINY]


def _valid(parts: Iterable[Part]) -> list[bytes | None]:
    """Return the pictures, `None` for those that are refused."""
    found: list[bytes | None] = []
    for part in parts:
        found.append(None)
        with suppress(CorruptFrame):
            found[-1] = inspect_jpeg(part.data).data
    return found


@pytest.mark.parametrize("kind", VISIBLE)
@given(pieces=PIECES)
@settings(max_examples=5)
def test_damaged_picture_is_returned_as_it_is_and_harms_no_other(
    kind: FaultKind, pieces: list[int]
) -> None:
    broken = [
        damage(jpeg, [kind]) if number in {0, 2} else jpeg for number, jpeg in enumerate(JPEGS)
    ]
    manners = STREAMS["standard"]
    parts = parse(parser_of(manners), b"".join(stream_bytes(broken, manners)), pieces)
    assert [part.data for part in parts] == broken


@pytest.mark.parametrize("kind", [FaultKind.TRUNCATE, FaultKind.GARBAGE, FaultKind.HEADER])
@pytest.mark.parametrize(
    "name", ["no-lengths", "line-feeds", "length-too-large", "undeclared-boundary"]
)
@given(pieces=PIECES)
@settings(max_examples=5)
def test_damaged_picture_without_a_right_length_ends_at_the_boundary(
    kind: FaultKind, name: str, pieces: list[int]
) -> None:
    broken = [damage(jpeg, [kind]) if number == 2 else jpeg for number, jpeg in enumerate(JPEGS)]
    manners = STREAMS[name]
    parts = parse(parser_of(manners), b"".join(stream_bytes(broken, manners)), pieces)
    expected: list[bytes | None] = list(JPEGS)
    expected[2] = None
    assert _valid(parts) == expected


@given(pieces=PIECES)
@settings(max_examples=10)
def test_cut_picture_without_boundary_ends_where_the_next_starts(pieces: list[int]) -> None:
    stream = JPEGS[0][:-30] + JPEGS[1] + b"noise" + JPEGS[2]
    parts = parse(PictureParser(), stream, pieces)
    assert [part.data for part in parts] == [JPEGS[0][:-30], JPEGS[1], JPEGS[2]]


def test_end_of_the_stream_ends_its_last_picture() -> None:
    parser = PictureParser("picture")
    [part] = parse(parser, b"--picture\r\n\r\n" + JPEGS[0][:-9])
    assert part.data == JPEGS[0][:-9]
    assert parser.finish() == []


def test_part_of_another_kind_is_passed_over() -> None:
    other = b"--picture\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}\r\n"
    text = b"--picture\r\nContent-Type: text/plain\r\n\r\nhello\r\n"
    picture = Manners().part(JPEGS[0], 0.0, is_first=True)
    parts = parse(PictureParser("picture"), other + picture + text + picture)
    assert pictures_of(parts) == [JPEGS[0]] * 2


def test_picture_with_the_wrong_type_is_one() -> None:
    manners = Manners(part_type="text/html")
    assert pictures_of(parse(parser_of(manners), b"".join(stream_bytes(JPEGS, manners)))) == JPEGS


@pytest.mark.parametrize("length", ["x", "-5", "1e3", "", "9" * 400])
def test_length_that_is_no_number_is_ignored(length: str) -> None:
    part = f"--picture\r\nContent-Length: {length}\r\n\r\n".encode()
    stream = b"".join(part + jpeg + b"\r\n" for jpeg in JPEGS)
    assert pictures_of(parse(PictureParser("picture"), stream, [100])) == JPEGS


# Bounds.


@pytest.mark.parametrize(
    "head", [b"--picture\r\n\r\n", b"--picture\r\nContent-Length: 4000\r\n\r\n\xff\xd8\xff\xe0"]
)
def test_picture_without_end_is_refused_and_the_next_one_found(head: bytes) -> None:
    parser = PictureParser("picture", max_bytes=5000)
    good = b"\r\n--picture\r\n\r\n" + JPEGS[0]
    assert len(good) < 5000
    with pytest.raises(CorruptFrame, match="more than"):
        parse(parser, head + b"\xff\xd8" + b"x" * 6000)
    assert pictures_of(parser.feed(good)) == [JPEGS[0]]


def test_text_without_end_is_not_kept() -> None:
    parser = PictureParser("picture", max_bytes=multipart.MAX_HEAD_BYTES * 4)
    for _ in range(50):
        assert parser.feed(b"no picture at all " * 1000) == []
    assert pictures_of(parser.feed(b"\n" + Manners().part(JPEGS[0], 0.0, is_first=True))) == [
        JPEGS[0]
    ]


def test_boundaries_that_change_are_followed() -> None:
    manners = [
        replace(Manners(length_error=None), boundary=f"--number{one}") for one in range(len(JPEGS))
    ]
    pairs = zip(JPEGS, manners, strict=True)
    stream = b"".join(one.part(jpeg, 0.0, is_first=True) for jpeg, one in pairs)
    assert pictures_of(parse(PictureParser("else"), stream, [50])) == JPEGS


@given(st.binary(max_size=2000), PIECES)
@settings(max_examples=50)
def test_any_bytes_are_taken(data: bytes, pieces: list[int]) -> None:
    parser = PictureParser("picture")
    for part in parse(parser, data, pieces):
        assert len(part.data) <= len(data)
    stream = b"\r\n--picture\r\nContent-Type: image/jpeg\r\n\r\n"
    found = [part.data for part in parse(parser, (stream + JPEGS[0] + b"\r\n") * 3)]
    assert any(data.endswith(JPEGS[0]) for data in found)
