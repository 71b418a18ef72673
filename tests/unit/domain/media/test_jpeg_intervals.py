from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.media.jpeg import inspect_jpeg
from spot_webcam.domain.media.jpeg_intervals import (
    GUARD_BYTES,
    RestartIntervals,
    restart_intervals,
)
from spot_webcam.fakes.cameras.jpeg_manners import parse_manners

PIXELS: Pixels = np.random.default_rng(1).integers(0, 256, (40, 56, 3), np.uint8)
START_OF_FRAME, RESTART_INTERVAL = b"\xff\xc0", b"\xff\xdd\0\4"


def written(manners: str, pixels: Pixels = PIXELS) -> bytes:
    return inspect_jpeg(parse_manners(manners).written(pixels)).data


def split(data: bytes) -> RestartIntervals:
    intervals = restart_intervals(data)
    assert intervals is not None
    return intervals


def edited(data: bytes, marker: bytes, edit: Callable[[bytes], bytes]) -> bytes:
    at = data.index(marker)
    return data[:at] + edit(data[at:])


@pytest.mark.parametrize("sampling", ["444", "422", "420", "411"])
@pytest.mark.parametrize("restart", [1, 2, 3, 5])
def test_intervals_make_up_the_jpeg(sampling: str, restart: int) -> None:
    data = written(f"sampling={sampling},restart={restart}")
    intervals = split(data)
    stray = [0] * (len(intervals.intervals) - 1)
    assert intervals.without(stray) == data


@given(st.integers(1, 30), st.integers(0, 12), st.booleans())
def test_bytes_at_the_ends_of_intervals_are_removed(restart: int, count: int, grey: bool) -> None:
    pixels = PIXELS[:, :, 0] if grey else PIXELS
    clean = written(f"restart={restart}", pixels)
    intervals = split(written(f"restart={restart},stray={count}", pixels))
    assert intervals.without([count] * (len(intervals.intervals) - 1)) == clean


def test_probe_is_a_picture_of_two_intervals_that_holds_one() -> None:
    intervals = split(written("restart=3"))
    probe = inspect_jpeg(intervals.probe(1))
    # Four units of 16 pixels make a row, so that three are a row of their own.
    assert intervals.probe_size == (probe.cols, probe.rows) == (48, 32)
    end = intervals.intervals[1] + bytes(GUARD_BYTES) + b"\xff\xd0\xff\xd9"
    assert probe.data.endswith(end)


def test_probe_of_whole_rows_has_whole_rows() -> None:
    assert split(written("restart=8")).probe_size == (64, 64)


def test_marker_after_the_last_interval_belongs_to_no_interval() -> None:
    intervals = split(written("restart=5,last-restart"))
    assert intervals.without([0, 0]) == written("restart=5")


def test_fill_bytes_before_markers_are_skipped() -> None:
    data = written("restart=5,fill=2")
    intervals = split(data)
    assert intervals.without([0, 0]) == data
    assert intervals.intervals[:-1] == split(written("restart=5")).intervals[:-1]


@pytest.mark.parametrize(
    "manners",
    ["", "progressive", "restart=3,lost-restart", "restart=3,lost-interval"],
)
def test_jpeg_without_all_intervals_is_not_split(manners: str) -> None:
    assert restart_intervals(written(manners)) is None


def test_markers_out_of_sequence_are_not_split() -> None:
    assert restart_intervals(written("restart=3,swapped-restarts")) is None


def test_intervals_of_another_size_are_not_split() -> None:
    data = written("restart=3")
    for rows in (20, 400):
        other = edited(
            data,
            START_OF_FRAME,
            lambda rest, rows=rows: rest[:5] + rows.to_bytes(2, "big") + rest[7:],
        )
        assert restart_intervals(other) is None


def test_interval_that_no_picture_can_hold_is_not_split() -> None:
    data = written("restart=3")
    long = edited(data, RESTART_INTERVAL, lambda rest: rest[:4] + b"\xff\xfe" + rest[6:])
    assert restart_intervals(long) is None


def test_later_scans_are_not_split() -> None:
    data = written("restart=3")
    scan = data[data.index(b"\xff\xda") :]
    assert restart_intervals(data[:-2] + scan) is None


def test_scan_of_one_component_of_several_is_not_split() -> None:
    data = written("restart=3")
    one = edited(data, b"\xff\xda", lambda rest: b"\xff\xda\0\x08\1\1\0\0\x3f\0" + rest[14:])
    assert restart_intervals(one) is None
