"""Output of the fake robot's commands."""

import argparse
import io
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from spot_webcam.app.cli.command_line import CouldNotRun

_COLUMNS = {
    "faults": ("name", "service", "severity", "message", "duration_s"),
    "services": ("name", "type", "authority", "endpoint", "payload"),
    "payloads": ("guid", "name", "authorized", "attached", "version"),
    "calls": ("authority", "method", "code"),
}
# Lines in a pipe are not wrapped: programs parse them, people grep them.
_PIPE_WIDTH = 1000
_NONE = {
    "faults": "no fault is active",
    "services": "no service is registered",
    "payloads": "no payload is known",
    "calls": "no call was answered",
}


def table_text(name: str, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table, or a line if it is empty."""
    if not rows:
        return f"{_NONE[name]}\n"
    columns = _COLUMNS[name]
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column.removesuffix("_s"), overflow="fold")
    for row in rows:
        table.add_row(*(_cell(column, row[column]) for column in columns))
    text = io.StringIO()
    # Not to the stream itself: rich ends the process when the pipe is closed.
    on_screen = sys.stdout is not None and sys.stdout.isatty()
    width = None if on_screen else _PIPE_WIDTH
    console = Console(
        file=text,
        force_terminal=on_screen,
        width=width,
        markup=False,
        highlight=False,
        emoji=False,
    )
    console.print(table)
    return text.getvalue()


def robot_text(view: Mapping[str, Any]) -> str:
    """Return the robot's state, a line per value."""
    return "".join(
        f"{name.replace('_', ' '):14}{_cell(name, value)}\n"
        for name, value in view.items()
        if name != "ca"
    )


def order_text(order: str, options: argparse.Namespace, view: Mapping[str, Any]) -> str:
    """Return a line about the effect of an order."""
    seconds = getattr(options, "seconds", None) or 0.0
    guid = getattr(options, "payload", None)
    service = getattr(options, "service", None)
    return {
        "reboot": f"the robot is down, and comes back in {seconds:g} s"
        if seconds
        else "the robot has rebooted",
        "power-off": "the robot is down: `boot` brings it back",
        "boot": f"the robot is up, at {view['address']}:{view['port']}",
        "silent": f"the robot answers nothing for {seconds:g} s",
        "speak": "the robot answers again",
        "clock": f"the robot's clock is at {view['time']}",
        "expire": "every token has expired",
        "revoke": f"payload {guid} is shut out" if guid else "every token is forgotten",
        "authorize": f"payload {guid} is authorized",
        "refuse": f"calls of {service} are refused",
        "accept": f"calls of {service} are answered again",
    }[order]


def _cell(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name.endswith("_s"):
        return f"{value:.1f} s"
    return "-" if value in {None, ""} else str(value)


def put(text: str) -> None:
    """Print a text with its line ends; a closed pipe is not an error.

    Raises:
        CouldNotRun: the text cannot be written, as when the disk is full.
    """
    try:
        print(text, end="", flush=True)  # noqa: T201 - the command's output
    except BrokenPipeError:  # such as `| head` and `| grep -q`
        pass
    except OSError as error:
        raise CouldNotRun(f"cannot write to standard output: {error.strerror}") from error
