from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

import pytest

from spot_webcam.app.fault_reporter import FaultReporter
from spot_webcam.app.robot_session import (
    AUTHORIZATION_PAUSE_S,
    FIRST_PAUSE_S,
    HEARTBEAT_S,
    LONGEST_PAUSE_S,
    REJECTED_PAUSE_S,
    RENEW_S,
    SYNCHRONIZE_S,
    RobotSession,
    State,
)
from spot_webcam.domain.backoff import Backoff
from spot_webcam.domain.errors import (
    CredentialsRejected,
    NotRegistered,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)
from spot_webcam.domain.faults import Fault, capture_fault
from spot_webcam.fakes.clock import ManualClock

FAULT = capture_fault("front", "unplugged")
UP = ["connect", "authenticate", "synchronize"]
START = [*UP, "register", "clear_all"]
STATES = {
    "connect": State.CONNECT,
    "authenticate": State.AUTHENTICATE,
    "synchronize": State.SYNCHRONIZE,
    "register": State.REGISTER,
    "heartbeat": State.HEARTBEAT,
}


class Robot:
    """Login, clock, directory and fault sink of a robot, with a memory that can be lost.

    `errors` are raised by the next calls of a name; `late_errors` after the call took effect,
    as when the answer is lost.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.calls: list[str] = []
        self.errors: dict[str, deque[RobotError]] = {}
        self.late_errors: dict[str, deque[RobotError]] = {}
        self.always: dict[str, RobotError] = {}
        self.known = False
        self.faults: set[str] = {"an old one"}
        self.call_s = 0.0
        self.timeouts_s: list[float] = []

    def _call(self, name: str, effect: Callable[[], None] = lambda: None) -> None:
        self.calls.append(name)
        self._clock.advance(self.call_s)
        if name in self.always:
            raise self.always[name]
        if self.errors.get(name):
            raise self.errors[name].popleft()
        effect()
        if self.late_errors.get(name):
            raise self.late_errors[name].popleft()

    def fail(self, name: str, *errors: RobotError) -> None:
        self.errors[name] = deque(errors)

    def reboot(self) -> None:
        self.known = False
        self.faults.clear()

    def taken(self) -> list[str]:
        """Return the calls since the last time."""
        calls, self.calls = self.calls, []
        return calls

    def connect(self) -> str:
        self._call("connect")
        return "spot"

    def authenticate(self) -> None:
        self._call("authenticate")

    def synchronize(self) -> None:
        self._call("synchronize")

    def robot_time_ns(self, local_ns: int) -> int:
        return local_ns

    def register(self) -> None:
        def effect() -> None:
            self.known = True
            self.faults.clear()

        self._call("register", effect)

    def heartbeat(self) -> None:
        self._call("heartbeat")
        if not self.known:
            raise NotRegistered("forgotten")

    def unregister(self, timeout_s: float) -> None:
        self.timeouts_s.append(timeout_s)
        self._call("unregister", lambda: setattr(self, "known", False))

    def trigger(self, fault: Fault) -> None:
        self._call("trigger", lambda: self.faults.add(fault.name))

    def clear(self, fault: Fault, timeout_s: float = 3.0) -> None:
        self.timeouts_s.append(timeout_s)
        self._call("clear", lambda: self.faults.discard(fault.name))

    def clear_all(self) -> None:
        self._call("clear_all", self.faults.clear)


class Source:
    def __init__(self) -> None:
        self.standing: list[Fault] = []

    def faults(self) -> list[Fault]:
        return self.standing


class NoJitter(random.Random):
    def random(self) -> float:
        return 0.0


class Stand:
    """A session and a reporter that are stepped by hand, against a robot."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.robot = robot = Robot(clock)
        self.source = Source()
        self.reporter = FaultReporter([self.source], robot, clock)
        backoff = Backoff(FIRST_PAUSE_S, LONGEST_PAUSE_S, NoJitter())
        self.session = RobotSession(robot, robot, robot, robot, self.reporter, clock, backoff)

    def steps(self, count: int) -> list[float]:
        return [self.session.step() for _ in range(count)]

    def begin(self) -> None:
        """Come to where all is well."""
        self.steps(4)
        assert self.session.registered.is_set()
        self.robot.taken()

    def run(self, seconds: float) -> None:
        """Let the session and the reporter step for so long, each at its own pace."""
        end_ns = self.clock.monotonic_ns() + round(seconds * 1e9)
        while self.clock.monotonic_ns() < end_ns:
            wait_s = self.session.step()
            self.reporter.step()
            self.clock.advance(wait_s)


@pytest.fixture
def stand(clock: ManualClock) -> Stand:
    return Stand(clock)


@pytest.fixture
def well(stand: Stand) -> Stand:
    stand.begin()
    return stand


# The way in.


def test_way_in_is_taken_in_order_and_without_pauses(stand: Stand) -> None:
    assert stand.steps(5) == [0.0, 0.0, 0.0, HEARTBEAT_S, HEARTBEAT_S]
    assert stand.robot.calls == [*START, "heartbeat"]
    assert stand.session.registered.is_set()
    assert stand.session.refusal is None


