"""Service faults: active ones, cleared ones, and a log of triggers and clears."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bosdyn.api.service_fault_pb2 import ServiceFault, ServiceFaultId

from spot_webcam.fakes.robot.state.clock import to_duration, to_timestamp
from spot_webcam.fakes.robot.state.payloads import guid_key
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full

FAULT_LIMIT = 1_000
HISTORY_LIMIT = 100
EVENT_LIMIT = 10_000


class FaultKey(NamedTuple):
    """Identity of a fault; GUIDs are compared without case."""

    fault_name: str
    service_name: str
    payload_guid: str


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """One trigger or clear.

    `kind` is `trigger` or `clear` for a client's call, `robot-trigger` or `robot-clear` for an
    action of the robot. `outcome` is the API's status name without its prefix.
    """

    kind: str
    fault_name: str
    service_name: str
    payload_guid: str
    robot_time_ns: int
    outcome: str


class Faults:
    """Active faults by identity; clients can raise at most `max_faults`.

    Not thread-safe: `RobotState` holds the lock. Not enforced: who owns a fault.
    """

    def __init__(self, *, max_faults: int = FAULT_LIMIT) -> None:
        self._max_faults = max_faults
        self._active: dict[FaultKey, tuple[Any, int]] = {}
        self._historical: deque[Any] = deque(maxlen=HISTORY_LIMIT)
        self._events: deque[FaultEvent] = deque(maxlen=EVENT_LIMIT)

    def trigger(self, fault: Any, now_ns: int, *, kind: str = "trigger") -> bool:
        """Activate a fault; False if it is active. A missing onset is set to now."""
        key = _key_of(fault.fault_id)
        if not key.fault_name:
            raise InvalidRequest("a fault needs a name")
        if key in self._active:
            self._note(kind, key, now_ns, "FAULT_ALREADY_ACTIVE")
            return False
        if kind == "trigger" and len(self._active) >= self._max_faults:
            raise full("active faults", self._max_faults)
        kept = ServiceFault()
        kept.CopyFrom(fault)
        if not kept.HasField("onset_timestamp"):
            kept.onset_timestamp.CopyFrom(to_timestamp(now_ns))
        self._active[key] = (kept, now_ns)
        self._note(kind, key, now_ns, "OK")
        return True

    def clear(
        self, fault_id: Any, now_ns: int, *, whole_service: bool, whole_payload: bool
    ) -> bool:
        """Clear one fault, or all of its service or payload; False if none was active."""
        requested = _key_of(fault_id)
        cleared = self._clear_where(
            lambda key: (
                key == requested
                or (whole_service and key.service_name == requested.service_name)
                or (whole_payload and key.payload_guid == requested.payload_guid)
            ),
            now_ns,
            "clear",
        )
        if not cleared:
            self._note("clear", requested, now_ns, "FAULT_NOT_ACTIVE")
        return cleared

    def clear_service(self, service_name: str, now_ns: int) -> None:
        """Clear all faults of a service, as the robot does at its (un)registration."""
        self._clear_where(lambda key: key.service_name == service_name, now_ns, "robot-clear")

    def clear_named(self, fault_name: str, service_name: str, now_ns: int) -> None:
        """Clear a fault that the robot itself raised, if it is active."""
        self._clear_where(
            lambda key: (key.fault_name, key.service_name) == (fault_name, service_name),
            now_ns,
            "robot-clear",
        )

    def forget(self, now_ns: int) -> None:
        """Forget active and historical faults, as a reboot does; the events stay."""
        self._clear_where(lambda _: True, now_ns, "robot-clear")
        self._historical.clear()

    def is_active(self, key: FaultKey) -> bool:
        """Whether this fault is active."""
        return _key_of(key) in self._active

    def active(self, now_ns: int) -> list[Any]:
        """Return copies of the active faults with their durations, oldest first."""
        return [
            _with_duration(fault, now_ns - since_ns) for fault, since_ns in self._active.values()
        ]

    def historical(self) -> list[Any]:
        """Return the last `HISTORY_LIMIT` cleared faults, oldest first."""
        return list(self._historical)

    def events(self) -> list[FaultEvent]:
        """Return the last `EVENT_LIMIT` events, oldest first."""
        return list(self._events)

    def _clear_where(self, matches: Callable[[FaultKey], bool], now_ns: int, kind: str) -> bool:
        found = [key for key in self._active if matches(key)]
        for key in found:
            fault, since_ns = self._active.pop(key)
            self._historical.append(_with_duration(fault, now_ns - since_ns))
            self._note(kind, key, now_ns, "OK")
        return bool(found)

    def _note(self, kind: str, key: FaultKey, now_ns: int, outcome: str) -> None:
        self._events.append(FaultEvent(kind, *key, robot_time_ns=now_ns, outcome=outcome))


def _key_of(fault_id: "ServiceFaultId | FaultKey") -> FaultKey:
    return FaultKey(fault_id.fault_name, fault_id.service_name, guid_key(fault_id.payload_guid))


def fault_id(key: FaultKey) -> Any:
    """Return the identity as a `ServiceFaultId`."""
    return ServiceFaultId(**key._asdict())


def _with_duration(fault: Any, span_ns: int) -> Any:
    copy = ServiceFault()
    copy.CopyFrom(fault)
    copy.duration.CopyFrom(to_duration(span_ns))
    return copy
