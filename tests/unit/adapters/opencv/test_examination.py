"""One notion of a valid JPEG: inspection, examination and decoding agree (ADR 10)."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest
import simplejpeg
from hypothesis import example, given
from hypothesis import strategies as st

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.opencv.stray_bytes import MAX_FOLLOWED_BYTES
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import JpegPicture, Layout, Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.fakes.cameras.jpeg_encoder import EOI, SOI, JpegForm, encode
from spot_webcam.fakes.cameras.jpeg_manners import SAMPLINGS, JpegManners, parse_manners

CODEC = OpenCvCodec()
# Sides that are no multiples of a block.
COLS, ROWS = 75, 51
SERVED = sorted(set(SAMPLINGS) - {"cmyk"})
# What no encoding may change is compared with the same form without manners.
FORMS = ("restart", "progressive")


def scene(seed: int = 1, *, grey: bool = False) -> Pixels:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (ROWS // 3, COLS // 3, 3), np.uint8)
    pixels: Pixels = np.asarray(cv2.resize(noise, (COLS, ROWS)), np.uint8)
    return np.ascontiguousarray(pixels[:, :, 1]) if grey else pixels


def examined(data: bytes) -> JpegPicture:
    return CODEC.examine(inspect_jpeg(data))[0]


def pixels_of(jpeg: JpegPicture) -> Pixels:
    return CODEC.decode_jpeg(jpeg).pixels


def decoded_strictly(data: bytes) -> Any:
    """Decode with a decoder that refuses whatever libjpeg-turbo warns of."""
    return simplejpeg.decode_jpeg(data, "BGR", strict=True)


MANNERS = st.fixed_dictionaries(
    {},
    optional={
        "restart": st.integers(1, 40),
        "stray": st.integers(0, 16),
        "end-zeros": st.integers(0, 16),
        "tail-zeros": st.integers(0, 3000),
        "gap": st.integers(0, 700),
        "fill": st.integers(0, 5),
        "comment": st.just(1),
        "scan-header": st.just(1),
        "jfif": st.integers(0, 255),
        "orientation": st.integers(1, 8),
        "no-tables": st.just(1),
    },
)


@given(st.sampled_from(SERVED), MANNERS, st.booleans(), st.integers(0, 5), st.integers(30, 98))
@example("420", {"restart": 5, "stray": 1}, False, 1, 85)
@example("422", {"restart": 40, "stray": 10, "end-zeros": 16}, False, 1, 85)
def test_whole_picture_is_served_as_strict_decoders_take_it(
    sampling: str, values: dict[str, int], grey: bool, seed: int, quality: int
) -> None:
    pixels = scene(seed, grey=grey)
    if "restart" in values and seed % 2:
        values["last-restart"] = 1
    form = {name: values[name] for name in FORMS if name in values}
    plain = JpegManners(sampling, form).written(pixels, quality)
    served = examined(JpegManners(sampling, values).written(pixels, quality))
    assert np.array_equal(pixels_of(served), pixels_of(inspect_jpeg(plain)))
    assert (served.cols, served.rows) == (COLS, ROWS)
    upright = cv2.imdecode(np.frombuffer(served.data, np.uint8), cv2.IMREAD_COLOR)
    assert upright.shape == (ROWS, COLS, 3)
    if served.is_portable:
        decoded_strictly(served.data)
        # What was mended is whole, and needs no mending.
        again = replace(inspect_jpeg(served.data), oddities=served.oddities)
        assert again == served
        assert CODEC.examine(again)[0] is again


@pytest.mark.parametrize("sampling", SERVED)
def test_progressive_picture_is_served(sampling: str) -> None:
    manners = JpegManners(sampling, {"progressive": 1, "gap": 608, "end-zeros": 9})
    served = examined(manners.written(scene()))
    sequential = inspect_jpeg(JpegManners(sampling).written(scene()))
    assert np.array_equal(pixels_of(served), pixels_of(sequential))


@pytest.mark.parametrize("count", range(1, 17))
@pytest.mark.parametrize("restart", [1, 5, 10])
def test_stray_bytes_before_restart_markers_are_removed(count: int, restart: int) -> None:
    served = examined(parse_manners(f"restart={restart},stray={count}").written(scene()))
    assert served.data == parse_manners(f"restart={restart}").written(scene())
    assert served.oddities == "stray bytes before restart markers"


PLAIN = parse_manners("").written(scene())
STRAY = st.lists(st.sampled_from([b"\0", b"\x55", b"\xff\0"]), max_size=8).map(b"".join)


@given(st.integers(1, 19), st.data())
def test_stray_bytes_before_some_markers_are_removed(restart: int, data: st.DataObject) -> None:
    parts = encode(scene(), JpegForm(restart_interval=restart))
    [scan] = parts.scans
    head = b"".join([SOI, *parts.segments, scan.header])
    strays = data.draw(st.lists(STRAY, min_size=20, max_size=20))
    kept, odd = [head], [head]
    for number, interval in enumerate(scan.intervals[:-1]):
        marker = bytes([0xFF, 0xD0 + number % 8])
        kept += [interval, marker]
        odd += [interval, strays[number], marker]
    whole, written = (b"".join([*half, scan.intervals[-1], EOI]) for half in (kept, odd))
    served = examined(written)
    assert np.array_equal(pixels_of(served), pixels_of(inspect_jpeg(whole)))
    decoded_strictly(served.data)


def test_marker_after_the_last_interval_goes_with_the_stray_bytes_before_it() -> None:
    served = examined(parse_manners("restart=5,last-restart,end-zeros=16").written(scene()))
    assert np.array_equal(pixels_of(served), pixels_of(inspect_jpeg(PLAIN)))
    decoded_strictly(served.data)


@pytest.mark.parametrize("number", range(10))
def test_stray_byte_before_one_marker_is_no_damage(number: int) -> None:
    parts = encode(scene(), JpegForm(restart_interval=2))
    intervals = parts.scans[0].intervals
    assert len(intervals) == 10
    data = parse_manners("restart=2").written(scene())
    ends = np.cumsum([len(interval) + 2 for interval in intervals])
    at = len(data) - 2 - int(ends[-1] - 2) + int(ends[number]) - 2
    served = examined(data[:at] + b"\x55" + data[at:])
    assert np.array_equal(pixels_of(served), pixels_of(inspect_jpeg(data)))
    decoded_strictly(served.data)


@pytest.mark.parametrize("count", range(1, 17))
def test_zeros_before_the_end_marker_are_removed_but_for_those_that_a_decoder_reads_ahead(
    count: int,
) -> None:
    served = examined(parse_manners(f"end-zeros={count}").written(scene()))
    rest = served.data.removesuffix(b"\xff\xd9")
    plain = parse_manners("").written(scene()).removesuffix(b"\xff\xd9")
    assert rest.rstrip(b"\0") == plain
    assert len(rest) - len(plain) < 8


@pytest.mark.parametrize("count", range(1, 17))
@pytest.mark.parametrize("level", [90, 128])
def test_zeros_that_a_picture_ends_with_are_not_taken_for_stray_ones(
    level: int, count: int
) -> None:
    pixels = np.full((ROWS, COLS, 3), level, np.uint8)
    plain = parse_manners("").written(pixels)
    assert plain.endswith(b"\0" + EOI)
    served = examined(parse_manners(f"end-zeros={count}").written(pixels))
    assert plain.removesuffix(EOI) in served.data
    assert np.array_equal(pixels_of(served), pixels_of(inspect_jpeg(plain)))
    decoded_strictly(served.data)


def test_oddities_of_both_kinds_are_named() -> None:
    served = examined(parse_manners("gap=9,restart=5,stray=9,end-zeros=16").written(scene()))
    assert served.oddities == (
        "bytes between segments, stray bytes before restart markers,"
        " stray bytes before the end marker"
    )


@pytest.mark.parametrize(
    "manners",
    [
        "cut=50",
        "cut=97",
        "end-zeros=17",
        "restart=5,stray=17",
        "restart=5,stray=3,cut=50",
        "restart=5,lost-restart",
        "restart=5,swapped-restarts",
        "restart=5,lost-interval",
        "restart=5,stray=3,lost-restart",
        "restart=5,stray=3,swapped-restarts",
        "restart=5,stray=3,lost-interval",
        "progressive,cut=50",
    ],
)
def test_picture_whose_data_are_missing_or_out_of_step_is_refused(manners: str) -> None:
    with pytest.raises(CorruptFrame, match="the JPEG is damaged"):
        examined(parse_manners(manners).written(scene()))


@pytest.mark.parametrize("grey", [False, True])
@given(st.integers(0, 10_000), st.integers(0, 4))
def test_damage_within_one_interval_is_refused_though_all_have_stray_bytes(
    grey: bool, place: int, stray: int
) -> None:
    data = parse_manners(f"restart=8,stray={stray}").written(scene(grey=grey))
    scan = data.index(b"\xff\xda") + 14
    # All of one interval, so that no decoder finds the next code by chance.
    begins = [at + 2 for at in range(scan, len(data)) if data[at : at + 2] in RESTARTS]
    begin = [scan, *begins][place % len(begins)]
    with pytest.raises(CorruptFrame, match="the JPEG is damaged"):
        examined(data[:begin] + b"\x5a" * 40 + data[begin + 40 + 20 :])


RESTARTS = [bytes([0xFF, marker]) for marker in range(0xD0, 0xD8)]


@pytest.mark.parametrize("sampling", ["410", "unequal"])
@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
def test_uncommon_sampling_is_decoded_to_every_size(sampling: str, shrink: int) -> None:
    jpeg = inspect_jpeg(parse_manners(f"sampling={sampling},orientation=6").written(scene()))
    picture = CODEC.decode_jpeg(jpeg, shrink)
    assert (picture.cols, picture.rows) == (-(-COLS // shrink), -(-ROWS // shrink))
    assert picture.layout is Layout.BGR8
    assert np.array_equal(CODEC.examine(jpeg, shrink)[1].pixels, picture.pixels)


@pytest.mark.parametrize("sampling", ["410", "unequal"])
@pytest.mark.parametrize(
    "manners",
    [
        "cut=50",
        "cut=98",
        "end-zeros=17",
        "restart=2,stray=17",
        "restart=2,stray=3,cut=50",
        "restart=2,lost-restart",
        "restart=2,swapped-restarts",
        "restart=2,stray=3,lost-interval",
    ],
)
def test_damage_in_uncommon_sampling_is_refused(sampling: str, manners: str) -> None:
    with pytest.raises(CorruptFrame, match="the JPEG is damaged"):
        examined(parse_manners(f"sampling={sampling},{manners}").written(scene()))


def is_refused(data: bytes) -> bool:
    try:
        examined(data)
    except CorruptFrame:
        return True
    return False


@pytest.mark.parametrize("sampling", ["410", "unequal"])
def test_lost_bytes_in_uncommon_sampling_are_refused(sampling: str) -> None:
    refused = 0
    for seed in range(60):
        data = parse_manners(f"sampling={sampling}").written(scene(seed))
        at = data.index(b"\xff\xda") + 14 + 17 * seed
        refused += is_refused(data[:at] + data[at + 300 :])
    # What is left may be a valid stream of codes by chance.
    assert refused >= 40


def test_large_pictures_of_uncommon_sampling_are_not_followed() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (240, 320, 3), np.uint8)
    data = parse_manners("sampling=unequal,cut=50").written(noise, 98)
    assert len(data) > MAX_FOLLOWED_BYTES // 2
    assert is_refused(data)
    assert not is_refused(data[:2] + comment(MAX_FOLLOWED_BYTES - len(data)) + data[2:])


def comment(count: int) -> bytes:
    """Segments of at least so many bytes."""
    return (b"\xff\xfe\xff\xff" + bytes(65_533)) * (count // 65_537 + 1)


def test_uncommon_sampling_that_does_not_decode_is_refused() -> None:
    data = parse_manners("sampling=410").written(scene())
    at = data.index(b"\xff\xdb")
    with pytest.raises(CorruptFrame, match="OpenCV cannot decode it"):
        examined(data[:at] + data[at + 69 :])
