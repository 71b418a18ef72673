"""A Spot without legs."""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import grpc

from spot_webcam.domain.time_units import NANOSECONDS
from spot_webcam.fakes.robot.auth_service import AuthService
from spot_webcam.fakes.robot.calls import CallRecord
from spot_webcam.fakes.robot.certificates import Certificates
from spot_webcam.fakes.robot.directory import RegisteredService
from spot_webcam.fakes.robot.directory_registration_service import DirectoryRegistrationService
from spot_webcam.fakes.robot.directory_service import DirectoryService
from spot_webcam.fakes.robot.fault_service import FaultService
from spot_webcam.fakes.robot.faults import FaultEvent
from spot_webcam.fakes.robot.forwarder import Forwarder
from spot_webcam.fakes.robot.listener import Listener, ReservedPort
from spot_webcam.fakes.robot.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.payload_registration_service import PayloadRegistrationService
from spot_webcam.fakes.robot.payloads import PayloadAccount
from spot_webcam.fakes.robot.robot_id_service import RobotIdService
from spot_webcam.fakes.robot.robot_state_service import RobotStateService
from spot_webcam.fakes.robot.router import Router
from spot_webcam.fakes.robot.silence import Silence
from spot_webcam.fakes.robot.state import RobotState
from spot_webcam.fakes.robot.time_sync_service import TimeSyncService

ADDRESS: Final = "127.0.0.1"
CLOCK_OFFSET_S: Final = 420.0
USERS: Final[Mapping[str, str]] = {"user": "password"}


