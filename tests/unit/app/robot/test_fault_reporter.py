from __future__ import annotations

from collections import deque
from collections.abc import Callable

import pytest

from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import RobotRefused, RobotUnreachable
from spot_webcam.domain.health.faults import Edge, Fault, capture_fault
from spot_webcam.domain.health.pauses import MAX_LATE_S, PauseDetector
from spot_webcam.fakes.time.manual import ManualClock

FRONT = capture_fault("front", "unplugged")
REAR = capture_fault("rear", "silent")
TIMEOUTS = RobotTimeouts()
AWAY = RobotUnreachable("no answer")


class Source:
    """As much of a source as has faults."""

    def __init__(self) -> None:
        self.standing: list[Fault] = []

    def faults(self) -> list[Fault]:
        return self.standing


class Sink:
    """Holds faults as the robot does; `errors` are raised first, a call each."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.held: dict[str, Fault] = {}
        self.log: list[str] = []
        self.errors: deque[Exception | None] = deque()
        # Raised by the next triggers, after they took effect.
        self.late_errors: deque[Exception] = deque()
        self.refuses: set[str] = set()
        self.call_s = 0.0
        self.timeouts_s: list[float] = []
        self.meanwhile: Callable[[], None] = lambda: None

    def _call(self, text: str, fault: Fault) -> None:
        self.log.append(f"{text} {fault.name}")
        self._clock.advance(self.call_s)
        error = self.errors.popleft() if self.errors else None
        if fault.name in self.refuses:
            error = RobotRefused("not this one")
        if error is not None:
            raise error

    def trigger(self, fault: Fault) -> None:
        self._call("trigger", fault)
        self.held[fault.name] = fault
        meanwhile, self.meanwhile = self.meanwhile, lambda: None
        meanwhile()
        if self.late_errors:
            raise self.late_errors.popleft()

    def clear(self, fault: Fault, timeout_s: float = 3.0) -> None:
        self.timeouts_s.append(timeout_s)
        self._call("clear", fault)
        self.held.pop(fault.name, None)

    def clear_all(self) -> None:
        self.held.clear()

    def forget(self) -> None:
        self.held.clear()


class Stand:
    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.front, self.rear = Source(), Source()
        self.sink = Sink(clock)
        self.reporter = FaultReporter([self.front, self.rear], self.sink, clock, TIMEOUTS)

    def run(self, seconds: float) -> None:
        end_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        while self.clock.monotonic_ns() < end_ns:
            self.clock.advance(self.reporter.step())


@pytest.fixture
def stand(clock: ManualClock) -> Stand:
    return Stand(clock)


def test_fault_is_reported_once(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.run(60.0)
    assert stand.sink.log == [f"trigger {FRONT.name}"]
    assert stand.sink.held == {FRONT.name: FRONT}


def test_fault_that_is_over_is_cleared_once(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.run(5.0)
    stand.front.standing = []
    stand.run(60.0)
    assert stand.sink.log == [f"trigger {FRONT.name}", f"clear {FRONT.name}"]
    assert stand.sink.held == {}


def test_edge_that_somebody_else_reported_is_not_reported_again(stand: Stand) -> None:
    stand.reporter.reachable()
    stand.front.standing = [FRONT]
    stand.reporter.record(Edge(FRONT, raised=True))
    stand.run(60.0)
    assert stand.reporter.reported() == [FRONT]
    stand.front.standing = []
    stand.reporter.record(Edge(FRONT, raised=False))
    stand.run(60.0)
    assert stand.reporter.reported() == []
    assert stand.sink.log == []


def test_fault_that_somebody_else_reported_is_cleared_when_it_is_over(stand: Stand) -> None:
    stand.reporter.reachable()
    stand.front.standing = [FRONT]
    stand.reporter.record(Edge(FRONT, raised=True))
    stand.run(5.0)
    stand.front.standing = []
    stand.run(60.0)
    assert stand.sink.log == [f"clear {FRONT.name}"]


def test_faults_of_all_sources_are_reported(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing, stand.rear.standing = [FRONT], [REAR]
    assert stand.reporter.step() == TIMEOUTS.fault_check_s
    assert stand.sink.held == {FRONT.name: FRONT, REAR.name: REAR}


@pytest.mark.parametrize("late_s", [MAX_LATE_S, MAX_LATE_S + 0.001])
def test_late_step_is_a_pause_of_this_process(clock: ManualClock, late_s: float) -> None:
    pauses = PauseDetector()
    reporter = FaultReporter([], Sink(clock), clock, TIMEOUTS, pauses)
    clock.advance(1.0)
    for _ in range(3):
        clock.advance(reporter.step())
    clock.advance(late_s)
    now_ns = clock.monotonic_ns()
    reporter.step()
    assert pauses.resumed_ns(now_ns) == (now_ns if late_s > MAX_LATE_S else 0)


def test_robot_that_answers_late_is_no_pause_of_this_process(stand: Stand) -> None:
    pauses = PauseDetector()
    reporter = FaultReporter([stand.front], stand.sink, stand.clock, TIMEOUTS, pauses)
    reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.call_s = 3.0
    for _ in range(3):
        stand.clock.advance(reporter.step())
    assert stand.sink.held == {FRONT.name: FRONT}
    assert pauses.resumed_ns(stand.clock.monotonic_ns()) == 0


def test_nothing_is_reported_before_the_robot_listens(stand: Stand) -> None:
    stand.front.standing = [FRONT]
    stand.run(5.0)
    assert stand.sink.log == []


def test_nothing_is_reported_while_the_robot_is_away(stand: Stand) -> None:
    stand.reporter.registered()
    stand.run(1.0)
    stand.reporter.unreachable()
    stand.front.standing = [FRONT]
    stand.run(20.0)
    assert stand.sink.log == []
    stand.reporter.reachable()
    stand.run(1.0)
    assert stand.sink.log == [f"trigger {FRONT.name}"]


def test_fault_that_came_and_went_while_the_robot_was_away_is_not_reported(stand: Stand) -> None:
    stand.front.standing = [FRONT]
    stand.run(5.0)
    stand.front.standing = []
    stand.run(5.0)
    stand.reporter.registered()
    stand.run(5.0)
    assert stand.sink.log == []


def test_robot_that_is_back_and_remembers_is_not_reported_again(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.run(1.0)
    stand.reporter.unreachable()
    stand.run(30.0)
    stand.reporter.reachable()
    stand.run(30.0)
    assert stand.sink.log == [f"trigger {FRONT.name}"]


def test_faults_are_reported_again_at_once_after_another_registration(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.run(1.0)
    stand.sink.forget()
    stand.reporter.registered()
    stand.run(0.1)
    assert stand.sink.held == {FRONT.name: FRONT}
    stand.run(30.0)
    assert len(stand.sink.log) == 2


def test_faults_are_reported_again_after_a_registration_during_a_report(stand: Stand) -> None:
    def robot_forgets() -> None:
        stand.sink.forget()
        stand.reporter.registered()

    stand.reporter.registered()
    stand.sink.meanwhile = robot_forgets
    stand.front.standing = [FRONT]
    stand.run(30.0)
    assert stand.sink.held == {FRONT.name: FRONT}


def test_edge_is_reported_again_after_an_error_and_a_pause(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.errors.extend([AWAY, AWAY])
    assert [stand.reporter.step() for _ in range(3)] == [
        TIMEOUTS.fault_retry_s,
        TIMEOUTS.fault_retry_s,
        TIMEOUTS.fault_check_s,
    ]
    assert stand.sink.held == {FRONT.name: FRONT}


def test_raise_whose_answer_was_lost_is_cleared_when_the_fault_is_over(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.late_errors.append(AWAY)
    stand.reporter.step()
    stand.reporter.unreachable()
    stand.front.standing = []
    stand.run(5.0)
    assert stand.sink.held == {FRONT.name: FRONT}
    stand.reporter.reachable()
    stand.run(30.0)
    assert stand.sink.held == {}
    assert stand.sink.log == [f"trigger {FRONT.name}", f"clear {FRONT.name}"]


def test_raise_that_the_robot_refused_is_not_cleared(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.errors.append(RobotRefused("no"))
    stand.reporter.step()
    stand.front.standing = []
    stand.run(30.0)
    assert stand.sink.log == [f"trigger {FRONT.name}"]


def test_robot_that_does_not_answer_is_not_asked_for_every_fault(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing, stand.rear.standing = [FRONT], [REAR]
    stand.sink.errors.extend([AWAY])
    stand.reporter.step()
    assert len(stand.sink.log) == 1


def test_fault_that_the_robot_refuses_does_not_hold_up_the_others(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing, stand.rear.standing = [FRONT], [REAR]
    stand.sink.refuses = {FRONT.name}
    stand.run(10.0)
    assert stand.sink.held == {REAR.name: REAR}


def test_telling_stops_when_the_robot_goes_away_meanwhile(stand: Stand) -> None:
    stand.reporter.registered()
    stand.sink.meanwhile = stand.reporter.unreachable
    stand.front.standing, stand.rear.standing = [FRONT], [REAR]
    stand.run(1.0)
    assert stand.sink.log == [f"trigger {FRONT.name}"]


@pytest.mark.parametrize("news", ["registered", "reachable"])
def test_robot_that_listens_again_wakes_the_reporter(stand: Stand, news: str) -> None:
    getattr(stand.reporter, news)()
    assert stand.reporter.wake.is_set()
    stand.reporter.step()
    assert not stand.reporter.wake.is_set()


def test_each_complaint_is_logged_once(stand: Stand, caplog: pytest.LogCaptureFixture) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.errors.extend([AWAY, AWAY, RobotRefused("busy"), AWAY])
    for _ in range(5):
        stand.reporter.step()
    assert caplog.messages == [
        f"cannot report the fault '{FRONT.name}' to the robot: no answer",
        f"cannot report the fault '{FRONT.name}' to the robot: busy",
        f"cannot report the fault '{FRONT.name}' to the robot: no answer",
        f"fault raised: {FRONT.name}: unplugged",
    ]


# The end.


@pytest.fixture
def raised(stand: Stand) -> Stand:
    stand.reporter.registered()
    stand.front.standing, stand.rear.standing = [FRONT], [REAR]
    stand.reporter.step()
    stand.sink.log.clear()
    return stand


def test_what_was_raised_is_cleared_at_the_end(raised: Stand) -> None:
    raised.reporter.clear_reported(1.0)
    assert raised.sink.held == {}
    assert raised.sink.timeouts_s == [1.0, 1.0]


def test_clearing_at_the_end_takes_no_longer_than_it_may(raised: Stand) -> None:
    raised.sink.call_s = 0.6
    raised.reporter.clear_reported(1.0)
    assert raised.sink.timeouts_s == pytest.approx([1.0, 0.4])
    raised.sink.log.clear()
    raised.reporter.clear_reported(0.5)
    assert len(raised.sink.log) == 1


def test_what_may_have_been_raised_is_cleared_at_the_end(stand: Stand) -> None:
    stand.reporter.registered()
    stand.front.standing = [FRONT]
    stand.sink.late_errors.append(AWAY)
    stand.reporter.step()
    stand.reporter.clear_reported(1.0)
    assert stand.sink.held == {}


def test_robot_that_answers_again_at_the_end_is_asked(raised: Stand) -> None:
    raised.reporter.unreachable()
    raised.reporter.clear_reported(1.0)
    assert raised.sink.held == {}


def test_error_at_the_end_ends_the_clearing(raised: Stand) -> None:
    raised.sink.errors.extend([AWAY])
    raised.reporter.clear_reported(1.0)
    assert len(raised.sink.log) == 1


def test_fault_that_is_refused_at_the_end_does_not_keep_the_others(raised: Stand) -> None:
    raised.sink.refuses.add(FRONT.name)
    raised.reporter.clear_reported(1.0)
    assert list(raised.sink.held) == [FRONT.name]


def test_raises_are_counted_by_fault(stand: Stand) -> None:
    stand.reporter.registered()
    for _ in range(2):
        stand.front.standing = [FRONT]
        stand.run(20.0)
        stand.front.standing = []
        stand.run(20.0)
    assert stand.reporter.raises() == {FRONT.name: 2}
