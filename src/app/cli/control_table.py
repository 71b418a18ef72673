"""Controls as people and programs read them."""

import json
import sys
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.domain.sources.controls import Control, ControlKind

# What a pipe gets, whatever the terminal behind it.
PIPE_COLS = 100
# A menu of no more entries has one a line.
_LISTED = 4


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
