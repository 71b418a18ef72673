"""What happens again and again does not fill a disk, and the log ends with what holds."""

import logging

import pytest

from spot_webcam.app.runtime.log_limit import MAX_KINDS, RepeatLimit

BURST, PERIOD_S = 3, 20.0


class Now:
    s = 100.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def limit(now: Now) -> RepeatLimit:
    return RepeatLimit(now, burst=BURST, period_s=PERIOD_S)


def record(
    text: str = "%s: gone",
    *args: object,
    logger: str = "spot_webcam.app.cam",
    level: int = logging.WARNING,
    source: str = "",
) -> logging.LogRecord:
    values = (args or ("front",)) if "%s" in text else ()
    made = logging.LogRecord(logger, level, "file", 1, text, values, None)
    made.__dict__["source"] = source
    return made


def texts(records: list[logging.LogRecord]) -> list[str]:
    return [one.getMessage() for one in records]


def test_a_burst_passes_and_then_one_line_in_each_period(limit: RepeatLimit, now: Now) -> None:
    written = 0
    for _ in range(1000):
        written += limit.admits(record()) + len(limit.due())
        now.s += 1.0
    assert 1000 / PERIOD_S - 1 <= written - BURST <= 1000 / PERIOD_S


def test_last_line_comes_later_and_says_how_many_are_missing(limit: RepeatLimit, now: Now) -> None:
    for number in range(BURST + 4):
        assert limit.admits(record("%s: gone", number)) == (number < BURST)
    assert limit.due() == []
    now.s += PERIOD_S
    [late] = limit.due()
    assert late.getMessage() == f"{BURST + 3}: gone (3 like it were left out before)"
    assert late.__dict__["left_out"] == 3
    assert limit.due() == []


def test_log_ends_with_what_holds(limit: RepeatLimit, now: Now) -> None:
    for _ in range(10):
        limit.admits(record("%s: gone"))
        limit.admits(record("%s: back"))
    now.s += PERIOD_S
    assert [text.partition(" (")[0] for text in texts(limit.due())] == [
        "front: gone",
        "front: back",
    ]


def test_line_whose_turn_has_not_come_is_written_at_the_end(limit: RepeatLimit) -> None:
    for number in range(BURST + 1):
        limit.admits(record("%s: gone", number))
    assert texts(limit.rest()) == [f"{BURST}: gone"]
    assert limit.rest() == []


def test_line_waits_behind_the_one_that_is_held(limit: RepeatLimit, now: Now) -> None:
    for number in range(BURST + 1):
        limit.admits(record("%s: gone", number))
    now.s += PERIOD_S
    assert not limit.admits(record("%s: gone", "last"))
    assert texts(limit.due()) == ["last: gone (1 like it were left out before)"]


def test_sources_messages_and_levels_do_not_share_a_limit(limit: RepeatLimit) -> None:
    for _ in range(BURST + 1):
        limit.admits(record())
    assert limit.admits(record(source="rear"))
    assert limit.admits(record("%s: back"))
    assert limit.admits(record(level=logging.ERROR))


def test_messages_of_other_packages_share_one(limit: RepeatLimit) -> None:
    """They may have their values in them."""
    admitted = [limit.admits(record(f"{number}", logger="asyncio")) for number in range(100)]
    assert admitted.count(True) == BURST


def test_lines_for_debugging_are_not_limited(limit: RepeatLimit) -> None:
    assert all(limit.admits(record(level=logging.DEBUG)) for _ in range(1000))


def test_kinds_are_limited_too_and_the_last_ones_are_known(limit: RepeatLimit) -> None:
    for _ in range(BURST + 1):
        limit.admits(record())
    for number in range(MAX_KINDS):
        limit.admits(record(f"{number}"))
        limit.admits(record())
    assert not limit.admits(record())
    assert limit.admits(record("0"))
