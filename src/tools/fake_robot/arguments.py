"""Command line of `spot-webcam fake-robot` and its sub-commands."""

import argparse
import math
from pathlib import Path
from typing import Any

from spot_webcam.app.cli.arguments import port_number

PORT = 50443
# Below the range of outgoing connections, which could occupy any port of that range.
CONTROL_PORT = 30444
GUID, SECRET = "fake-payload", "fake-secret"


def add_robot_arguments(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """Add the robot's options; with `again` they only override those before the sub-command."""

    def default(value: Any) -> Any:
        return argparse.SUPPRESS if again else value

    parser.add_argument(
        "--port",
        type=port_number,
        default=default(None),
        help=f"port on 127.0.0.1 (default: {PORT}; run: any free port)",
    )
    parser.add_argument(
        "--control-port",
        type=port_number,
        default=default(None),
        help=f"port for ctl (default: {CONTROL_PORT}, or any free port if that is taken)",
    )
    parser.add_argument(
        "--ca-file",
        type=Path,
        metavar="FILE",
        default=default(None),
        help="where to write the certificate authority (default: a temporary file)",
    )
    parser.add_argument(
        "--guid", default=default(GUID), help=f"GUID of the known payload (default: {GUID})"
    )
    parser.add_argument(
        "--secret", default=default(SECRET), help=f"secret of that payload (default: {SECRET})"
    )
    parser.add_argument(
        "--unauthorized",
        action="store_true",
        default=default(False),
        help="let the payload wait for an operator",
    )
    parser.add_argument(
        "--authorize-all",
        action="store_true",
        default=default(False),
        help="authorize every payload that registers itself, at once",
    )
    parser.add_argument(
        "--http",
        type=port_number,
        metavar="PORT",
        default=default(None),
        help="port on 127.0.0.1 for a page of the robot: payloads, faults, pictures, chaos",
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=default(False), help="log everything"
    )


def add_run_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the robot, the cameras and the program of `run`."""
    parser.usage = "%(prog)s [OPTION ...] -- PROGRAM [ARGUMENT ...]"
    parser.add_argument(
        "--attach",
        action="store_true",
        help="use the fake robot that runs already, at --control-port, and leave it running",
    )
    parser.add_argument(
        "--with-camera",
        metavar="[NAME=]DEVICE",
        action="append",
        default=[],
        help="serve this camera as web-cam-service before the program starts, such as synthetic:"
        " (repeatable)",
    )
    add_robot_arguments(parser, again=True)
    parser.add_argument(
        "program",
        nargs=argparse.REMAINDER,
        metavar="PROGRAM",
        help="such as: python3 my_script.py ROBOT; whatever address it gives, it gets the fake"
        " robot",
    )


def add_ctl_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the robot and the orders of `ctl`."""
    parser.set_defaults(json=False)
    _add_flags(parser)
    orders = parser.add_subparsers(dest="order", required=True, metavar="ORDER")
    _add_faults(orders)
    _add_queries(orders)


def _add_faults(orders: "argparse._SubParsersAction[Any]") -> None:
    reboot = _add(orders, "reboot", "go down now, and come back after so many seconds")
    reboot.add_argument(
        "seconds", type=_duration, nargs="?", default=0.0, help="how long it is down (default: 0)"
    )
    _add(orders, "power-off", "go down, and stay so")
    _add(orders, "boot", "come back from power-off")
    silent = _add(orders, "silent", "leave calls unanswered for so many seconds")
    silent.add_argument("seconds", type=_duration)
    _add(orders, "speak", "end the silence")
    clock = _add(orders, "clock", "set the robot's clock forward, or back: +300, -300")
    clock.add_argument("seconds", type=_seconds)
    _add(orders, "expire", "end the lifetime of every token now")
    revoke = _add(orders, "revoke", "forget every token; with a GUID, shut that payload out")
    revoke.add_argument("payload", metavar="GUID", nargs="?")
    authorize = _add(orders, "authorize", "let a payload in, as an operator does")
    authorize.add_argument("payload", metavar="GUID")
    refuse = _add(orders, "refuse", "answer all calls of a service with an error")
    refuse.add_argument("service", help="its name in the directory, such as image")
    refuse.add_argument("--code", default="UNAVAILABLE", help="gRPC status (default: %(default)s)")
    refuse.add_argument("--details", default="", help="text of the status")
    accept = _add(orders, "accept", "end a refusal")
    accept.add_argument("service")


def _add_queries(orders: "argparse._SubParsersAction[Any]") -> None:
    _add(orders, "robot", "address and state")
    _add(orders, "faults", "the standing faults")
    _add(orders, "services", "the registered services")
    _add(orders, "payloads", "the payloads, and whether they are authorized")
    calls = _add(orders, "calls", "the last calls that were answered")
    calls.add_argument("last", type=_count, nargs="?", default=20, help="how many (default: 20)")


def _add(orders: "argparse._SubParsersAction[Any]", name: str, summary: str) -> Any:
    order = orders.add_parser(name, help=summary, description=summary)
    _add_flags(order)
    return order


def _add_flags(parser: argparse.ArgumentParser) -> None:
    # Accepted before the order and after it: an absent flag does not override the other place.
    parser.add_argument(
        "--control-port",
        type=port_number,
        default=argparse.SUPPRESS,
        help="control port of the running robot",
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def _seconds(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"invalid number of seconds {text!r}: give one like 10")
    return number


def _duration(text: str) -> float:
    number = _seconds(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is in the past: give a number from 0 on")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"invalid number of calls {text!r}: give one like 20")
    return int(text)
