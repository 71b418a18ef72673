"""The one state machine between this computer and the robot."""

import logging
import threading
from collections.abc import Callable
from enum import Enum

from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.domain.directory_entry import Owner
from spot_webcam.domain.errors import (
    CredentialsRejected,
    NameTaken,
    NotRegistered,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.ports import Clock, Directory, FaultSink, RobotClock, RobotLogin
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

FIRST_PAUSE_S = 0.25
MAX_PAUSE_S = 5.0
# An operator walks to a web page: no need to ask more often.
AUTHORIZATION_PAUSE_S = 1.0
# Wrong credentials are put right on the robot, too, where the payload is registered anew. Slow, to
# spare the robot's log; yet a service is back within 15 s of the robot being so.
REJECTED_PAUSE_S = 10.0
# How soon a name is had that another daemon leaves.
TAKEN_PAUSE_S = 2.0
HEARTBEAT_S = 5.0
SYNCHRONIZE_S = 60.0
# A robot whose answer is further off from what its time should be has had its clock set.
CLOCK_TOLERANCE_NS = NANOSECONDS // 2
# Tokens last 12 hours; a young one is had for one call.
RENEW_S = 3600.0


class State(Enum):
    """What the session does next."""

    CONNECT = "connect"
    AUTHENTICATE = "authenticate"
    SYNCHRONIZE = "synchronize"
    REGISTER = "register"
    HEARTBEAT = "heartbeat"


# Where an error leads; any other one repeats the step that failed.
_AFTER: dict[type[RobotError], State] = {
    RobotUnreachable: State.CONNECT,
    PayloadNotAuthorized: State.AUTHENTICATE,
    CredentialsRejected: State.AUTHENTICATE,
    TokenRejected: State.AUTHENTICATE,
    NotRegistered: State.REGISTER,
    NameTaken: State.REGISTER,
}


class RobotSession:
    """Connects, logs in, synchronizes, registers, and keeps it so, step by step.

    After an outage it goes on with the heartbeat if the robot still knows the service: only a
    robot that forgot it is registered with again, and told its faults again. So is one whose
    `catalogue` of sources changes: data acquisition asks for them when a service registers,
    and only then.

    A name that another daemon holds, or has taken over, is left to it until it is gone.
    """

    def __init__(
        self,
        login: RobotLogin,
        robot_clock: RobotClock,
        directory: Directory,
        claim: RegistrationLease,
        sink: FaultSink,
        reporter: FaultReporter,
        clock: Clock,
        *,
        backoff: Backoff | None = None,
        catalogue: Callable[[], object] = lambda: None,
    ) -> None:
        self._login = login
        self._robot_clock = robot_clock
        self._directory = directory
        self._claim = claim
        self._sink = sink
        self._reporter = reporter
        self._clock = clock
        self._backoff = backoff or Backoff(FIRST_PAUSE_S, MAX_PAUSE_S)
        self._catalogue = catalogue
        self._steps: dict[State, Callable[[], float]] = {
            State.CONNECT: self._connect,
            State.AUTHENTICATE: self._authenticate,
            State.SYNCHRONIZE: self._synchronize,
            State.REGISTER: self._register,
            State.HEARTBEAT: self._beat,
        }
        self._told: str | None = None
        self._ever_registered = False
        # Known since the last answer to a registration; an answer that got lost is none.
        self._entry_exists = False
        self._entry_may_exist = False
        self._registered_catalogue: object = None
        self._logged_in_ns = 0
        self._synchronized_ns = 0
        self.state = State.CONNECT
        # Set before the session's calls are ended: what they say then is no news.
        self.leaving = False
        self.wake = threading.Event()
        self.registered = threading.Event()
        # Set once the session gives up, as it was asked to when its name is taken.
        self.refusal: NameTaken | None = None

    def step(self) -> float:
        """Do what is next, and return the seconds to wait before the step after it."""
        self.wake.clear()
        if self.refusal is not None:
            return TAKEN_PAUSE_S
        try:
            wait_s = self._steps[self.state]()
        except RobotError as error:
            return self._failed(error)
        return wait_s

    def leave(self, timeout_s: float) -> None:
        """Clear our faults and remove our entry, as far as the time allows."""
        try:
            if self._entry_may_exist:
                self._unregister(timeout_s)
        except RobotError as error:
            _LOG.warning("could not unregister: %s", error)
        finally:
            self._claim.release()

    def _unregister(self, timeout_s: float) -> None:
        began_ns = self._clock.monotonic_ns()
        entry = self._directory.look_up(timeout_s / 2)
        if entry is not None and entry.owner is not Owner.US:
            _LOG.info("the entry is another daemon's by now: left as it is")
            return
        # The robot may be slow, and the entry matters most: its clients would wait in vain.
        took_s = self._since_s(began_ns)
        left_s = timeout_s - took_s
        self._reporter.clear_told(min(left_s / 2, left_s - 1.1 * took_s))
        self._directory.unregister(max(0.1, timeout_s - self._since_s(began_ns)))
        _LOG.info("unregistered")

    def _connect(self) -> float:
        robot = self._login.connect()
        _LOG.info("connected to %s", robot)
        return self._go(State.AUTHENTICATE)

    def _authenticate(self) -> float:
        self._login.authenticate()
        self._logged_in_ns = self._clock.monotonic_ns()
        return self._go(State.SYNCHRONIZE)

    def _synchronize(self) -> float:
        self._robot_clock.synchronize()
        self._synchronized_ns = self._clock.monotonic_ns()
        return self._go(State.HEARTBEAT if self._entry_exists else State.REGISTER)

    def _register(self) -> float:
        self._keep_fresh()
        wait_s = self._claim.stake()
        if wait_s > 0:
            return wait_s
        self._registered_catalogue = self._catalogue()
        self._entry_may_exist = True
        self._entry_exists = False
        self._directory.register()
        self._claim.staked()
        if not self._ever_registered:
            self._sink.clear_all()
            self._ever_registered = True
        self._entry_exists = True
        self._reporter.registered()
        self._all_is_well("registered")
        return self._go(State.HEARTBEAT, HEARTBEAT_S)

    def _beat(self) -> float:
        self._keep_fresh()
        if self._catalogue() != self._registered_catalogue:
            return self._register()
        began_ns = self._clock.monotonic_ns()
        answered_ns = self._directory.heartbeat()
        if answered_ns is not None:
            self._check_robot_clock(answered_ns, began_ns)
        self._claim.staked()
        self._backoff.reset()
        self._reporter.reachable()
        if not self.registered.is_set():
            self._all_is_well("the robot is back, and still knows the service")
        return HEARTBEAT_S

    def _check_robot_clock(self, answered_ns: int, began_ns: int) -> None:
        """Synchronize at once if the robot did not answer while we thought it did."""
        early_ns = answered_ns - self._robot_clock.robot_time_ns(began_ns)
        late_ns = answered_ns - self._robot_clock.robot_time_ns(self._clock.monotonic_ns())
        if late_ns <= CLOCK_TOLERANCE_NS and early_ns >= -CLOCK_TOLERANCE_NS:
            return
        moved_s = (late_ns if late_ns > 0 else early_ns) / NANOSECONDS
        _LOG.warning("the robot's clock is %+.1f s off what it was: synchronizing", moved_s)
        self._synchronize_again()

    def _keep_fresh(self) -> None:
        if self._since_s(self._logged_in_ns) >= RENEW_S:
            self._logged_in_ns = self._clock.monotonic_ns()
            self._renew("the token", self._login.authenticate)
        if self._since_s(self._synchronized_ns) >= SYNCHRONIZE_S:
            self._synchronize_again()

    def _synchronize_again(self) -> None:
        self._synchronized_ns = self._clock.monotonic_ns()
        self._renew("robot time", self._robot_clock.synchronize)

    def _renew(self, what: str, call: Callable[[], None]) -> None:
        """Renew what is still good: a robot that refuses is asked again when it is next due."""
        try:
            call()
        except RobotRefused as error:
            _LOG.warning("cannot renew %s: %s", what, error)

    def _all_is_well(self, message: str) -> None:
        _LOG.info("%s", message)
        self._told = None
        self._backoff.reset()
        self.registered.set()

    def _go(self, state: State, wait_s: float = 0.0) -> float:
        self.state = state
        return wait_s

    def _since_s(self, then_ns: int) -> float:
        return (self._clock.monotonic_ns() - then_ns) / NANOSECONDS

    def _failed(self, error: RobotError) -> float:
        self._reporter.unreachable()
        self.registered.clear()
        all_was_well, failed = self._told is None, self.state
        self._log_once(error)
        self.state = _AFTER.get(type(error), self.state)
        if isinstance(error, PayloadNotAuthorized):
            return AUTHORIZATION_PAUSE_S
        if isinstance(error, CredentialsRejected):
            return REJECTED_PAUSE_S
        if isinstance(error, NameTaken):
            return self._make_way(error)
        if isinstance(error, NotRegistered) and failed is State.HEARTBEAT:
            return 0.0  # the robot is back from a reboot, and the next heartbeat is far
        if isinstance(error, NotRegistered | TokenRejected):
            return 0.0 if all_was_well else self._backoff.next_s()
        return self._backoff.next_s()

    def _make_way(self, error: NameTaken) -> float:
        """Leave the entry to its owner, for now or for good."""
        self._entry_exists = self._entry_may_exist = False
        self._claim.release()
        if self._claim.gives_up:
            self.refusal = error
        return TAKEN_PAUSE_S

    def _log_once(self, error: RobotError) -> None:
        text = f"{self.state.value}: {error}"
        if text != self._told:
            self._told = text
            if self.leaving:
                return
            level = logging.INFO if isinstance(error, NotRegistered) else logging.WARNING
            _LOG.log(level, "%s", text)
