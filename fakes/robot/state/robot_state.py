"""State of the fake robot, and the rules that connect its parts; no sockets."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bosdyn.api.service_fault_pb2 import ServiceFault

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.state.calls import CallLog
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.clock import RobotClock, to_timestamp
from spot_webcam.fakes.robot.state.directory import Directory, RegisteredService
from spot_webcam.fakes.robot.state.faults import (
    FAULT_LIMIT,
    FaultEvent,
    FaultKey,
    Faults,
    fault_id,
)
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.state.payloads import Login, Payloads
from spot_webcam.fakes.robot.state.refusals import ServiceRefusals
from spot_webcam.fakes.robot.state.time_sync import TimeSync
from spot_webcam.fakes.robot.state.tokens import Caller, Tokens

LIVENESS_FAULT_NAME = "Liveness Timeout"


class RobotState:
    """The robot's clock, accounts, tokens, directory, faults, time-sync and records.

    Independent parts are public attributes; directory and faults depend on each other, and are
    reached by the methods here. All of it is thread-safe, never blocks for long, and returns
    copies.
    """

    def __init__(
        self,
        *,
        host_now_ns: Callable[[], int],
        clock_offset_ns: int,
        users: Mapping[str, str],
        authorize_new_payloads: bool = False,
        max_faults: int = FAULT_LIMIT,
    ) -> None:
        self.changes = Changes()
        self.users = dict(users)
        self._clock = RobotClock(host_now_ns, clock_offset_ns)
        self.payloads = Payloads(self.changes, authorize_new=authorize_new_payloads)
        self.tokens = Tokens(self.changes, self.now_ns)
        self.time_sync = TimeSync(self.changes)
        self.refusals = ServiceRefusals(self.changes)
        self.calls = CallLog(self.changes)
        self._directory = Directory(
            frozenset(own.name for own in OWN_SERVICES),
            frozenset(own.route for own in OWN_SERVICES),
        )
        self._faults = Faults(max_faults=max_faults)

    def now_ns(self) -> int:
        """Return robot time."""
        return self._clock.now_ns()

    def move_clock(self, seconds: float) -> None:
        """Set the robot's clock; time-sync restarts for every client."""
        with self.changes.changing():
            self._clock.move(round(seconds * NANOSECONDS))
            self.time_sync.clock_moved()

    def forget(self) -> None:
        """Forget what a reboot forgets: directory entries, faults, tokens, time-sync."""
        with self.changes.changing():
            self._faults.forget(self._update_liveness())
            self._directory.clear()
            self.tokens.revoke_all()
            self.time_sync.forget()

    # Payloads and their tokens

    def log_in_payload(self, guid: str, secret: str) -> tuple[Login, str]:
        """Return the result of a payload's login, and a token if it is OK."""
        with self.changes.changing():
            login = self.payloads.check(guid, secret)
            if login is not Login.OK:
                return login, ""
            registered = self.payloads.registered_guid(guid)
            return login, self.tokens.issue(Caller(registered, registered))

    def revoke_payload(self, guid: str) -> None:
        """Withdraw a payload's authorization, and forget its tokens.

        Raises:
            LookupError: the payload is unknown.
        """
        with self.changes.changing():
            self.payloads.set_authorized(guid, False)
            self.tokens.revoke_payload(guid)

    # The directory

    def register_service(self, service: RegisteredService) -> bool:
        """Add a service, which clears its faults; False if its name or route is taken."""
        with self.changes.changing():
            now_ns = self._update_liveness()
            added = self._directory.register(replace(service, last_update_ns=now_ns))
            if added:
                self._faults.clear_service(service.name, now_ns)
            self._faults.clear_named(LIVENESS_FAULT_NAME, service.name, now_ns)
            return added

    def update_service(self, service: RegisteredService) -> bool:
        """Replace a service's entry; False if there is none."""
        with self.changes.changing():
            now_ns = self._update_liveness()
            updated = self._directory.update(replace(service, last_update_ns=now_ns))
            self._faults.clear_named(LIVENESS_FAULT_NAME, service.name, now_ns)
            return updated

    def unregister_service(self, name: str) -> bool:
        """Remove a service and its faults; False if there is none."""
        with self.changes.changing():
            now_ns = self._update_liveness()
            removed = self._directory.unregister(name)
            if removed:
                self._faults.clear_service(name, now_ns)
            return removed

    def find_service(self, authority: str, service_type: str) -> RegisteredService | None:
        """Return the registered service of this route."""
        with self.changes.reading():
            return self._directory.find(authority, service_type)

    def services(self) -> list[RegisteredService]:
        """Return every registered service, oldest first, without the robot's own."""
        with self.changes.reading():
            return self._directory.all()

    # Faults

    def trigger_fault(self, fault: Any) -> bool:
        """Activate a service fault; False if it is active."""
        with self.changes.changing():
            return self._faults.trigger(fault, self._update_liveness())

    def clear_fault(self, fault_id: Any, *, whole_service: bool, whole_payload: bool) -> bool:
        """Clear one fault, or all of its service or payload; False if none was active."""
        with self.changes.changing():
            return self._faults.clear(
                fault_id,
                self._update_liveness(),
                whole_service=whole_service,
                whole_payload=whole_payload,
            )

    def faults(self) -> list[Any]:
        """Return the active faults, as `ServiceFault` messages, oldest first."""
        with self.changes.reading():
            return self._faults.active(self._update_liveness())

    def historical_faults(self) -> list[Any]:
        """Return the cleared faults, as `ServiceFault` messages, oldest first."""
        with self.changes.reading():
            return self._faults.historical()

    def fault_events(self) -> list[FaultEvent]:
        """Return what happened to faults, oldest first."""
        with self.changes.reading():
            self._update_liveness()
            return self._faults.events()

    def _update_liveness(self) -> int:
        """Raise the liveness fault of every service whose heartbeat is late; return robot time."""
        now_ns = self.now_ns()
        for service in self._directory.all():
            deadline_ns = service.liveness_deadline_ns()
            if deadline_ns is None or now_ns <= deadline_ns:
                continue
            key = FaultKey(LIVENESS_FAULT_NAME, service.name, service.payload_guid)
            if not self._faults.is_active(key):
                fault = ServiceFault(
                    fault_id=fault_id(key),
                    error_message=f"No heartbeat for {service.liveness_timeout_s:g} s.",
                    severity=ServiceFault.SEVERITY_CRITICAL,
                    onset_timestamp=to_timestamp(deadline_ns),
                )
                self._faults.trigger(fault, now_ns, kind="robot-trigger")
        return now_ns
