from __future__ import annotations

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
MS = NANOSECONDS // 1000


class Robot:
    """A link, and its time sync, over a network whose two ways have delays of their own.

    Other than the fake robot it keeps its estimates, here nonsense, when its clock is set.
    """

    rpc_timeout_s = 1.5

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.ahead_ns = SKEW_NS
        self.there_s = self.back_s = 0.001
        # Round trips by the identifiers of exchanges, and all identifiers ever given.
        self.samples: dict[str, int] = {}
        self.given: list[str] = []
        self.timeouts_s: set[float] = set()
        self.calls = 0
        self.ready = True
        self.errors: list[sdk.Error] = []
        # Set during the next call.
        self.step_within_s = 0.0

    def client(self, service_name: str) -> Any:
        assert service_name == "time-sync"
        return Client(self)

    def reboot(self) -> None:
        self.samples.clear()

    def update(self, round_trip: Any, identifier: str, timeout: float) -> Any:
        self.timeouts_s.add(timeout)
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        if identifier not in self.samples:
            identifier = f"clock-{len(self.given)}"
            self.given.append(identifier)
            self.samples[identifier] = 0
            round_trip = None
        self.samples[identifier] += round_trip is not None
        answer = TimeSyncUpdateResponse(clock_identifier=identifier)
        answer.state.status = TimeSyncState.STATUS_MORE_SAMPLES_NEEDED
        if self.samples[identifier] >= 3 and self.ready:
            answer.state.status = TimeSyncState.STATUS_OK
            answer.state.best_estimate.clock_skew.FromNanoseconds(12345)
        self._clock.advance(self.there_s)
        answer.header.request_received_timestamp.FromNanoseconds(self.now_ns())
        self.ahead_ns += round(self.step_within_s * NANOSECONDS)
        self.step_within_s = 0.0
        answer.header.response_timestamp.FromNanoseconds(self.now_ns())
        self._clock.advance(self.back_s)
        return answer

    def now_ns(self) -> int:
        return self._clock.monotonic_ns() + 1_700_000_000 * NANOSECONDS + self.ahead_ns


class Client:
    """The SDK's client; a link that was renewed has another one."""

    def __init__(self, robot: Robot) -> None:
        self._robot = robot

    def get_time_sync_update(self, round_trip: Any, identifier: str, *, timeout: float) -> Any:
        return self._robot.update(round_trip, identifier, timeout)


@pytest.fixture
def robot(clock: ManualClock) -> Robot:
    return Robot(clock)


@pytest.fixture
def robot_clock(robot: Robot, clock: ManualClock) -> BosdynRobotClock:
    return BosdynRobotClock(robot, clock)  # type: ignore[arg-type]


def off_ns(robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock) -> int:
    return robot_clock.robot_time_ns(clock.monotonic_ns()) - robot.now_ns()


def test_robot_time_is_computed_from_monotonic_time(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    assert robot_clock.synchronize() == MS
    assert off_ns(robot, robot_clock, clock) == 0
    assert robot.timeouts_s == {robot.rpc_timeout_s}


def test_no_robot_time_before_the_first_sync(robot_clock: BosdynRobotClock) -> None:
    with pytest.raises(NotSynchronized):
        robot_clock.robot_time_ns(0)


def test_sync_that_stands_costs_one_call_on_any_channel(
    robot: Robot, robot_clock: BosdynRobotClock
) -> None:
    for calls in (4, 5, 6):
        robot_clock.synchronize()
        assert robot.calls == calls
    assert robot.given == ["clock-0"]


def test_rebooted_robot_gets_new_samples(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    robot_clock.synchronize()
    robot.reboot()
    robot.ahead_ns -= 7 * MS
    robot_clock.synchronize()
    assert robot.given == ["clock-0", "clock-1"]
    assert off_ns(robot, robot_clock, clock) == 0


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_steps_of_the_wall_clock_do_no_harm(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock, step_s: float
) -> None:
    robot_clock.synchronize()
    clock.step(step_s)
    assert off_ns(robot, robot_clock, clock) == 0
    robot_clock.synchronize()
    assert off_ns(robot, robot_clock, clock) == 0


@pytest.mark.parametrize("step_s", [0.2, -0.2, 300.0, -300.0])
def test_robot_clock_that_was_set_is_followed_by_the_next_sample(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock, step_s: float
) -> None:
    robot_clock.synchronize()
    robot.ahead_ns += round(step_s * NANOSECONDS)
    robot_clock.synchronize()
    assert off_ns(robot, robot_clock, clock) == 0


@pytest.mark.parametrize(("there_s", "back_s"), [(0.3, 0.001), (0.001, 0.3), (0.6, 0.2)])
def test_good_sample_outlasts_a_congested_link(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock, there_s: float, back_s: float
) -> None:
    robot_clock.synchronize()
    robot.reboot()  # it has forgotten the good sample
    robot.there_s, robot.back_s = there_s, back_s
    for _ in range(10):
        clock.advance(60.0)
        robot_clock.synchronize()
        assert off_ns(robot, robot_clock, clock) == 0


def test_changing_delays_are_followed_within_the_stated_error(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    # A link that is congested at the start, one way and then the other, and recovers.
    delays_s = [(0.3, 0.02), (0.2, 0.05), (0.01, 0.4), (0.05, 0.03), (0.001, 0.001), (0.5, 0.001)]
    errors_ns = []
    for robot.there_s, robot.back_s in delays_s:
        errors_ns.append(robot_clock.synchronize())
        assert abs(off_ns(robot, robot_clock, clock)) <= errors_ns[-1]
        clock.advance(5.0)
    assert errors_ns[0] == 160 * MS
    assert errors_ns[-2] == MS
    assert errors_ns[-1] < 2 * MS


def test_clock_that_is_set_during_a_call_gives_no_sample(
    robot: Robot, robot_clock: BosdynRobotClock, clock: ManualClock
) -> None:
    robot_clock.synchronize()
    robot.step_within_s = 60.0
    robot_clock.synchronize()
    assert robot.calls == 4 + 2
    assert off_ns(robot, robot_clock, clock) == 0


def test_exchange_that_the_robot_refuses_begins_again(
    robot: Robot, robot_clock: BosdynRobotClock
) -> None:
    robot_clock.synchronize()
    robot.errors = [sdk.InvalidRequestError(None)]
    with pytest.raises(RobotRefused):
        robot_clock.synchronize()
    robot_clock.synchronize()
    assert robot.given == ["clock-0", "clock-1"]


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
    robot.errors = [sdk.TimedOutError(None)]
    with pytest.raises(RobotUnreachable):
        robot_clock.synchronize()
    assert off_ns(robot, robot_clock, clock) == 0
    robot_clock.synchronize()
    assert robot.given == ["clock-0"]
