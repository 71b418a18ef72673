"""JSON views of the robot's state, for the control API."""

from datetime import datetime, timedelta, timezone
from typing import Any

from bosdyn.api.service_fault_pb2 import ServiceFault

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.fake_robot import FakeRobot

View = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def robot_view(robot: FakeRobot) -> View:
    """Return the robot's state, its CA and the first user's login, None without users."""
    user, password = next(iter(robot.users().items()), (None, None))
    login = {"user": user, "password": password}
    return {**state_view(robot), **login, "ca": robot.ca_file.read_text()}


def state_view(robot: FakeRobot) -> View:
    """Return the robot's addresses and state."""
    return {
        "address": robot.address,
        "port": robot.port,
        "rest_port": robot.rest_port,
        "up": robot.is_up,
        "time": _time(robot.now_ns()),
        "silent_calls": robot.unanswered_calls(),
        "faults": len(robot.faults()),
        "services": len(robot.services()),
        "payloads": len(robot.payloads()),
    }


def fault_views(robot: FakeRobot) -> list[View]:
    """Return the active faults, oldest first; an `onset` that is not a date is None."""
    return [_fault(fault) for fault in robot.faults()]


def service_views(robot: FakeRobot) -> list[View]:
    """Return the registered services, oldest first; `heard` is the last heartbeat, robot time."""
    return [
        {
            "name": service.name,
            "type": service.type,
            "authority": service.authority,
            "endpoint": service.endpoint,
            "liveness_timeout_s": service.liveness_timeout_s,
            "payload": service.payload_guid,
            "heard": _time(service.last_update_ns),
        }
        for service in robot.services()
    ]


def payload_views(robot: FakeRobot) -> list[View]:
    """Return the payloads, oldest first, without their secrets."""
    return [
        {
            "guid": payload.guid,
            "name": payload.name,
            "authorized": payload.authorized,
            "attached": payload.attached,
            "version": ".".join(map(str, payload.version)),
        }
        for payload in robot.payloads()
    ]


def call_views(robot: FakeRobot, last: int) -> list[View]:
    """Return the last finished calls, oldest first."""
    return [
        {"authority": call.authority, "method": call.method, "code": call.code}
        for call in robot.calls()[-last:]
    ]


def _fault(fault: Any) -> View:
    onset = fault.onset_timestamp
    return {
        "name": fault.fault_id.fault_name,
        "service": fault.fault_id.service_name,
        "payload": fault.fault_id.payload_guid,
        "severity": _severity(fault.severity),
        "message": fault.error_message,
        "onset": _time(onset.seconds * NANOSECONDS + onset.nanos),
        "duration_s": round(fault.duration.seconds + fault.duration.nanos / NANOSECONDS, 3),
    }


def _time(robot_time_ns: int) -> str | None:
    """Format robot time as ISO 8601 in UTC, to the microsecond; None outside of years 1 to 9999.

    Clients may have sent any time.
    """
    try:
        return (_EPOCH + timedelta(microseconds=robot_time_ns // 1000)).isoformat()
    except OverflowError:
        return None


def _severity(number: int) -> str:
    """Return the name of a severity, or the number of an unknown one."""
    known = ServiceFault.Severity.values()
    if number not in known:
        return str(number)
    return str(ServiceFault.Severity.Name(number).removeprefix("SEVERITY_"))
