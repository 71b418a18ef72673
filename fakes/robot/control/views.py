"""What the control API tells, as JSON has it."""

from datetime import datetime, timedelta, timezone
from typing import Any

from bosdyn.api.service_fault_pb2 import ServiceFault

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.fake_robot import FakeRobot

View = dict[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def robot_view(robot: FakeRobot) -> View:
    """Where the robot is and how, whom to trust there, and as whom to log in: None for nobody."""
    user, password = next(iter(robot.users().items()), (None, None))
    login = {"user": user, "password": password}
    return {**state_view(robot), **login, "ca": robot.ca_file.read_text()}


def state_view(robot: FakeRobot) -> View:
    """Where the robot is and how it is."""
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
    """The standing faults, oldest first; `onset` is None where it makes no date."""
    return [_fault(fault) for fault in robot.faults()]


def service_views(robot: FakeRobot) -> list[View]:
    """The registered services, oldest first; `heard` is the last heartbeat, in robot time."""
    return [
        {
            "name": one.name,
            "type": one.type,
            "authority": one.authority,
            "endpoint": one.endpoint,
            "liveness_timeout_s": one.liveness_timeout_s,
            "payload": one.payload_guid,
            "heard": _time(one.last_update_ns),
        }
        for one in robot.services()
    ]


def payload_views(robot: FakeRobot) -> list[View]:
    """The known payloads, oldest first, without their secrets."""
    return [
        {
            "guid": one.guid,
            "name": one.name,
            "authorized": one.authorized,
            "attached": one.attached,
            "version": ".".join(map(str, one.version)),
        }
        for one in robot.payloads()
    ]


def call_views(robot: FakeRobot, last: int) -> list[View]:
    """The last finished calls, oldest first."""
    return [
        {"authority": one.authority, "method": one.method, "code": one.code}
        for one in robot.calls()[-last:]
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
    """Write robot time as ISO 8601 in UTC, to the microsecond; None outside of years 1 to 9999.

    A client may have sent any.
    """
    try:
        return (_EPOCH + timedelta(microseconds=robot_time_ns // 1000)).isoformat()
    except OverflowError:
        return None


def _severity(number: int) -> str:
    """Name a severity; one that the API does not know is its number."""
    known = ServiceFault.Severity.values()
    if number not in known:
        return str(number)
    return str(ServiceFault.Severity.Name(number).removeprefix("SEVERITY_"))
