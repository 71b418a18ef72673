"""What the control API does to the robot: each order, and the fields that it takes."""

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

# A day: what is to last longer is for `silent`, `power-off` and their ends.
MAX_S = 86_400.0
# Ten years.
FURTHEST_CLOCK_S = 315_576_000.0
# The end of 2261: what 63 bits of nanoseconds hold, nearly.
LAST_CLOCK_NS = 9_214_646_399 * NANOSECONDS
CALLS_TOLD = 20
_TEXT_LIMIT = 1_000

Fields = Mapping[str, Any]
Look = Callable[[FakeRobot, Fields], Any]
Act = Callable[[FakeRobot, Fields], None]


class BadOrder(Exception):
    """An order that makes no sense; its text is one line that says what would."""


class OrderImpossible(Exception):
    """An order that the robot cannot carry out as it is; its text is one line."""


def look(robot: FakeRobot, name: str, fields: Fields) -> Any:
    """Tell one of `LOOKS`, as JSON has it.

    Raises:
        BadOrder: a field is wrong.
    """
    return LOOKS[name](robot, fields)


def act(robot: FakeRobot, name: str, fields: Fields) -> View:
    """Do one of `ACTS` to the robot, and tell how it is then.

    Raises:
        BadOrder: a field is wrong.
        OrderImpossible: such as an unknown payload.
    """
    unknown = fields.keys() - TAKES[name]
    if unknown:
        known = ", ".join(TAKES[name]) or "no fields"
        raise BadOrder(f"{name} has no field {min(unknown)!r}: it takes {known}")
    try:
        ACTS[name](robot, fields)
    except LookupError as error:
        raise OrderImpossible(str(error.args[0])) from error
    return state_view(robot)


def _seconds(fields: Fields, least: float, most: float, default: float | None = None) -> float:
    value = fields.get("seconds", default)
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # A NaN is within no bounds.
    if not number or not least <= value <= most:
        raise BadOrder(f"seconds must be a number from {least:g} to {most:g}")
    return float(value)


def _text(fields: Fields, name: str, default: str | None = None) -> str:
    value = fields.get(name, default)
    if not isinstance(value, str) or len(value) > _TEXT_LIMIT or (not value and default is None):
        raise BadOrder(f"{name} must be a text")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadOrder(f"{name} must be a text in UTF-8") from None
    return value


def _calls(robot: FakeRobot, fields: Fields) -> Any:
    text = str(fields.get("last", CALLS_TOLD))
    last = int(text[:9]) if text.isdecimal() else 0
    if last == 0:
        raise BadOrder("last must be a number from 1 on")
    return call_views(robot, last)


def _reboot(robot: FakeRobot, fields: Fields) -> None:
    robot.reboot(_seconds(fields, 0.0, MAX_S, 0.0))


def _power_off(robot: FakeRobot, _: Fields) -> None:
    robot.power_off()


def _boot(robot: FakeRobot, _: Fields) -> None:
    if not robot.is_up:
        robot.power_off()  # for good: a reboot's end that is to come would come nevertheless
    robot.boot()


def _silent(robot: FakeRobot, fields: Fields) -> None:
    robot.stop_responding(_seconds(fields, 0.0, MAX_S))


def _speak(robot: FakeRobot, _: Fields) -> None:
    robot.resume()


def _clock(robot: FakeRobot, fields: Fields) -> None:
    seconds = _seconds(fields, -FURTHEST_CLOCK_S, FURTHEST_CLOCK_S)
    if not 0 <= robot.now_ns() + round(seconds * NANOSECONDS) <= LAST_CLOCK_NS:
        raise OrderImpossible("the robot's clock goes from 1970 to 2261")
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
        raise BadOrder(f"{name[:40]!r} is no gRPC status to refuse with: give one like UNAVAILABLE")
    robot.refuse(_text(fields, "service"), code, _text(fields, "details", ""))


def _accept(robot: FakeRobot, fields: Fields) -> None:
    robot.accept(_text(fields, "service"))


LOOKS: Mapping[str, Look] = {
    "robot": lambda robot, _: robot_view(robot),
    "faults": lambda robot, _: fault_views(robot),
    "services": lambda robot, _: service_views(robot),
    "payloads": lambda robot, _: payload_views(robot),
    "calls": _calls,
}
ACTS: Mapping[str, Act] = {
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
TAKES: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(ACTS, ()),
    **dict.fromkeys(("reboot", "silent", "clock"), ("seconds",)),
    **dict.fromkeys(("revoke", "authorize"), ("guid",)),
    "refuse": ("service", "code", "details"),
    "accept": ("service",),
}
