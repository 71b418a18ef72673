"""A robot session that is stepped by hand, and the robot that it talks to."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session import RobotSession
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.errors import NotRegistered, NotSynchronized, RobotError
from spot_webcam.domain.health.faults import Fault, capture_fault
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import NoJitter

FAULT = capture_fault("front", "unplugged")
UP = ["connect", "authenticate", "synchronize"]
REGISTERED = ["look_up", "register", "look_up"]
BEAT = ["look_up", "heartbeat", "look_up"]
TIMEOUTS = RobotTimeouts()
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
        # The entry's payload, "" without an entry, and its last update.
        self.payload = ""
        self.last_update_ns = 0
        self.lock_is_free = True
        self.locked = False
        self.note: int | None = None
        self.faults: set[str] = {"an old one"}
        self.skew_ns = 0
        self.estimate_ns = 0
        self.is_synchronized = True
        self.token_end_ns: int | None = None
        self.clock_error_ns = 0
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
        """Whether there is an entry."""
        return self.payload != ""

    def put(self, payload: str = "ours") -> None:
        """Update the entry, or make one."""
        self.payload = payload
        self.last_update_ns += 1

    def forget(self) -> None:
        self.payload = ""

    def reboot(self) -> None:
        self.forget()
        self.faults.clear()

    def taken(self) -> list[str]:
        """Return the calls since the last time."""
        calls, self.calls = self.calls, []
        return calls

    def connect(self) -> str:
        self._call("connect")
        return "spot"

    def authenticate(self) -> int | None:
        self._call("authenticate")
        return self.token_end_ns

    def synchronize(self) -> int:
        self._call("synchronize", lambda: setattr(self, "estimate_ns", self.skew_ns))
        return self.clock_error_ns

    def robot_time_ns(self, monotonic_ns: int) -> int:
        if not self.is_synchronized:
            raise NotSynchronized("no time sync yet")
        return monotonic_ns + self.estimate_ns

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        if timeout_s is not None:
            self.timeouts_s.append(timeout_s)
        self._call("look_up")
        if not self.known:
            return None
        return DirectoryEntry(self.payload == "ours", self.last_update_ns, 8.0)

    def acquire(self) -> bool:
        self.locked = self.lock_is_free
        return self.locked

    def store(self, number: int | None) -> None:
        self.note = number

    def stored(self) -> int | None:
        return self.note

    def release(self) -> None:
        self.locked = False

    def register(self) -> None:
        def effect() -> None:
            self.put()
            self.faults.clear()

        self._call("register", effect)

    def heartbeat(self) -> int | None:
        def effect() -> None:
            if not self.known:
                raise NotRegistered("forgotten")
            self.put()

        self._call("heartbeat", effect)
        return self._clock.monotonic_ns() + self.skew_ns if self.tells_its_time else None

    def unregister(self, timeout_s: float) -> None:
        self.timeouts_s.append(timeout_s)
        self._call("unregister", self.forget)

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


class Stand:
    """A session and a reporter that are stepped by hand, against a robot."""

    def __init__(self, clock: ManualClock, takeover: bool | None = None) -> None:
        self.clock = clock
        self.robot = robot = Robot(clock)
        self.source = Source()
        self.catalogue = 1
        self.reporter = FaultReporter([self.source], robot, clock, TIMEOUTS)
        self.lease = RegistrationLease(robot, robot, robot, clock, TIMEOUTS, "cam", takeover)
        self.session = RobotSession(
            robot,
            robot,
            self.lease,
            self.reporter,
            clock,
            TIMEOUTS,
            rng=NoJitter(),
            catalogue=lambda: self.catalogue,
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
