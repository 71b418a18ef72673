"""Queries and commands of the control API, and the fields that they take."""

from collections.abc import Callable, Mapping
from typing import Any

import grpc

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.control.views import (
    View,
    call_views,
    fault_views,
    payload_views,
    robot_view,
    service_views,
    state_view,
)
from spot_webcam.fakes.robot.fake_robot import FakeRobot

# A day. Longer: `silent` and `power-off`, until `speak` and `boot`.
MAX_S = 86_400.0
# Ten years.
MAX_CLOCK_STEP_S = 315_576_000.0
# The end of 2261, which is nearly the limit of 63 bits of nanoseconds.
MAX_CLOCK_NS = 9_214_646_399 * NANOSECONDS
DEFAULT_CALLS = 20
_TEXT_LIMIT = 1_000

Fields = Mapping[str, Any]
Query = Callable[[FakeRobot, Fields], Any]
Command = Callable[[FakeRobot, Fields], None]


class InvalidCommand(Exception):
    """An invalid query or command; the text is one line that says what is valid."""


class CommandFailed(Exception):
    """A command that is impossible in the robot's present state; the text is one line."""


def query(robot: FakeRobot, name: str, fields: Fields) -> Any:
    """Return the result of one of `QUERIES`, for JSON.

    Raises:
        InvalidCommand: a field is invalid.
    """
    return QUERIES[name](robot, fields)


def execute(robot: FakeRobot, name: str, fields: Fields) -> View:
    """Execute one of `COMMANDS`, and return the robot's state after it.

    Raises:
        InvalidCommand: a field is invalid.
        CommandFailed: for example, the payload is unknown.
    """
    unknown = fields.keys() - FIELDS[name]
    if unknown:
        known = ", ".join(FIELDS[name]) or "no fields"
        raise InvalidCommand(f"{name} has no field {min(unknown)!r}: it takes {known}")
    try:
        COMMANDS[name](robot, fields)
    except LookupError as error:
        raise CommandFailed(str(error.args[0])) from error
    return state_view(robot)


def _seconds(fields: Fields, minimum: float, maximum: float, default: float | None = None) -> float:
    value = fields.get("seconds", default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # A NaN is not within any bounds.
    if not number or not minimum <= value <= maximum:
        raise InvalidCommand(f"seconds must be a number from {minimum:g} to {maximum:g}")
    return float(value)


def _text(fields: Fields, name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT or (not value and default is None):
        raise InvalidCommand(f"{name} must be a string of 1 to {_TEXT_LIMIT} characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidCommand(f"{name} must be valid UTF-8") from None
    return value


def _calls(robot: FakeRobot, fields: Fields) -> Any:
    text = str(fields.get("last", DEFAULT_CALLS))
    last = int(text[:9]) if text.isdecimal() else 0
    if last == 0:
        raise InvalidCommand("last must be a number of at least 1")
    return call_views(robot, last)


def _reboot(robot: FakeRobot, fields: Fields) -> None:
    robot.reboot(_seconds(fields, 0.0, MAX_S, 0.0))


def _power_off(robot: FakeRobot, _: Fields) -> None:
    robot.power_off()


def _boot(robot: FakeRobot, _: Fields) -> None:
    if not robot.is_up:
        robot.power_off()  # cancels the timer of a reboot, which would fire later
    robot.boot()


def _silent(robot: FakeRobot, fields: Fields) -> None:
    robot.stop_responding(_seconds(fields, 0.0, MAX_S))


def _speak(robot: FakeRobot, _: Fields) -> None:
    robot.resume()


def _clock(robot: FakeRobot, fields: Fields) -> None:
    seconds = _seconds(fields, -MAX_CLOCK_STEP_S, MAX_CLOCK_STEP_S)
    if not 0 <= robot.now_ns() + round(seconds * NANOSECONDS) <= MAX_CLOCK_NS:
        raise CommandFailed("the robot's clock is limited to the years 1970 to 2261")
    robot.move_clock(seconds)


def _expire(robot: FakeRobot, _: Fields) -> None:
    robot.expire_tokens()


def _revoke(robot: FakeRobot, fields: Fields) -> None:
    if "guid" in fields:
        robot.revoke(_text(fields, "guid"))
    else:
        robot.revoke_tokens()


def _authorize(robot: FakeRobot, fields: Fields) -> None:
    robot.authorize(_text(fields, "guid"))


def _refuse(robot: FakeRobot, fields: Fields) -> None:
    name = _text(fields, "code", "UNAVAILABLE")
    code = grpc.StatusCode.__members__.get(name.upper())
    if code is None or code is grpc.StatusCode.OK:
        raise InvalidCommand(f"{name[:40]!r} is not a gRPC error status: use one like UNAVAILABLE")
    robot.refuse(_text(fields, "service"), code, _text(fields, "details", ""))


def _accept(robot: FakeRobot, fields: Fields) -> None:
    robot.accept(_text(fields, "service"))


QUERIES: Mapping[str, Query] = {
    "robot": lambda robot, _: robot_view(robot),
    "faults": lambda robot, _: fault_views(robot),
    "services": lambda robot, _: service_views(robot),
    "payloads": lambda robot, _: payload_views(robot),
    "calls": _calls,
}
COMMANDS: Mapping[str, Command] = {
    "reboot": _reboot,
    "power-off": _power_off,
    "boot": _boot,
    "silent": _silent,
    "speak": _speak,
    "clock": _clock,
    "expire": _expire,
    "revoke": _revoke,
    "authorize": _authorize,
    "refuse": _refuse,
    "accept": _accept,
}
FIELDS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(COMMANDS, ()),
    **dict.fromkeys(("reboot", "silent", "clock"), ("seconds",)),
    **dict.fromkeys(("revoke", "authorize"), ("guid",)),
    "refuse": ("service", "code", "details"),
    "accept": ("service",),
}
