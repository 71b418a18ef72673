"""`spot-webcam controls`: a camera's controls, read and set from the shell.

The camera is opened, but not started: one that a daemon serves can be controlled as well.
"""

import argparse
import json
import logging
import os
import pickle
import platform
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel
from spot_webcam.adapters.v4l2.controls import DeviceControls
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.app.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.domain.controls import Control, ControlKind, named
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.source_name import without_password

_LOG = logging.getLogger(__name__)

# A camera that sleeps needs a second; one that hangs blocks its driver for half a minute.
PATIENCE_S = 10.0
LOOK_S = 0.1
# What a pipe gets, whatever the terminal behind it.
PIPE_COLS = 100
# A menu of no more entries has one a line.
_LISTED = 4
_ELSEWHERE = ("synthetic:", "opencv:")

_T = TypeVar("_T")
Question: TypeAlias = Callable[[], _T]
# What it returned, alone in a tuple, or raised; `None` if nothing came.
Answer: TypeAlias = tuple[_T] | Exception | None


class Ask(Protocol):
    """Puts questions that a driver may leave unanswered, all at once."""

    def __call__(
        self, questions: Sequence[Question[_T]], stopping: threading.Event, patience_s: float, /
    ) -> list[Answer[_T]]:
        """Wait until all are answered, patience is over or the event is set."""
        ...


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Controls and what they are at, where that can be told, and what went other than asked."""

    values: list[tuple[Control, int | None]]
    warnings: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the camera, and what to set."""
    parser.add_argument(
        "device", metavar="DEVICE", help="an index, a path, usb:SERIAL or name:TEXT, as for serve"
    )
    parser.add_argument(
        "assignments",
        metavar="NAME=VALUE",
        nargs="*",
        help="set a control: to a number, a menu's label, on or off; without any, all are shown",
    )
    parser.add_argument(
        "--defaults", action="store_true", help="first put all controls back to their defaults"
    )
    add_output_arguments(parser)


def add_output_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how to print."""
    parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(
    options: argparse.Namespace,
    stopping: threading.Event,
    kernel: Kernel | None = None,
    names: DeviceNames | None = None,
    ask: Ask | None = None,
) -> int:
    """Set what is to be set, and print what the driver says then."""
    demand_linux("the controls of a camera can be reached")
    _check_device(options.device)
    texts = _assignments(options.assignments)
    kernel = kernel or LinuxKernel()
    names = names or DeviceNames(kernel)

    def work() -> _Outcome:
        device = Device(_path(options.device, names), kernel)
        try:
            device.capability()
            return _set_and_read(DeviceControls(device), texts, defaults=options.defaults)
        finally:
            with suppress(CameraError):
                device.close()

    [answer] = (ask or ask_apart)([work], stopping, PATIENCE_S)
    if answer is None:
        raise CouldNotRun(
            f"{options.device} has not answered: unplug it and plug it in again if it never does"
        )
    if isinstance(answer, CameraError):
        raise CouldNotRun(str(answer)) from answer
    if isinstance(answer, Exception):
        raise answer
    [outcome] = answer
    for warning in outcome.warnings:
        _LOG.warning("%s", warning)
    if options.json:
        print_json([{**control_facts(control), "value": at} for control, at in outcome.values])
    elif outcome.values:
        console().print(control_table(outcome.values, values=True))
    else:
        console().print(plain(f"{options.device} has no controls"))
    return EXIT_STOPPED


def demand_linux(what: str) -> None:
    """Raise `CouldNotRun` on hosts without V4L2."""
    if platform.system() != "Linux":
        raise CouldNotRun(
            f"{what} on Linux only: here, serve cameras by their index, as in --device-name 0"
        )


def ask_apart(
    questions: "Sequence[Question[_T]]", stopping: threading.Event, patience_s: float
) -> "list[Answer[_T]]":
    """Ask each in a process of its own, and leave behind those that do not answer.

    A thread that a driver holds keeps its whole process from ending, whatever signal it gets.
    """
    asked = [_ask(question) for question in questions]
    end_s = time.monotonic() + patience_s
    left_s = patience_s
    waiting = {pipe for pipe, _ in asked}
    received = dict.fromkeys(waiting, b"")
    while waiting and left_s > 0 and not stopping.is_set():
        for pipe in select.select(list(waiting), [], [], min(LOOK_S, left_s))[0]:
            part = os.read(pipe, 1 << 16)
            received[pipe] += part
            if not part:
                waiting.remove(pipe)
        left_s = end_s - time.monotonic()
    for pipe, child in asked:
        os.close(pipe)
        # It dies when its driver lets go of it; a child that answered has nothing left to do.
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
        if pipe not in waiting:
            os.waitpid(child, 0)
    # Nothing comes from a child that was ended from outside.
    answers = (received[pipe] if pipe not in waiting else b"" for pipe, _ in asked)
    return [pickle.loads(data) if data else None for data in answers]  # noqa: S301 - our own


def _ask(question: "Question[_T]") -> tuple[int, int]:
    """Return the pipe that the answer will come through, and the child that will send it."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return reading, child
    try:
        _let_go_of_all_but(writing)
        answer: tuple[_T] | Exception
        try:
            answer = (question(),)
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            answer = error
        with os.fdopen(writing, "wb") as pipe:
            pipe.write(pickle.dumps(answer))
    finally:
        os._exit(0)