def test_old_faults_of_the_service_are_cleared_at_the_first_registration_only(
    stand: Stand,
) -> None:
    stand.steps(4)
    assert stand.robot.faults == set()
    stand.robot.reboot()
    stand.steps(3)
    assert stand.robot.calls.count("register") == 2
    assert stand.robot.calls.count("clear_all") == 1


def test_faults_that_stand_are_told_after_the_registration(stand: Stand) -> None:
    stand.source.standing = [FAULT]
    stand.steps(3)
    stand.reporter.step()
    assert "trigger" not in stand.robot.calls
    stand.steps(1)
    stand.reporter.step()
    assert stand.robot.faults == {FAULT.name}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(
    ("error", "led_to"),
    [
        (RobotUnreachable("no answer"), State.CONNECT),
        (PayloadNotAuthorized("not yet"), State.AUTHENTICATE),
        (TokenRejected("old"), State.AUTHENTICATE),
        (NotRegistered("who?"), State.REGISTER),
        (RobotRefused("no"), None),
    ],
)
def test_every_error_leads_to_the_step_that_mends_it(
    stand: Stand, name: str, error: RobotError, led_to: State | None
) -> None:
    stand.robot.fail(name, error)
    for _ in range(6):
        stand.session.step()
        if not stand.robot.errors[name]:
            break
    assert stand.session.state is (led_to or STATES[name])
    assert not stand.session.registered.is_set()
    for _ in range(6):
        stand.session.step()
    assert stand.session.registered.is_set()
    assert stand.session.state is State.HEARTBEAT


def test_clearing_of_old_faults_that_fails_is_tried_again(stand: Stand) -> None:
    stand.robot.fail("clear_all", RobotUnreachable("no answer"))
    stand.steps(4)
    assert not stand.session.registered.is_set()
    stand.steps(4)
    assert stand.session.registered.is_set()
    assert stand.robot.calls.count("clear_all") == 2


def test_robot_that_is_away_is_tried_ever_less_often(stand: Stand) -> None:
    stand.robot.always["connect"] = RobotUnreachable("no answer")
    assert stand.steps(7) == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


@pytest.mark.parametrize("name", ["authenticate", "synchronize", "register", "clear_all"])
def test_step_that_goes_on_failing_behind_good_ones_is_tried_ever_less_often(
    stand: Stand, name: str
) -> None:
    stand.robot.always[name] = RobotUnreachable("no answer")
    waits_s = [wait_s for wait_s in stand.steps(60) if wait_s > 0]
    assert waits_s[:6] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]


def test_token_that_is_rejected_each_time_is_fetched_ever_less_often(well: Stand) -> None:
    well.robot.always["heartbeat"] = TokenRejected("old")
    waits_s = [wait_s for wait_s in well.steps(30) if wait_s > 0]
    assert waits_s[:6] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]


def test_pauses_are_short_again_after_all_was_well(stand: Stand) -> None:
    stand.robot.fail("connect", *[RobotUnreachable("no answer")] * 6)
    stand.steps(6)
    stand.begin()
    stand.robot.fail("heartbeat", RobotUnreachable("no answer"))
    assert stand.steps(1) == [FIRST_PAUSE_S]


def test_operator_who_has_not_authorized_yet_is_waited_for_at_an_even_pace(stand: Stand) -> None:
    stand.robot.fail("authenticate", *[PayloadNotAuthorized("not yet")] * 5)
    assert stand.steps(6) == [0.0, *[AUTHORIZATION_PAUSE_S] * 5]
    stand.steps(3)
    assert stand.session.registered.is_set()


# Credentials.


def test_wrong_secret_at_the_first_login_is_the_end(stand: Stand) -> None:
    error = CredentialsRejected("wrong secret")
    stand.robot.fail("authenticate", error)
    stand.steps(2)
    assert stand.session.refusal is error
    stand.robot.taken()
    assert stand.steps(3) == [REJECTED_PAUSE_S] * 3
    assert stand.robot.calls == []


def test_secret_that_was_good_once_is_tried_again_slowly(well: Stand) -> None:
    well.robot.fail("heartbeat", TokenRejected("old"))
    well.robot.fail("authenticate", *[CredentialsRejected("unknown")] * 3)
    well.steps(1)
    assert well.steps(3) == [REJECTED_PAUSE_S] * 3
    assert well.session.refusal is None
    well.steps(4)
    assert well.session.registered.is_set()


# Outages.


