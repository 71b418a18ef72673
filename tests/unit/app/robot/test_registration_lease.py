from __future__ import annotations

from collections import deque

import pytest

from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.errors import (
    NameTaken,
    NotRegistered,
    RobotError,
    RobotRefused,
    RobotUnreachable,
)
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

SILENCE_S = 8.0
HEARTBEAT_S = 5.0
WATCH_S = 1.0
ROBOT_NS = 1_700_000_000 * NANOSECONDS
AWAY = RobotUnreachable("no answer")


class Robot:
    """One name in a directory. A call takes a nanosecond; `lost` answers were still obeyed."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.entry: DirectoryEntry | None = None
        self.away = False
        # How far the estimate of the robot's clock is ahead of the clock that stamps entries.
        self.ahead_ns = 0
        self.lost: deque[RobotError] = deque()

    def put(self, last_update_ns: int | None = None, *, same_payload: bool = False) -> None:
        """Update the entry as another daemon would."""
        self._clock.advance(1e-9)
        if last_update_ns is None:
            last_update_ns = self._clock.monotonic_ns() + ROBOT_NS
        self.entry = DirectoryEntry(same_payload, last_update_ns, SILENCE_S)

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        del timeout_s
        if self.away:
            raise AWAY
        return self.entry

    def register(self) -> None:
        self.put(same_payload=True)
        if self.lost:
            raise self.lost.popleft()

    def heartbeat(self) -> int | None:
        self.register()
        return 7

    def unregister(self, timeout_s: float) -> None:
        del timeout_s
        if self.away:
            raise AWAY
        self.entry = None

    def synchronize(self) -> int:
        return 0

    def robot_time_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns + ROBOT_NS + self.ahead_ns


class Computer:
    """The lock of the name on one computer, and its number."""

    def __init__(self) -> None:
        self.holder: Lock | None = None
        self.number: int | None = None


class Lock:
    """A `NameLock` of one process."""

    def __init__(self, computer: Computer) -> None:
        self._computer = computer

    @property
    def held(self) -> bool:
        return self._computer.holder is self

    def acquire(self) -> bool:
        if self._computer.holder is None:
            self._computer.holder = self
        return self.held

    def store(self, number: int | None) -> None:
        if self.held:
            self._computer.number = number

    def stored(self) -> int | None:
        return self._computer.number if self.held else None

    def release(self) -> None:
        if self.held:
            self._computer.holder = None


class Process:
    """A daemon's lease, and its lock."""

    def __init__(
        self, robot: Robot, clock: ManualClock, computer: Computer, takeover: bool | None = None
    ) -> None:
        self.lock = Lock(computer)
        timeouts = RobotTimeouts(name_watch_s=WATCH_S)
        self.lease = RegistrationLease(robot, self.lock, robot, clock, timeouts, "cam", takeover)

    def die(self) -> None:
        self.lock.release()


@pytest.fixture
def robot(clock: ManualClock) -> Robot:
    return Robot(clock)


@pytest.fixture
def computer() -> Computer:
    return Computer()


@pytest.fixture
def ours(robot: Robot, clock: ManualClock, computer: Computer) -> Process:
    return Process(robot, clock, computer)


@pytest.fixture
def beside(robot: Robot, clock: ManualClock, computer: Computer) -> Process:
    """Another process of the same computer."""
    return Process(robot, clock, computer)


@pytest.fixture
def elsewhere(robot: Robot, clock: ManualClock) -> Process:
    """A process of another computer with the same credentials."""
    return Process(robot, clock, Computer())


def test_free_name_is_registered_at_once(ours: Process, robot: Robot) -> None:
    assert not ours.lease.may_hold
    assert ours.lease.try_acquire() == 0.0
    assert ours.lease.may_hold
    assert ours.lock.held
    assert ours.lease.renew().robot_ns == 7
    assert robot.entry is not None


def test_own_entry_is_registered_again(ours: Process) -> None:
    ours.lease.try_acquire()
    assert ours.lease.try_acquire() == 0.0
    ours.lease.check()


# Other computers.