class FakeRobot:
    """A robot's API on one TLS port of 127.0.0.1, for the unmodified SDK client.

    Reach it with `bosdyn.client.create_standard_sdk(name, cert_resource_glob=str(ca_file))` and
    `robot.update_secure_channel_port(port)`. Its clock runs `clock_offset_s` off the host's.
    All methods may be called from any thread.

    What it does not enforce: rate limits, leases, licences, e-stop and permissions beyond a
    payload's token; who owns a directory entry or a fault; lock-out after wrong passwords; client
    versions. Only unary calls are served and forwarded, and metadata is not passed on. Clearing
    all faults of a service or payload that has none answers FAULT_NOT_ACTIVE. A fault keeps the
    onset and the payload GUID that its client sent, and gets them where they were left out.
    Silence and downtime are spans of the host's steady clock; a silent robot still does TLS.
    Forwarded calls and silence hold one of 48 workers each, the robot's own services share these,
    and a forwarded call whose client gave up holds its worker until its deadline.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        ca_file: Path | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        clock_offset_s: float = CLOCK_OFFSET_S,
        users: Mapping[str, str] = USERS,
        authorize_new_payloads: bool = False,
    ) -> None:
        self._wanted_port = port
        self._wanted_ca_file = ca_file
        self._state = RobotState(
            host_now_ns=now_ns,
            clock_offset_ns=round(clock_offset_s * NANOSECONDS),
            users=users,
            authorize_new_payloads=authorize_new_payloads,
        )
        self._silence = Silence()
        self._forwarder = Forwarder(
            lambda: frozenset(service.endpoint for service in self._state.services())
        )
        self._router = Router(
            self._state,
            (
                RobotIdService(),
                AuthService(self._state),
                PayloadRegistrationService(self._state),
                DirectoryService(self._state),
                DirectoryRegistrationService(self._state),
                FaultService(self._state),
                RobotStateService(self._state),
                TimeSyncService(self._state),
            ),
            self._forwarder,
            self._silence,
        )
        self._certificates = Certificates(self._authorities)
        self._lifecycle = threading.RLock()
        self._reserved: ReservedPort | None = None
        self._ca_file: Path | None = None
        self._listener: Listener | None = None
        self._boot_timer: threading.Timer | None = None

    # Running

    def start(self) -> FakeRobot:
        """Listen, and write the CA file.

        Raises:
            OSError: the port is in use or not permitted, or the CA file cannot be written.
            RuntimeError: started already.
        """
        with self._lifecycle:
            if self._reserved is not None:
                raise RuntimeError("the fake robot is started already")
            ca_file = self._wanted_ca_file or _temporary_file()
            try:
                self._certificates.write_ca(ca_file)
                self._reserved = ReservedPort(ADDRESS, self._wanted_port)
            except OSError:
                self._remove(ca_file)
                raise
            self._ca_file = ca_file
            self.boot()
        return self

    def stop(self) -> None:
        """Close the port and end every thread; nothing when not started."""
        with self._lifecycle:
            timer = self._go_down()
            if self._reserved is not None:
                self._reserved.release()
                self._reserved = None
            if self._ca_file is not None:
                self._remove(self._ca_file)
                self._ca_file = None
        # Outside the lock, which a timer that has just fired is waiting for.
        if timer is not None:
            timer.join()

    def __enter__(self) -> FakeRobot:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where the robot is."""
        return ADDRESS

    @property
    def port(self) -> int:
        """The port of the started robot; the same after a reboot."""
        return self._started().port

    @property
    def ca_file(self) -> Path:
        """The PEM file that a client of the started robot has to trust."""
        self._started()
        return self._ca_file or Path()

    # Trouble

    def reboot(self, downtime_s: float = 0.0) -> None:
        """Go down now and come back by itself after `downtime_s`; returns once it is down.

        Directory entries, faults, tokens and time-sync are forgotten; payloads, users, refusals
        and the records stay.
        """
        with self._lifecycle:
            self.power_off()
            if downtime_s <= 0:
                self.boot()
                return
            timer = threading.Timer(downtime_s, self._boot_by_timer)
            timer.name = "fake-robot-boot"
            timer.daemon = True
            self._boot_timer = timer
            timer.start()

    def power_off(self) -> None:
        """Go down as a reboot does, and stay so until `boot`."""
        with self._lifecycle:
            self._started()
            self._go_down()
            self._state.forget()

    def boot(self) -> None:
        """Answer on the port again; nothing when the robot is up."""
        with self._lifecycle:
            port = self._started()
            if self._listener is None:
                self._boot_timer = None
                credentials = self._certificates.credentials()
                self._listener = Listener(port, self._router, credentials)
        with self._state.changes.changing():
            pass

    @property
    def is_up(self) -> bool:
        """Whether the robot listens."""
        return self._listener is not None

    def wait_up(self, timeout_s: float) -> bool:
        """Block until the robot listens; return whether it does."""
        return self.wait_for(lambda: self.is_up, timeout_s)

    def go_silent(self, seconds: float) -> None:
        """Leave calls unanswered for so long; then they are answered if someone still waits."""
        self._silence.begin(seconds)

    def speak(self) -> None:
        """End the silence."""
        self._silence.end()

    def silent_calls(self) -> int:
        """How many calls hang in the silence at this moment."""
        return self._silence.held()

    def refuse(self, service_name: str, code: grpc.StatusCode, details: str = "") -> None:
        """Answer all calls of a service, own or registered, with this status until `accept`."""
        self._state.refuse(service_name, code, details)

    def accept(self, service_name: str) -> None:
        """End a refusal."""
        self._state.accept(service_name)

    def move_clock(self, seconds: float) -> None:
        """Set the robot's clock forward, or back when negative; time-sync starts anew."""
        self._state.move_clock(seconds)

    def expire_tokens(self) -> None:
        """End the lifetime of every token now."""
        self._state.expire_tokens()

    def revoke_tokens(self) -> None:
        """Forget every token."""
        self._state.revoke_tokens()

    # The operator

    def register_payload(
        self, guid: str, secret: str, *, name: str = "", authorized: bool = True
    ) -> None:
        """Make a payload known.

        Raises:
            ValueError: the GUID is taken.
        """
        if not self._state.add_payload(PayloadAccount(guid, secret, name, authorized)):
            raise ValueError(f"a payload with GUID {guid!r} is registered already")

    def authorize(self, guid: str) -> None:
        """Let a payload in; `LookupError` when it is unknown."""
        self._state.authorize(guid)

    def revoke(self, guid: str) -> None:
        """Let a payload in no longer, and forget its tokens; `LookupError` when it is unknown."""
        self._state.revoke(guid)

    # Looking inside

    def now_ns(self) -> int:
        """Robot time."""
        return self._state.now_ns()

    def payloads(self) -> list[PayloadAccount]:
        """Every known payload, oldest first."""
        return self._state.payloads()

    def services(self) -> list[RegisteredService]:
        """Every registered service, oldest first; the robot's own are not among them."""
        return self._state.services()

    def faults(self) -> list[Any]:
        """The standing faults, as `bosdyn.api.ServiceFault` messages, oldest first."""
        return self._state.faults()

    def fault_events(self) -> list[FaultEvent]:
        """Every trigger and clear, by clients and by the robot, oldest first."""
        return self._state.fault_events()

    def calls(self) -> list[CallRecord]:
        """The last finished calls, oldest first."""
        return self._state.calls()

    def wait_for(self, predicate: Callable[[], object], timeout_s: float) -> bool:
        """Block until the predicate holds or the time is over; return whether it holds.

        The predicate runs in the caller's thread, after each change of the robot's state.
        """
        return self._state.changes.wait_for(predicate, timeout_s)

    def _started(self) -> ReservedPort:
        if self._reserved is None:
            raise RuntimeError("the fake robot is not started")
        return self._reserved

    def _go_down(self) -> threading.Timer | None:
        timer, self._boot_timer = self._boot_timer, None
        if timer is not None:
            timer.cancel()
        listener, self._listener = self._listener, None
        if listener is not None:
            # Once to free the workers that wait for a service, once for calls that came meanwhile.
            self._forwarder.close()
            listener.close()
            self._forwarder.close()
            self._silence.end()
        return timer

    def _boot_by_timer(self) -> None:
        with self._lifecycle:
            if self._boot_timer is threading.current_thread():
                self.boot()

    def _authorities(self) -> frozenset[str]:
        own = {service.authority for service in OWN_SERVICES}
        return frozenset(own | {service.authority for service in self._state.services()})

    def _remove(self, ca_file: Path) -> None:
        if ca_file != self._wanted_ca_file:
            ca_file.unlink(missing_ok=True)


def _temporary_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="fake-robot-", suffix=".pem", delete=False) as file:
        return Path(file.name)
