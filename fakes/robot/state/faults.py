"""Service faults: which stand, which stood, and what was done about them."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from bosdyn.api.service_fault_pb2 import ServiceFault, ServiceFaultId

from spot_webcam.fakes.robot.state.clock import to_duration, to_timestamp
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full

FAULT_LIMIT = 1_000
HISTORY_LIMIT = 100
EVENT_LIMIT = 10_000


class FaultKey(NamedTuple):
    """What makes two faults the same."""

    fault_name: str
    service_name: str
    payload_guid: str


@dataclass(frozen=True, slots=True)
class FaultEvent:
    """One trigger or clear.

    `kind` is `trigger` or `clear` for a client's call, `robot-trigger` or `robot-clear` for what
    the robot did by itself. `outcome` is the API's status name without its prefix.
    """

    kind: str
    fault_name: str
    service_name: str
    payload_guid: str
    robot_time_ns: int
    outcome: str


class Faults:
    """Active faults by identity; clients can raise at most `FAULT_LIMIT`."""

    def __init__(self) -> None:
        self._active: dict[FaultKey, tuple[Any, int]] = {}
        self._historical: deque[Any] = deque(maxlen=HISTORY_LIMIT)
        self._events: deque[FaultEvent] = deque(maxlen=EVENT_LIMIT)

    def trigger(self, fault: Any, now_ns: int, *, kind: str = "trigger") -> bool:
        """Make a fault active; False when it is already. An onset left out is now."""
        key = _key_of(fault.fault_id)
        if not key.fault_name:
            raise InvalidRequest("a fault needs a name")
        if key in self._active:
            self._note(kind, key, now_ns, "FAULT_ALREADY_ACTIVE")
            return False
        if kind == "trigger" and len(self._active) >= FAULT_LIMIT:
            raise full("active faults", FAULT_LIMIT)
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
        """Clear one fault, or all of its service or payload; False when there was none."""
        wanted = _key_of(fault_id)
        cleared = self._clear_where(
            lambda key: (
                key == wanted
                or (whole_service and key.service_name == wanted.service_name)
                or (whole_payload and key.payload_guid == wanted.payload_guid)
            ),
            now_ns,
            "clear",
        )
        if not cleared:
            self._note("clear", wanted, now_ns, "FAULT_NOT_ACTIVE")
        return cleared

    def clear_service(self, service_name: str, now_ns: int) -> None:
        """Clear all faults of a service, as the robot does when it is (un)registered."""
        self._clear_where(lambda key: key.service_name == service_name, now_ns, "robot-clear")

    def clear_named(self, fault_name: str, service_name: str, now_ns: int) -> None:
        """Clear a fault that the robot itself raised, if it stands."""
        self._clear_where(
            lambda key: (key.fault_name, key.service_name) == (fault_name, service_name),
            now_ns,
            "robot-clear",
        )

    def forget(self, now_ns: int) -> None:
        """Lose active and historical faults, as a reboot does; the events stay."""
        self._clear_where(lambda _: True, now_ns, "robot-clear")
        self._historical.clear()

    def is_active(self, key: FaultKey) -> bool:
        """Whether this very fault stands."""
        return key in self._active

    def active(self, now_ns: int) -> list[Any]:
        """Copies of the standing faults with their durations, oldest first."""
        return [_lasting(fault, now_ns - since_ns) for fault, since_ns in self._active.values()]

    def historical(self) -> list[Any]:
        """The faults that were cleared, oldest first, the last `HISTORY_LIMIT`."""
        return list(self._historical)

    def events(self) -> list[FaultEvent]:
        """What happened, oldest first, the last `EVENT_LIMIT`."""
        return list(self._events)

    def _clear_where(self, matches: Callable[[FaultKey], bool], now_ns: int, kind: str) -> bool:
        found = [key for key in self._active if matches(key)]
        for key in found:
            fault, since_ns = self._active.pop(key)
            self._historical.append(_lasting(fault, now_ns - since_ns))
            self._note(kind, key, now_ns, "OK")
        return bool(found)

    def _note(self, kind: str, key: FaultKey, now_ns: int, outcome: str) -> None:
        self._events.append(FaultEvent(kind, *key, robot_time_ns=now_ns, outcome=outcome))


def _key_of(fault_id: Any) -> FaultKey:
    return FaultKey(fault_id.fault_name, fault_id.service_name, fault_id.payload_guid)


def fault_id(key: FaultKey) -> Any:
    """The identity, as the API sends it."""
    return ServiceFaultId(**key._asdict())


def _lasting(fault: Any, span_ns: int) -> Any:
    copy = ServiceFault()
    copy.CopyFrom(fault)
    copy.duration.CopyFrom(to_duration(span_ns))
    return copy
