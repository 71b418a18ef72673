from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.serving.robot_timestamps import MAX_HOLD_NS, MAX_REMEMBERED, RobotTimestamps
from spot_webcam.domain.errors import NotSynchronized
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.instant import now
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

WALL_NS = 1_700_000_000 * NANOSECONDS


def test_acquisition_time_knows_nothing_of_wall_time(
    robot_clock_at: Callable[..., Any], clock: ManualClock, make_picture: Callable[..., Any]
) -> None:
    times = RobotTimestamps(robot_clock_at(WALL_NS))
    reported = []
    for sequence, step_s in enumerate([0.0, 3600.0, -7200.0]):
        clock.step(step_s)
        clock.advance(1.0)
        taken = now(clock)
        frame = Frame(make_picture(), sequence, taken.wall_ns, taken.monotonic_ns)
        reported.append(times.of(frame))
    assert reported == [WALL_NS + (sequence + 1) * NANOSECONDS for sequence in range(3)]


def test_acquisition_time_is_robot_time(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    times = RobotTimestamps(robot_clock_at(-180 * NANOSECONDS))
    assert times.of(make_frame(1, WALL_NS)) == WALL_NS - 180 * NANOSECONDS


def test_no_robot_time_before_the_first_sync(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    with pytest.raises(NotSynchronized):
        RobotTimestamps(robot_clock_at(None)).of(make_frame(1, WALL_NS))


def test_newest_frame_keeps_its_time_when_the_skew_moves(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    robot_clock = robot_clock_at(0)
    times = RobotTimestamps(robot_clock)
    frame = make_frame(1, WALL_NS)
    first = times.of(frame)
    robot_clock.skew_ns = 5 * NANOSECONDS
    assert times.of(frame) == first


@given(
    st.lists(
        st.tuples(st.integers(0, NANOSECONDS), st.integers(0, MAX_HOLD_NS)),
        min_size=2,
        max_size=20,
    )
)
def test_times_never_run_against_the_frames_while_the_skew_wobbles(
    robot_clock_at: Callable[..., Any],
    make_frame: Callable[..., Frame],
    steps: list[tuple[int, int]],
) -> None:
    robot_clock = robot_clock_at(0)
    times = RobotTimestamps(robot_clock)
    captured_ns, reported = WALL_NS, []
    for sequence, (later_ns, skew_ns) in enumerate(steps, start=1):
        captured_ns += later_ns
        robot_clock.skew_ns = skew_ns
        reported.append(times.of(make_frame(sequence, captured_ns)))
    assert all(earlier <= later for earlier, later in pairwise(reported))


def test_robot_clock_that_was_set_back_is_followed(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    robot_clock = robot_clock_at(0)
    times = RobotTimestamps(robot_clock)
    times.of(make_frame(1, WALL_NS))
    robot_clock.skew_ns = -3600 * NANOSECONDS
    assert times.of(make_frame(2, WALL_NS)) == WALL_NS - 3600 * NANOSECONDS


def test_late_question_about_an_older_frame_stays_before_the_newer(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    robot_clock = robot_clock_at(0)
    times = RobotTimestamps(robot_clock)
    newer = times.of(make_frame(2, WALL_NS + 10))
    robot_clock.skew_ns = 1000
    assert times.of(make_frame(1, WALL_NS)) <= newer


def test_older_frame_keeps_the_time_it_was_given(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    robot_clock = robot_clock_at(100)
    times = RobotTimestamps(robot_clock)
    first = times.of(make_frame(1, WALL_NS))
    robot_clock.skew_ns = 0
    second_frame = make_frame(2, WALL_NS + 10)
    held = times.of(second_frame)
    times.of(make_frame(3, WALL_NS + 1000))
    assert times.of(second_frame) == held == first


def test_only_the_latest_times_are_remembered(
    robot_clock_at: Callable[..., Any], make_frame: Callable[..., Frame]
) -> None:
    robot_clock = robot_clock_at(100)
    times = RobotTimestamps(robot_clock)
    for sequence in range(MAX_REMEMBERED + 1):
        times.of(make_frame(sequence, WALL_NS + sequence))
    robot_clock.skew_ns = 0
    assert times.of(make_frame(1, WALL_NS + 1)) == WALL_NS + 101
    assert times.of(make_frame(0, WALL_NS)) == WALL_NS