def test_outage_of_a_robot_that_remembers_registers_nothing(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.fail("heartbeat", RobotUnreachable("no answer"))
    well.steps(5)
    well.reporter.step()
    assert well.session.registered.is_set()
    assert well.robot.calls == ["trigger", "heartbeat", *UP, "heartbeat"]


def test_nothing_is_told_during_an_outage_and_what_changed_is_afterwards(well: Stand) -> None:
    well.robot.fail("heartbeat", RobotUnreachable("no answer"))
    well.steps(1)
    well.source.standing = [FAULT]
    well.reporter.step()
    assert well.robot.faults == set()
    well.steps(4)
    well.reporter.step()
    assert well.robot.faults == {FAULT.name}


def test_rebooted_robot_is_registered_with_and_told_again(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.reboot()
    well.robot.fail("heartbeat", RobotUnreachable("no answer"))
    well.steps(6)
    well.reporter.step()
    assert well.session.registered.is_set()
    assert well.robot.calls == [
        *["trigger", "heartbeat", *UP],
        *["heartbeat", "register", "trigger"],
    ]
    assert well.robot.faults == {FAULT.name}


def test_robot_that_forgot_the_service_is_registered_with_at_once(well: Stand) -> None:
    well.robot.known = False
    assert well.steps(2) == [0.0, HEARTBEAT_S]
    assert well.robot.taken() == ["heartbeat", "register"]


def test_token_that_is_rejected_is_fetched_anew_at_once(well: Stand) -> None:
    well.robot.fail("heartbeat", TokenRejected("old"))
    assert well.steps(4) == [0.0, 0.0, 0.0, HEARTBEAT_S]
    assert well.robot.taken() == ["heartbeat", "authenticate", "synchronize", "heartbeat"]


def test_faults_are_told_again_after_a_registration_whose_answer_was_lost(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.known = False
    well.robot.late_errors["register"] = deque([RobotUnreachable("no answer")])
    well.run(60.0)
    assert well.session.registered.is_set()
    assert well.robot.faults == {FAULT.name}


# While all is well.


def test_heart_beats_evenly(well: Stand, clock: ManualClock) -> None:
    well.run(50.0)
    assert well.robot.taken().count("heartbeat") == 10


def test_time_is_synchronized_each_minute_and_the_token_renewed_each_hour(well: Stand) -> None:
    well.run(4 * RENEW_S + 1.0)
    calls = well.robot.taken()
    assert calls.count("synchronize") == 4 * RENEW_S // SYNCHRONIZE_S
    assert calls.count("authenticate") == 4
    assert calls.count("heartbeat") == 4 * RENEW_S // HEARTBEAT_S + 1
    assert calls.count("connect") == calls.count("register") == 0


@pytest.mark.parametrize("name", ["authenticate", "synchronize"])
def test_renewal_that_is_refused_does_not_stop_the_heart(well: Stand, name: str) -> None:
    well.robot.always[name] = RobotRefused("not now")
    well.clock.advance(RENEW_S)
    well.run(60.0)
    assert well.robot.taken().count("heartbeat") >= 60.0 // LONGEST_PAUSE_S


def test_step_clears_what_woke_it(stand: Stand) -> None:
    stand.session.wake.set()
    stand.session.step()
    assert not stand.session.wake.is_set()


# The end.


def test_leave_clears_what_was_raised_and_removes_the_entry(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.session.leave(1.0)
    assert well.robot.calls == ["clear", "unregister"]
    assert well.robot.faults == set()
    assert not well.robot.known
    assert well.robot.timeouts_s == [0.5, 1.0]


def test_leave_does_nothing_where_nothing_was_registered(stand: Stand) -> None:
    stand.steps(3)
    stand.robot.taken()
    stand.session.leave(1.0)
    assert stand.robot.calls == []


def test_leave_removes_an_entry_that_may_exist(stand: Stand) -> None:
    stand.robot.late_errors["register"] = deque([RobotUnreachable("no answer")])
    stand.steps(4)
    stand.session.leave(1.0)
    assert not stand.robot.known


def test_leave_has_time_left_for_the_entry(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.call_s = 0.5
    well.session.leave(1.0)
    assert well.robot.timeouts_s == [0.5, 0.5]
    well.session.leave(0.01)
    assert well.robot.timeouts_s[-1] == pytest.approx(0.1)


def test_leave_of_a_robot_that_is_away_is_no_error(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    well.robot.fail("unregister", RobotUnreachable("no answer"))
    well.session.leave(1.0)
    assert caplog.messages == ["could not unregister: no answer"]


# What is logged.


def test_each_trouble_is_logged_once_and_again_when_it_changes(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    away, refused = RobotUnreachable("no answer"), RobotRefused("no")
    stand.robot.fail("connect", away, away, refused, refused, away)
    stand.steps(5)
    assert caplog.messages == ["connect: no answer", "connect: no", "connect: no answer"]


def test_trouble_after_a_good_time_is_logged_again(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        well.robot.fail("heartbeat", RobotUnreachable("no answer"))
        well.steps(5)
    assert caplog.messages == ["heartbeat: no answer"] * 2


def test_robot_that_forgot_is_no_warning(well: Stand, caplog: pytest.LogCaptureFixture) -> None:
    well.robot.known = False
    well.steps(2)
    assert caplog.messages == []


def test_pauses_of_a_session_without_a_given_backoff_are_bounded(clock: ManualClock) -> None:
    robot = Robot(clock)
    robot.always["connect"] = RobotUnreachable("no answer")
    reporter = FaultReporter([], robot, clock)
    session = RobotSession(robot, robot, robot, robot, reporter, clock)
    waits_s = [session.step() for _ in range(20)]
    assert all(FIRST_PAUSE_S / 2 <= wait_s <= LONGEST_PAUSE_S for wait_s in waits_s)
    assert max(waits_s) > LONGEST_PAUSE_S / 2
