"""The command line of `spot-webcam fake-robot ctl`."""

import argparse
import math
from typing import Any

from spot_webcam.app.cli.arguments import port_number


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which robot is meant, and what can be asked of it."""
    parser.set_defaults(json=False)
    _add_flags(parser)
    orders = parser.add_subparsers(dest="order", required=True, metavar="ORDER")
    _add_trouble(orders)
    _add_looks(orders)


def _add_trouble(orders: "argparse._SubParsersAction[Any]") -> None:
    reboot = _add(orders, "reboot", "go down now, and come back after so many seconds")
    reboot.add_argument("seconds", type=_span, nargs="?", default=0.0, help="(default: 0)")
    _add(orders, "power-off", "go down, and stay so")
    _add(orders, "boot", "come back from power-off")
    silent = _add(orders, "silent", "leave calls unanswered for so many seconds")
    silent.add_argument("seconds", type=_span)
    _add(orders, "speak", "end the silence")
    clock = _add(orders, "clock", "set the robot's clock forward, or back: +300, -300")
    clock.add_argument("seconds", type=_number)
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


def _add_looks(orders: "argparse._SubParsersAction[Any]") -> None:
    _add(orders, "robot", "where it is, and how")
    _add(orders, "faults", "the standing faults")
    _add(orders, "services", "the registered services")
    _add(orders, "payloads", "the payloads, and whether they are authorized")
    calls = _add(orders, "calls", "the last calls that were answered")
    calls.add_argument("last", type=_count, nargs="?", default=20, help="(default: 20)")


def _add(orders: "argparse._SubParsersAction[Any]", name: str, summary: str) -> Any:
    order = orders.add_parser(name, help=summary, description=summary)
    _add_flags(order)
    return order


def _add_flags(parser: argparse.ArgumentParser) -> None:
    # Before the order or after it: left out in one place, they leave the other's value alone.
    parser.add_argument(
        "--control-port",
        type=port_number,
        default=argparse.SUPPRESS,
        help="where the robot takes orders",
    )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="print JSON")


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds: give one like 10")
    return number


def _span(text: str) -> float:
    number = _number(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text!r} is in the past: give a number from 0 on")
    return number


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of calls: give one like 20")
    return int(text)
