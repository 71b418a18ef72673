"""All that the fake robot knows, and its rules; no sockets."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

import grpc
from bosdyn.api.service_fault_pb2 import ServiceFault

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.state.calls import CALL_LIMIT, CallRecord
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.clock import RobotClock, to_timestamp
from spot_webcam.fakes.robot.state.directory import Directory, RegisteredService
from spot_webcam.fakes.robot.state.faults import FaultEvent, FaultKey, Faults, fault_id
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.state.payloads import Login, PayloadAccount, Payloads
from spot_webcam.fakes.robot.state.refusals import CallRefused
from spot_webcam.fakes.robot.state.time_sync import RoundTrip, TimeSync, TimeSyncAnswer
from spot_webcam.fakes.robot.state.tokens import Caller, Tokens

LIVENESS_FAULT_NAME: Final = "Liveness Timeout"


class RobotState:
    """The robot's clock, payloads, tokens, directory, faults and time-sync.

    Every method may be called from any thread, returns at once, and hands out copies.
    """

    def __init__(
        self,
        *,
        host_now_ns: Callable[[], int],
        clock_offset_ns: int,
        users: Mapping[str, str],
        authorize_new_payloads: bool = False,
    ) -> None:
        self.changes = Changes()
        self._clock = RobotClock(host_now_ns, clock_offset_ns)
        self._users = dict(users)
        self._authorize_new_payloads = authorize_new_payloads
        self._payloads = Payloads()
        self._tokens = Tokens()
        self._directory = Directory(
            frozenset(own.name for own in OWN_SERVICES),
            frozenset(own.route for own in OWN_SERVICES),
        )
        self._faults = Faults()
        self._time_sync = TimeSync()
        self._refusals: dict[str, tuple[grpc.StatusCode, str]] = {}
        self._calls: deque[CallRecord] = deque(maxlen=CALL_LIMIT)

    # The clock

    def now_ns(self) -> int:
        """Robot time."""
        return self._clock.now_ns()

    def move_clock(self, seconds: float) -> None:
        """Set the robot's clock; time-sync starts anew for everyone."""
        with self.changes.changing():
            self._clock.move(round(seconds * NANOSECONDS))
            self._time_sync.clock_moved()

    def time_sync(self, clock_identifier: str, round_trip: RoundTrip | None) -> TimeSyncAnswer:
        """Take a round trip and answer with the estimates."""
        with self.changes.changing():
            return self._time_sync.update(clock_identifier, round_trip)

    # Who may call

    def users(self) -> dict[str, str]:
        """Who can log in, with their passwords."""
        return dict(self._users)

    def log_in_user(self, name: str, password: str) -> str | None:
        """Return a user's token, or None for a wrong name or password."""
        with self.changes.changing():
            if self._users.get(name) != password:
                return None
            return self._tokens.issue(Caller(name), self.now_ns())

    def renew(self, token: str) -> str | None:
        """Return a new token for the same caller, or None when the old one is not valid."""
        with self.changes.changing():
            now_ns = self.now_ns()
            try:
                caller = self._tokens.check(token, now_ns)
            except CallRefused:
                return None
            return self._tokens.issue(caller, now_ns)

    def log_in_payload(self, guid: str, secret: str) -> tuple[Login, str]:
        """Return how the login went, and a token when it went well."""
        with self.changes.changing():
            login = self._payloads.check(guid, secret)
            if login is not Login.OK:
                return login, ""
            return login, self._tokens.issue(Caller(guid, guid), self.now_ns())

    def check_token(self, token: str) -> Caller:
        """Return the token's holder, or raise `CallRefused`."""
        with self.changes.reading():
            return self._tokens.check(token, self.now_ns())

    def expire_tokens(self) -> None:
        """End the lifetime of every token now."""
        with self.changes.changing():
            self._tokens.expire_all(self.now_ns())

    def revoke_tokens(self) -> None:
        """Forget every token."""
        with self.changes.changing():
            self._tokens.revoke_all()

    # Payloads

    def add_payload(self, account: PayloadAccount) -> bool:
        """Keep a new payload; False when its GUID is taken."""
        with self.changes.changing():
            authorized = account.authorized or self._authorize_new_payloads
            return self._payloads.add(replace(account, authorized=authorized))

    def authorize(self, guid: str) -> None:
        """Let a payload in."""
        with self.changes.changing():
            self._payloads.set_authorized(guid, True)

    def revoke(self, guid: str) -> None:
        """Let a payload in no longer, and forget its tokens."""
        with self.changes.changing():
            self._payloads.set_authorized(guid, False)
            self._tokens.revoke_payload(guid)

    def set_payload_version(self, guid: str, secret: str, version: tuple[int, int, int]) -> Login:
        """Note a payload's version; an authorization is not needed."""
        with self.changes.changing():
            login = self._payloads.check(guid, secret)
            if login in {Login.OK, Login.NOT_AUTHORIZED}:
                self._payloads.set_version(guid, version)
            return login

    def set_payload_attached(self, guid: str, secret: str, attached: bool) -> Login:
        """Note whether an authorized payload is mounted."""
        with self.changes.changing():
            login = self._payloads.check(guid, secret)
            if login is Login.OK:
                self._payloads.set_attached(guid, attached)
            return login

    def payloads(self) -> list[PayloadAccount]:
        """Every payload, oldest first."""
        with self.changes.reading():
            return self._payloads.all()

    # The directory

    def register_service(self, service: RegisteredService) -> bool:
        """Add a service, which clears its faults; False when its name or route is taken."""
        with self.changes.changing():
            now_ns = self._lapse()
            added = self._directory.register(replace(service, last_update_ns=now_ns))
            if added:
                self._faults.clear_service(service.name, now_ns)
            self._faults.clear_named(LIVENESS_FAULT_NAME, service.name, now_ns)
            return added

    def update_service(self, service: RegisteredService) -> bool:
        """Replace a service's entry; False when there is none."""
        with self.changes.changing():
            now_ns = self._lapse()
            updated = self._directory.update(replace(service, last_update_ns=now_ns))
            self._faults.clear_named(LIVENESS_FAULT_NAME, service.name, now_ns)
            return updated

    def unregister_service(self, name: str) -> bool:
        """Remove a service and its faults; False when there is none."""
        with self.changes.changing():
            now_ns = self._lapse()
            removed = self._directory.unregister(name)
            if removed:
                self._faults.clear_service(name, now_ns)
            return removed

    def find_service(self, authority: str, service_type: str) -> RegisteredService | None:
        """Return the registered service that calls of this route belong to."""
        with self.changes.reading():
            return self._directory.find(authority, service_type)

    def services(self) -> list[RegisteredService]:
        """Every registered service, oldest first; the robot's own are not among them."""
        with self.changes.reading():
            return self._directory.all()

    # Faults

    def trigger_fault(self, fault: Any) -> bool:
        """Make a service fault active; False when it is already."""
        with self.changes.changing():
            return self._faults.trigger(fault, self._lapse())

    def clear_fault(self, fault_id: Any, *, whole_service: bool, whole_payload: bool) -> bool:
        """Clear one fault, or all of its service or payload; False when there was none."""
        with self.changes.changing():
            return self._faults.clear(
                fault_id, self._lapse(), whole_service=whole_service, whole_payload=whole_payload
            )

    def faults(self) -> list[Any]:
        """The standing faults, as `ServiceFault` messages, oldest first."""
        with self.changes.reading():
            return self._faults.active(self._lapse())

    def historical_faults(self) -> list[Any]:
        """The cleared faults, as `ServiceFault` messages, oldest first."""
        with self.changes.reading():
            return self._faults.historical()

    def fault_events(self) -> list[FaultEvent]:
        """What happened to faults, oldest first."""
        with self.changes.reading():
            self._lapse()
            return self._faults.events()

    # Trouble, and the record

    def refuse(self, service_name: str, code: grpc.StatusCode, details: str) -> None:
        """Answer all calls of a service with this status."""
        if code is grpc.StatusCode.OK:
            raise ValueError("a refusal needs a status other than OK")
        with self.changes.changing():
            self._refusals[service_name] = (code, details)

    def accept(self, service_name: str) -> None:
        """Answer calls of a service again."""
        with self.changes.changing():
            self._refusals.pop(service_name, None)

    def check_accepted(self, service_name: str) -> None:
        """Raise the refusal of this service, if there is one."""
        with self.changes.reading():
            refusal = self._refusals.get(service_name)
        if refusal is not None:
            raise CallRefused(*refusal)

    def record_call(self, call: CallRecord) -> None:
        """Keep the record of a finished call."""
        with self.changes.changing():
            self._calls.append(call)

    def calls(self) -> list[CallRecord]:
        """The last finished calls, oldest first."""
        with self.changes.reading():
            return list(self._calls)

    def forget(self) -> None:
        """Lose what a reboot loses: directory entries, faults, tokens, time-sync."""
        with self.changes.changing():
            self._faults.forget(self._lapse())
            self._directory.clear()
            self._tokens.revoke_all()
            self._time_sync.forget()

    def _lapse(self) -> int:
        """Raise the liveness fault of every service whose time is over; return robot time."""
        now_ns = self.now_ns()
        for service in self._directory.all():
            lapses_ns = service.lapses_ns()
            if lapses_ns is None or now_ns <= lapses_ns:
                continue
            key = _liveness_key(service)
            if not self._faults.is_active(key):
                fault = ServiceFault(
                    fault_id=fault_id(key),
                    error_message=f"No heartbeat for {service.liveness_timeout_s:g} s.",
                    severity=ServiceFault.SEVERITY_CRITICAL,
                    onset_timestamp=to_timestamp(lapses_ns),
                )
                self._faults.trigger(fault, now_ns, kind="robot-trigger")
        return now_ns


def _liveness_key(service: RegisteredService) -> FaultKey:
    return FaultKey(LIVENESS_FAULT_NAME, service.name, service.payload_guid)
