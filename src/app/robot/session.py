"""State machine that keeps the service registered with the robot (ADR 5)."""

import logging
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from enum import Enum

from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.directory_entry import Renewal
from spot_webcam.domain.errors import (
    CredentialsRejected,
    NameTaken,
    NotRegistered,
    NotSynchronized,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.ports import Clock, RobotClock, RobotLogin
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# A difference between expected and reported robot time that is larger by this than the error of
# the former means that the robot's clock was set.
CLOCK_TOLERANCE_NS = NANOSECONDS // 20
# Above this error of robot time, as over a congested link, each heartbeat takes another sample.
MAX_CLOCK_ERROR_NS = NANOSECONDS // 100


class State(Enum):
    """The next step of the session."""

    CONNECT = "connect"
    AUTHENTICATE = "authenticate"
    SYNCHRONIZE = "synchronize"
    REGISTER = "register"
    HEARTBEAT = "heartbeat"


# The state after an error; after any other error the failed step is repeated.
_AFTER: dict[type[RobotError], State] = {
    RobotUnreachable: State.CONNECT,
    PayloadNotAuthorized: State.AUTHENTICATE,
    CredentialsRejected: State.AUTHENTICATE,
    TokenRejected: State.AUTHENTICATE,
    NotRegistered: State.REGISTER,
    NameTaken: State.REGISTER,
}


class RobotSession:
    """Connects, logs in, synchronizes, registers and sends heartbeats, one call per step.

    After an outage the session continues with the heartbeat if the robot still has the entry.
    It registers, and reports all faults again, only with a robot that has lost the entry, or
    when the `catalogue` of sources has changed: data acquisition asks for it on registration
    and at no other time.

    `connected` is called after each new connection to the robot.

    A name that another daemon holds, or has taken over, is left to it until it is gone.
    """

    def __init__(
        self,
        login: RobotLogin,
        robot_clock: RobotClock,
        lease: RegistrationLease,
        reporter: FaultReporter,
        clock: Clock,
        timeouts: RobotTimeouts,
        *,
        rng: random.Random | None = None,
        catalogue: Callable[[], object] = lambda: None,
        connected: Callable[[], object] = lambda: None,
    ) -> None:
        self._login = login
        self._robot_clock = robot_clock
        self._lease = lease
        self._reporter = reporter
        self._clock = clock
        self._timeouts = timeouts
        rng = rng or random.Random()  # noqa: S311 - jitter
        self._backoff = Backoff(timeouts.min_retry_s, timeouts.max_retry_s, rng)
        self._catalogue = catalogue
        self._connected = connected
        self._steps: dict[State, Callable[[], float]] = {
            State.CONNECT: self._connect,
            State.AUTHENTICATE: self._authenticate,
            State.SYNCHRONIZE: self._synchronize,
            State.REGISTER: self._register,
            State.HEARTBEAT: self._heartbeat,
        }
        self._logged: str | None = None
        # What was logged last at a connection, to see whether that was for the same cause.
        self._logged_at_connect: str | None = None
        self._ever_registered = False
        # True from the end of a registration until the entry is known to be lost.
        self._entry_exists = False
        self._registered_catalogue: object = None
        self._robot = ""
        self._authenticated_ns = 0
        self._token_end_ns: int | None = None
        self._synchronized_ns = 0
        self._clock_error_ns = 0
        self.state = State.CONNECT
        # Set before the session's calls are cancelled: their errors are not logged.
        self.shutting_down = False
        self.wake = threading.Event()
        self.registered = threading.Event()
        # Set when the name is taken and the lease says to exit.
        self.refusal: NameTaken | None = None

    def step(self) -> float:
        """Run the next step, and return the seconds to wait before the step after it."""
        self.wake.clear()
        if self.refusal is not None:
            return self._timeouts.name_taken_retry_s
        try:
            return self._steps[self.state]()
        except RobotError as error:
            return self._failed(error)

    def snapshot(self) -> SessionSnapshot:
        """Return the state of this moment; from any thread, never blocks."""
        monotonic_ns, wall_ns = self._clock.monotonic_ns(), self._clock.time_ns()
        since_login_s = (monotonic_ns - self._authenticated_ns) / NANOSECONDS
        snapshot = SessionSnapshot(
            self.state.value,
            connected=self.state is not State.CONNECT,
            registered=self.registered.is_set(),
            robot=self._robot,
            error=self._logged or "",
            token_age_s=since_login_s if self._authenticated_ns else None,
        )
        try:
            robot_ns = self._robot_clock.robot_time_ns(monotonic_ns)
        except NotSynchronized:
            return snapshot
        end_ns = self._token_end_ns
        return replace(
            snapshot,
            clock_skew_s=(robot_ns - wall_ns) / NANOSECONDS,
            clock_error_s=self._clock_error_ns / NANOSECONDS,
            token_left_s=None if end_ns is None else (end_ns - robot_ns) / NANOSECONDS,
        )

    def shut_down(self, timeout_s: float) -> None:
        """Clear our faults and remove our entry, as far as the time allows."""
        try:
            if self._lease.may_hold:
                self._unregister(timeout_s)
        except NameTaken:
            _LOG.info("the entry is another daemon's by now: left as it is")
        except RobotError as error:
            _LOG.warning("could not unregister: %s", error)
        finally:
            self._lease.release()

    def _unregister(self, timeout_s: float) -> None:
        began_ns = self._clock.monotonic_ns()
        with suppress(NotRegistered):
            self._lease.check(timeout_s / 2)
        # The robot may be slow, and removing the entry matters most: clients would wait in vain.
        took_s = self._since_s(began_ns)
        left_s = timeout_s - took_s
        self._reporter.clear_reported(min(left_s / 2, left_s - 1.1 * took_s))
        self._lease.unregister(max(0.1, timeout_s - self._since_s(began_ns)))
        _LOG.info("unregistered")

    def _connect(self) -> float:
        self._robot = self._login.connect()
        is_repeated = self._logged is not None and self._logged == self._logged_at_connect
        self._logged_at_connect = self._logged
        _LOG.log(logging.DEBUG if is_repeated else logging.INFO, "connected to %s", self._robot)
        self._connected()
        return self._go(State.AUTHENTICATE)

    def _authenticate(self) -> float:
        self._log_in()
        self._authenticated_ns = self._clock.monotonic_ns()
        return self._go(State.SYNCHRONIZE)

    def _log_in(self) -> None:
        self._token_end_ns = self._login.authenticate()

    def _synchronize(self) -> float:
        self._sample_robot_clock()
        self._synchronized_ns = self._clock.monotonic_ns()
        return self._go(State.HEARTBEAT if self._entry_exists else State.REGISTER)

    def _register(self) -> float:
        self._renew_when_due()
        catalogue = self._catalogue()
        self._entry_exists = False
        wait_s = self._lease.try_acquire()
        if wait_s > 0:
            return wait_s
        self._registered_catalogue = catalogue
        if not self._ever_registered:
            self._reporter.clear_all()
            self._ever_registered = True
        self._entry_exists = True
        self._reporter.registered()
        self._recovered("registered")
        return self._go(State.HEARTBEAT, self._timeouts.heartbeat_s)

    def _heartbeat(self) -> float:
        self._renew_when_due()
        if self._catalogue() != self._registered_catalogue:
            return self._register()
        self._check_robot_clock(self._lease.renew())
        self._backoff.reset()
        self._reporter.reachable()
        if not self.registered.is_set():
            self._recovered("the robot is back, and still knows the service")
        return self._timeouts.heartbeat_s

    def _check_robot_clock(self, renewal: Renewal) -> None:
        """Synchronize at once if the robot's time of its answer is outside of the call."""
        if renewal.robot_ns is None:
            return
        early_ns = renewal.robot_ns - self._robot_clock.robot_time_ns(renewal.asked_ns)
        late_ns = renewal.robot_ns - self._robot_clock.robot_time_ns(renewal.answered_ns)
        tolerance_ns = self._clock_error_ns + CLOCK_TOLERANCE_NS
        if late_ns <= tolerance_ns and early_ns >= -tolerance_ns:
            return
        moved_s = (late_ns if late_ns > 0 else early_ns) / NANOSECONDS
        text = "the robot's clock is %+.1f s off what it was: synchronizing"
        _LOG.warning(text, moved_s, extra={"clock_moved_s": round(moved_s, 3)})
        self._synchronize_again()

    def _renew_when_due(self) -> None:
        if self._since_s(self._authenticated_ns) >= self._timeouts.renew_token_s:
            self._authenticated_ns = self._clock.monotonic_ns()
            self._renew("the token", self._log_in)
        due = self._since_s(self._synchronized_ns) >= self._timeouts.synchronize_s
        if due or self._clock_error_ns > MAX_CLOCK_ERROR_NS:
            self._synchronize_again()

    def _synchronize_again(self) -> None:
        self._synchronized_ns = self._clock.monotonic_ns()
        self._renew("robot time", self._sample_robot_clock)

    def _sample_robot_clock(self) -> None:
        self._clock_error_ns = self._robot_clock.synchronize()

    def _renew(self, what: str, call: Callable[[], None]) -> None:
        """Renew what is still valid; after a refusal again when it is next due."""
        try:
            call()
        except RobotRefused as error:
            _LOG.warning("cannot renew %s: %s", what, error)

    def _recovered(self, message: str) -> None:
        _LOG.info("%s", message)
        self._logged = self._logged_at_connect = None
        self._backoff.reset()
        self.registered.set()

    def _go(self, state: State, wait_s: float = 0.0) -> float:
        self.state = state
        return wait_s

    def _since_s(self, then_ns: int) -> float:
        return (self._clock.monotonic_ns() - then_ns) / NANOSECONDS

    def _failed(self, error: RobotError) -> float:
        """Note an error, and return the seconds to wait before the step that it leads to."""
        self._reporter.unreachable()
        self.registered.clear()
        was_well, failed = self._logged is None, self.state
        self._log_once(error)
        self.state = _AFTER.get(type(error), self.state)
        if isinstance(error, PayloadNotAuthorized):
            return self._timeouts.authorization_retry_s
        if isinstance(error, CredentialsRejected):
            return self._timeouts.credentials_retry_s
        if isinstance(error, NameTaken):
            self._entry_exists = False
            self._lease.release()
            if self._lease.exit_if_taken:
                self.refusal = error
            return self._timeouts.name_taken_retry_s
        if isinstance(error, NotRegistered) and failed is State.HEARTBEAT:
            return 0.0  # the robot has rebooted, and the next heartbeat is far
        if isinstance(error, NotRegistered | TokenRejected) and was_well:
            return 0.0
        return self._backoff.next_s()

    def _log_once(self, error: RobotError) -> None:
        text = f"{self.state.value}: {error}"
        if text != self._logged:
            self._logged = text
            if self.shutting_down:
                return
            level = logging.INFO if isinstance(error, NotRegistered) else logging.WARNING
            fields = {"session": self.state.value, "reason": type(error).__name__}
            _LOG.log(level, "%s", text, extra=fields)