def test_silent_entry_is_watched_and_then_replaced(
    ours: Process, robot: Robot, clock: ManualClock
) -> None:
    robot.put()
    began_ns = clock.monotonic_ns()
    while (wait_s := ours.lease.try_acquire()) > 0:
        assert wait_s == WATCH_S
        assert not ours.lock.held
        clock.advance(wait_s)
    waited_s = (clock.monotonic_ns() - began_ns) / NANOSECONDS
    assert SILENCE_S < waited_s <= SILENCE_S + WATCH_S + 1e-6
    assert ours.lock.held


def test_entry_that_is_older_than_any_silence_is_watched_for_a_heartbeat(
    ours: Process, robot: Robot, clock: ManualClock
) -> None:
    robot.put()
    clock.advance(3600.0)
    began_ns = clock.monotonic_ns()
    while (wait_s := ours.lease.try_acquire()) > 0:
        clock.advance(wait_s)
    waited_s = (clock.monotonic_ns() - began_ns) / NANOSECONDS
    assert HEARTBEAT_S + WATCH_S < waited_s <= HEARTBEAT_S + 2 * WATCH_S + 1e-6


def test_entry_with_a_shorter_silence_than_our_heartbeat_is_watched_for_that(
    ours: Process, robot: Robot, clock: ManualClock
) -> None:
    robot.entry = DirectoryEntry(same_payload=False, last_update_ns=1, max_silence_s=3.0)
    assert ours.lease.try_acquire() == WATCH_S
    clock.advance(3.1)
    assert ours.lease.try_acquire() == 0.0


def test_living_daemon_is_not_replaced_though_the_robots_clock_is_far_ahead(
    ours: Process, elsewhere: Process, robot: Robot, clock: ManualClock
) -> None:
    """Its time was set ahead since the last heartbeat, or our estimate of it is wrong."""
    ours.lease.try_acquire()
    robot.ahead_ns = 3600 * NANOSECONDS
    assert elsewhere.lease.try_acquire() == WATCH_S
    for second in range(1, 31):
        clock.advance(1.0)
        if second % HEARTBEAT_S == 0:
            ours.lease.renew()
        if second < HEARTBEAT_S:
            assert elsewhere.lease.try_acquire() == WATCH_S
        else:
            with pytest.raises(NameTaken, match="another daemon serves cam"):
                elsewhere.lease.try_acquire()
    robot.put(same_payload=True)
    with pytest.raises(NameTaken):
        ours.lease.renew()
    # Which is alive, so that the two do not fight.
    with pytest.raises(NameTaken):
        ours.lease.try_acquire()


@pytest.mark.parametrize("last_update_ns", [0, ROBOT_NS + 3600 * NANOSECONDS])
def test_entry_of_no_age_or_of_the_future_is_watched(
    ours: Process, robot: Robot, clock: ManualClock, last_update_ns: int
) -> None:
    robot.put(last_update_ns)
    assert ours.lease.try_acquire() == WATCH_S
    clock.advance(SILENCE_S + 0.1)
    assert ours.lease.try_acquire() == 0.0


@pytest.mark.parametrize("same_payload", [False, True])
def test_entry_that_is_updated_belongs_to_a_living_daemon(
    ours: Process, robot: Robot, clock: ManualClock, same_payload: bool
) -> None:
    robot.put(same_payload=same_payload)
    assert ours.lease.try_acquire() == WATCH_S
    for _ in range(5):
        clock.advance(HEARTBEAT_S)
        robot.put(same_payload=same_payload)
        with pytest.raises(NameTaken, match="another daemon serves cam"):
            ours.lease.try_acquire()
        assert not ours.lock.held


def test_living_daemon_that_dies_is_replaced_after_its_silence(
    ours: Process, robot: Robot, clock: ManualClock
) -> None:
    robot.put()
    ours.lease.try_acquire()
    robot.put()
    with pytest.raises(NameTaken):
        ours.lease.try_acquire()
    clock.advance(SILENCE_S)
    with pytest.raises(NameTaken):
        ours.lease.try_acquire()
    clock.advance(WATCH_S)
    assert ours.lease.try_acquire() == 0.0