def _let_go_of_all_but(pipe: int) -> None:
    """Keep no one waiting for a child that hangs: who reads our output, or our signals."""
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signal_number, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nothing, standard)
    os.closerange(3, pipe)
    os.closerange(pipe + 1, os.sysconf("SC_OPEN_MAX"))


def _check_device(name: str) -> None:
    if "://" in name or name.startswith(_ELSEWHERE):
        raise Misused(
            f"{without_password(name)} has no controls here: give a camera's index, path,"
            " usb:SERIAL or name:TEXT"
        )
    if "=" in name and not name.startswith(("/", "usb:", "name:")) and not Path(name).exists():
        raise Misused(f"{name!r} stands where DEVICE should: say DEVICE first, then NAME=VALUE")


def _assignments(words: Iterable[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals and text):
            raise Misused(f"{word!r} is no NAME=VALUE, such as brightness=10")
        if name in texts:
            raise Misused(f"{name} is given twice: once will do")
        texts[name] = text
    return texts


def _path(name: str, names: DeviceNames) -> Path:
    try:
        return names.path_of(name)
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error


def _set_and_read(
    controls: DeviceControls, texts: Mapping[str, str], *, defaults: bool
) -> _Outcome:
    """Set, and return all controls or those that were named."""
    values = _parsed(controls.controls(), texts)
    warnings = _reset(controls) if defaults else []
    if values:
        _write(controls, values)
    shown = controls.controls()
    if values and not defaults:
        shown = [control for control in shown if control.name in values]
    now = controls.read(control.name for control in shown)
    warnings += [
        f"{name} was set to {value}, and the driver says {now[name]}"
        for name, value in values.items()
        if now.get(name, value) != value
    ]
    return _Outcome([(control, now.get(control.name)) for control in shown], warnings)


def _parsed(controls: Sequence[Control], texts: Mapping[str, str]) -> dict[str, int]:
    values = {}
    try:
        for name, text in texts.items():
            control = named(controls, name)
            values[name] = control.parse(text)
            # A menu's label is not checked by parsing it: the menu may be read-only.
            control.check(values[name])
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    return values


def _write(controls: DeviceControls, values: Mapping[str, int]) -> None:
    """Set all or none: that one stays inactive shows only when the switches have been set."""
    before = controls.read(values)
    try:
        controls.write(values)
    except CameraMisconfigured as error:
        with suppress(CameraError):
            now = controls.read(before)
            controls.write({name: old for name, old in before.items() if now.get(name) != old})
        raise Misused(str(error)) from error


def _reset(controls: DeviceControls) -> list[str]:
    """Put back what is not at its default, then what the switches freed; return warnings."""
    warnings: dict[str, str] = {}
    for _ in range(2):
        listed = [one for one in controls.controls() if not (one.inactive or one.read_only)]
        now = controls.read(control.name for control in listed)
        wanted = {}
        for control in listed:
            if now.get(control.name, control.default) == control.default:
                continue
            try:
                control.check(control.default)
            except CameraMisconfigured as error:
                warnings[control.name] = f"the driver's default is wrong: {error}"
                continue
            wanted[control.name] = control.default
        if wanted:
            controls.write(wanted)
    return list(warnings.values())


def control_facts(control: Control) -> dict[str, object]:
    """Return a control as its JSON object; its keys are documented in docs/cameras.md."""
    return {
        "name": control.name,
        "label": control.label,
        "kind": control.kind.value,
        "minimum": control.minimum,
        "maximum": control.maximum,
        "step": control.step,
        "default": control.default,
        "unit": control.unit,
        "scale": control.scale,
        "menu": [{"value": value, "label": label} for value, label in control.menu.items()],
        "inactive": control.inactive,
        "read_only": control.read_only,
        "volatile": control.volatile,
    }


def control_table(controls: Iterable[tuple[Control, int | None]], *, values: bool) -> Table:
    """Return controls as a table of text, with their present values or without."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("control", no_wrap=True)
    if values:
        table.add_column("now")
    table.add_column("default")
    table.add_column("kind")
    table.add_column("takes", overflow="fold")
    table.add_column("")
    for control, value in controls:
        cells = [plain(control.name)]
        if values:
            cells.append(plain(_value(control, value)))
        cells += [plain(_default(control)), plain(control.kind.value), plain(_takes(control))]
        table.add_row(*cells, _notes(control), style="dim" if control.inactive else "")
    return table


def _takes(control: Control) -> str:
    if control.kind is ControlKind.BOOLEAN:
        return "on, off"
    if control.menu:
        entries = [f"{value} ({label})" for value, label in control.menu.items()]
        return ("\n" if len(entries) <= _LISTED else ", ").join(entries)
    if not control.unit:
        return control.allowed
    if control.scale == 1:
        return f"{control.allowed} {control.unit}"
    return f"{control.allowed}, times {_amount(control, 1)}"


def _amount(control: Control, value: int) -> str:
    amount = value * control.scale
    return f"{amount * 1000:g} ms" if control.unit == "s" else f"{amount:g} {control.unit}"


def _default(control: Control) -> str:
    return "" if control.kind is ControlKind.BUTTON else _word(control, control.default)


def _value(control: Control, value: int | None) -> str:
    if value is None:
        return ""
    if control.scale != 1:
        return f"{value} ({_amount(control, value)})"
    return _word(control, value)


def _word(control: Control, value: int) -> str:
    if control.kind is ControlKind.BOOLEAN:
        return "on" if value else "off"
    return f"{value:#x}" if control.kind is ControlKind.BITMASK else str(value)


def _notes(control: Control) -> str:
    notes = (
        (control.inactive, "inactive"),
        (control.read_only, "read-only"),
        (control.volatile, "volatile"),
    )
    return ", ".join(note for holds, note in notes if holds)


def console() -> Console:
    """Return what prints: colours and the terminal's width there, neither in a pipe."""
    width = None if sys.stdout.isatty() else PIPE_COLS
    return Console(width=width, highlight=False, markup=False, emoji=False)


def plain(text: str, style: str = "") -> Text:
    """Return a device's own text without what could steer a terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "?" for c in text), style=style)


def print_json(document: object) -> None:
    """Print one JSON document."""
    console().out(json.dumps(document, indent=2))
