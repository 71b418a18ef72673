"""A robot session that is stepped by hand, and the robot that it talks to."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable

from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session import FIRST_PAUSE_S, MAX_PAUSE_S, RobotSession
from spot_webcam.domain.directory_entry import DirectoryEntry, Owner
from spot_webcam.domain.errors import (
    NameTaken,
    NotRegistered,
    RobotError,
)
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.faults import Fault, capture_fault
from spot_webcam.fakes.time.manual import ManualClock

FAULT = capture_fault("front", "unplugged")
UP = ["connect", "authenticate", "synchronize"]
REGISTERED = ["look_up", "register"]
START = [*UP, *REGISTERED, "clear_all"]


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
        self.owner: Owner | None = None
        self.updates = 0
        self.lock_is_free = True
        self.locked = False
        self.faults: set[str] = {"an old one"}
        self.skew_ns = 0
        self.estimate_ns = 0
        self.tells_its_time = True
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

    @property
    def known(self) -> bool:
        """Whether the entry is the session's."""
        return self.owner is Owner.US

    @known.setter
    def known(self, known: bool) -> None:
        self.owner = Owner.US if known else None

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
        self._call("synchronize", lambda: setattr(self, "estimate_ns", self.skew_ns))

    def robot_time_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns + self.estimate_ns

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        if timeout_s is not None:
            self.timeouts_s.append(timeout_s)
        self._call("look_up")
        return None if self.owner is None else DirectoryEntry(self.owner, self.updates, 8.0)

    scope = "this computer"

    def acquire(self) -> bool:
        self.locked = self.lock_is_free
        return self.locked

    def release(self) -> None:
        self.locked = False

    def register(self) -> None:
        def effect() -> None:
            self.known = True
            self.faults.clear()

        self._call("register", effect)

    def heartbeat(self) -> int | None:
        self._call("heartbeat")
        if self.owner is None:
            raise NotRegistered("forgotten")
        if not self.known:
            raise NameTaken("taken over")
        return self._clock.monotonic_ns() + self.skew_ns if self.tells_its_time else None

    def unregister(self, timeout_s: float) -> None:
        self.timeouts_s.append(timeout_s)
        self._call("unregister", lambda: setattr(self, "known", False))

    def trigger(self, fault: Fault) -> None:
        self._call("trigger", lambda: self.faults.add(fault.name))

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        assert timeout_s is not None
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

    def __init__(self, clock: ManualClock, takeover: bool | None = None) -> None:
        self.clock = clock
        self.robot = robot = Robot(clock)
        self.source = Source()
        self.reporter = FaultReporter([self.source], robot, clock)
        backoff = Backoff(FIRST_PAUSE_S, MAX_PAUSE_S, NoJitter())
        self.claim = RegistrationLease(robot, robot, robot, clock, "cam", takeover)
        self.session = RobotSession(
            robot, robot, robot, self.claim, robot, self.reporter, clock, backoff=backoff
        )

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