def test_computers_with_the_same_credentials_do_not_fight_over_the_name(
    ours: Process, elsewhere: Process, robot: Robot, clock: ManualClock
) -> None:
    ours.lease.try_acquire()
    elsewhere.lease.try_acquire()
    for _ in range(5):
        clock.advance(HEARTBEAT_S)
        ours.lease.renew()
        with pytest.raises(NameTaken):
            elsewhere.lease.try_acquire()
    robot.entry = None
    assert elsewhere.lease.try_acquire() == 0.0
    with pytest.raises(NameTaken):
        ours.lease.renew()


# The same computer.


def test_living_daemon_that_ends_is_followed_at_once(ours: Process, beside: Process) -> None:
    beside.lease.try_acquire()
    with pytest.raises(NameTaken, match="of this computer"):
        ours.lease.try_acquire()
    beside.lease.unregister(1.0)
    beside.lease.release()
    assert ours.lease.try_acquire() == 0.0


def test_entry_of_a_dead_daemon_is_replaced_at_once(
    ours: Process, beside: Process, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    beside.lease.try_acquire()
    beside.lease.renew()
    beside.die()
    assert ours.lease.try_acquire() == 0.0
    assert caplog.messages == ["replacing the entry of a daemon of this computer that has died"]


def test_entry_that_another_computer_has_updated_since_is_watched(
    ours: Process, beside: Process, robot: Robot
) -> None:
    beside.lease.try_acquire()
    beside.die()
    robot.put(same_payload=True)
    assert ours.lease.try_acquire() == WATCH_S


def test_entry_that_could_not_be_removed_is_replaced_at_once(
    ours: Process, beside: Process, robot: Robot
) -> None:
    beside.lease.try_acquire()
    robot.away = True
    with pytest.raises(RobotUnreachable):
        beside.lease.unregister(1.0)
    beside.lease.release()
    robot.away = False
    assert ours.lease.try_acquire() == 0.0


def test_daemon_that_replaced_us_is_not_taken_for_a_dead_one(
    ours: Process, robot: Robot, clock: ManualClock, computer: Computer
) -> None:
    ours.lease.try_acquire()
    Process(robot, clock, computer, takeover=True).lease.try_acquire()
    with pytest.raises(NameTaken):
        ours.lease.renew()
    ours.lease.release()
    # The other one has not acquired the lock yet: we have only just released it.
    with pytest.raises(NameTaken):
        ours.lease.try_acquire()
    assert not ours.lock.held


def test_takeover_needs_no_lock_and_acquires_it_later(
    robot: Robot, clock: ManualClock, computer: Computer, beside: Process
) -> None:
    beside.lease.try_acquire()
    ours = Process(robot, clock, computer, takeover=True)
    assert ours.lease.try_acquire() == 0.0
    assert not ours.lock.held
    beside.lease.release()
    ours.lease.renew()
    assert ours.lock.held
    ours.die()
    assert beside.lease.try_acquire() == 0.0


def test_takeover_replaces_one_daemon_only(
    robot: Robot, clock: ManualClock, computer: Computer
) -> None:
    ours = Process(robot, clock, computer, takeover=True)
    robot.put()
    assert ours.lease.try_acquire() == 0.0
    robot.put()
    with pytest.raises(NameTaken):
        ours.lease.try_acquire()


# Calls that fail.


def test_lock_is_released_when_the_robot_does_not_answer(ours: Process, robot: Robot) -> None:
    robot.away = True
    with pytest.raises(RobotUnreachable):
        ours.lease.try_acquire()
    assert not ours.lock.held


def test_update_whose_answer_was_lost_is_ours(ours: Process, robot: Robot) -> None:
    ours.lease.try_acquire()
    robot.lost.append(AWAY)
    with pytest.raises(RobotUnreachable):
        ours.lease.renew()
    ours.lease.renew()


def test_registration_whose_answer_was_lost_is_ours_unless_the_payload_is_not(
    ours: Process, robot: Robot
) -> None:
    robot.lost.append(AWAY)
    with pytest.raises(RobotUnreachable):
        ours.lease.try_acquire()
    assert ours.lease.may_hold
    ours.lease.check()
    robot.put()
    with pytest.raises(NameTaken):
        ours.lease.check()


def test_entry_that_the_robot_lost_is_not_registered(ours: Process, robot: Robot) -> None:
    ours.lease.try_acquire()
    robot.entry = None
    with pytest.raises(NotRegistered):
        ours.lease.renew()


@pytest.mark.parametrize(("takeover", "exits"), [(None, False), (True, False), (False, True)])
def test_only_a_daemon_without_takeover_exits(
    robot: Robot, clock: ManualClock, computer: Computer, takeover: bool | None, exits: bool
) -> None:
    assert Process(robot, clock, computer, takeover).lease.exit_if_taken is exits


def test_each_decision_is_logged_once(
    ours: Process, robot: Robot, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    robot.put()
    while ours.lease.try_acquire() > 0:
        clock.advance(WATCH_S)
    assert caplog.messages == [
        "cam is registered already: watching for 8 s whether its owner is alive",
        "replacing the entry of a daemon that has died",
    ]


# Companions.


class Companion:
    """The entry of a further service; the robot refuses calls with the words of `refused`."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_registered = False
        self.refused = ""
        self.timeouts_s: list[float] = []

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.refused:
            raise RobotRefused(self.refused)

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        raise AssertionError(timeout_s)

    def register(self) -> None:
        self._call("register")
        self.is_registered = True

    def heartbeat(self) -> int | None:
        self._call("heartbeat")
        if not self.is_registered:
            raise NotRegistered("lost")
        return None

    def unregister(self, timeout_s: float) -> None:
        self.timeouts_s.append(timeout_s)
        self.is_registered = False


@pytest.fixture
def companion() -> Companion:
    return Companion()


@pytest.fixture
def lease(
    robot: Robot, clock: ManualClock, computer: Computer, companion: Companion
) -> RegistrationLease:
    """A lease of a name with one companion."""
    lock, timeouts = Lock(computer), RobotTimeouts()
    return RegistrationLease(robot, lock, robot, clock, timeouts, "cam", companions=[companion])


def test_companion_is_registered_renewed_and_removed_with_the_entry(
    lease: RegistrationLease, companion: Companion
) -> None:
    lease.try_acquire()
    assert companion.calls == ["register"]
    assert lease.renew().robot_ns == 7
    assert companion.calls == ["register", "heartbeat"]
    lease.try_acquire()
    assert companion.calls[2:] == ["register"]
    lease.unregister(1.0)
    assert not companion.is_registered


def test_companion_of_a_name_that_another_daemon_holds_is_left_alone(
    lease: RegistrationLease, companion: Companion, robot: Robot
) -> None:
    robot.put()
    assert lease.try_acquire() == WATCH_S
    robot.put()
    with pytest.raises(NameTaken):
        lease.try_acquire()
    assert companion.calls == []


def test_companion_that_the_robot_lost_is_registered_again(
    lease: RegistrationLease, companion: Companion
) -> None:
    lease.try_acquire()
    companion.is_registered = False
    lease.renew()
    assert companion.is_registered


def test_refused_companion_is_logged_once_and_tried_again(
    lease: RegistrationLease, companion: Companion, caplog: pytest.LogCaptureFixture
) -> None:
    companion.refused = "not allowed"
    assert lease.try_acquire() == 0.0
    for _ in range(3):
        lease.renew()
    text = "a further service of cam is not registered: not allowed"
    assert caplog.messages == [text]
    companion.refused = ""
    lease.renew()
    assert companion.is_registered
    companion.refused = "not allowed"
    lease.renew()
    assert caplog.messages == [text, text]


def test_companion_is_removed_in_the_time_that_the_entry_leaves(
    clock: ManualClock, computer: Computer, companion: Companion
) -> None:
    class SlowRobot(Robot):
        def unregister(self, timeout_s: float) -> None:
            clock.advance(0.7)
            super().unregister(timeout_s)

    robot = SlowRobot(clock)
    lock, timeouts = Lock(computer), RobotTimeouts()
    lease = RegistrationLease(robot, lock, robot, clock, timeouts, "cam", companions=[companion])
    lease.try_acquire()
    lease.unregister(1.0)
    assert companion.timeouts_s == [pytest.approx(0.3)]
    lease.unregister(0.5)
    assert len(companion.timeouts_s) == 1
