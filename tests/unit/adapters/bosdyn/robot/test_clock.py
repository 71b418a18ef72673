from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from bosdyn.api.time_sync_pb2 import TimeSyncState, TimeSyncUpdateResponse
from bosdyn.client import exceptions as sdk

from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.time_sync import MAX_SAMPLES
from spot_webcam.domain.errors import NotSynchronized, RobotRefused, RobotUnreachable
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

SKEW_NS = 420 * NANOSECONDS


class Robot:
    """A link, and its time sync: a round trip takes a tenth of a second, half of it each way.

    Other than the fake robot it keeps its samples when its clock is set.
    """

    rpc_timeout_s = 1.5

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.ahead_ns = SKEW_NS
        self.samples: dict[str, deque[int]] = {}
        self.timeouts_s: set[float] = set()
        self.calls = 0
        self.ready = True
        self.away = False
        self.lies_ns = 0

    def client(self, service_name: str) -> Any:
        assert service_name == "time-sync"
        return self

    def get_time_sync_update(self, round_trip: Any, identifier: str, *, timeout: float) -> Any:
        if self.away:
            raise sdk.TimedOutError(None)
        self.timeouts_s.add(timeout)
        self.calls += 1
        identifier = identifier or str(len(self.samples))
        samples = self.samples.setdefault(identifier, deque(maxlen=16))
        if round_trip is not None:
            there_ns = round_trip.server_rx.ToNanoseconds() - round_trip.client_tx.ToNanoseconds()
            back_ns = round_trip.server_tx.ToNanoseconds() - round_trip.client_rx.ToNanoseconds()
            samples.append((there_ns + back_ns) // 2)
        answer = TimeSyncUpdateResponse(clock_identifier=identifier)
        answer.state.status = TimeSyncState.STATUS_MORE_SAMPLES_NEEDED
        if len(samples) >= 3 and self.ready:
            answer.state.status = TimeSyncState.STATUS_OK
            estimate = answer.state.best_estimate
            estimate.clock_skew.FromNanoseconds(samples[0] + self.lies_ns)
        self._clock.advance(0.05)
        answer.header.request_received_timestamp.FromNanoseconds(self.now_ns())
        answer.header.response_timestamp.FromNanoseconds(self.now_ns())
        self._clock.advance(0.05)
        return answer

    def now_ns(self) -> int:
        return self._clock.monotonic_ns() + 1_700_000_000 * NANOSECONDS + self.ahead_ns


@pytest.fixture
def robot(clock: ManualClock) -> Robot:
    return Robot(clock)


@pytest.fixture
def robot_clock(robot: Robot, clock: ManualClock) -> BosdynRobotClock:
    return BosdynRobotClock(robot, clock)  # type: ignore[arg-type]


def test_robot_time_is_computed_from_monotonic_time(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    robot_clock.synchronize()
    assert robot_clock.robot_time_ns(clock.monotonic_ns()) == robot.now_ns()
    assert robot.timeouts_s == {robot.rpc_timeout_s}


def test_no_robot_time_before_the_first_sync(robot_clock: BosdynRobotClock) -> None:
    with pytest.raises(NotSynchronized):
        robot_clock.robot_time_ns(0)


def test_sync_that_stands_costs_one_call(robot: Robot, robot_clock: BosdynRobotClock) -> None:
    robot_clock.synchronize()
    robot_clock.synchronize()
    [samples] = robot.samples.values()
    assert len(samples) == 4


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_steps_of_the_wall_clock_do_no_harm(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock, step_s: float
) -> None:
    robot_clock.synchronize()
    clock.step(step_s)
    assert robot_clock.robot_time_ns(clock.monotonic_ns()) == robot.now_ns()
    robot_clock.synchronize()
    assert robot_clock.robot_time_ns(clock.monotonic_ns()) == robot.now_ns()
    assert len(robot.samples) == 1


@pytest.mark.parametrize("step_s", [0.5, -0.5, 300.0, -300.0])
def test_sync_begins_again_where_the_robots_estimate_mixes_two_clocks(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock, step_s: float
) -> None:
    robot_clock.synchronize()
    robot.ahead_ns += round(step_s * NANOSECONDS)
    robot_clock.synchronize()
    assert robot_clock.robot_time_ns(clock.monotonic_ns()) == robot.now_ns()
    assert len(robot.samples) == 2


def test_estimate_that_cannot_be_is_not_taken(robot: Robot, robot_clock: BosdynRobotClock) -> None:
    robot_clock.synchronize()
    before_ns = robot_clock.robot_time_ns(0)
    robot.lies_ns = NANOSECONDS
    with pytest.raises(RobotRefused, match="contradicts"):
        robot_clock.synchronize()
    assert robot_clock.robot_time_ns(0) == before_ns


def test_robot_that_comes_to_no_estimate_is_not_asked_for_ever(
    robot: Robot, robot_clock: BosdynRobotClock
) -> None:
    robot.ready = False
    with pytest.raises(RobotRefused, match="not ready"):
        robot_clock.synchronize()
    assert robot.calls == MAX_SAMPLES


def test_robot_that_is_away_leaves_the_last_skew(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    robot_clock.synchronize()
    robot.away = True
    with pytest.raises(RobotUnreachable):
        robot_clock.synchronize()
    assert robot_clock.robot_time_ns(clock.monotonic_ns()) == robot.now_ns()
