"""Cameras, controls and schemes as text tables for people and JSON objects for programs.

The keys of the JSON objects are documented in docs/cameras.md.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.app.cameras.discovery import ListedCamera, best_mode, is_readable
from spot_webcam.app.cameras.schemes import GROUP, CameraScheme
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.modes import OfferedMode

# Width of the output where it is no terminal.
PIPE_COLS = 100
# Menus of at most this many entries are printed with one entry per line.
_MAX_LISTED_ENTRIES = 4
# Up to this many formats of equal sizes are named in each line, so that `grep` finds them.
_MAX_REPEATED_FORMATS = 3
_NO_SCHEMES = f"no package registers a camera scheme (entry points of the group {GROUP})"

_Sizes = dict[tuple[int, int], list[float]]


def console() -> Console:
    """Return the output: with colours and the terminal's width only on a terminal."""
    width = None if sys.stdout.isatty() else PIPE_COLS
    return Console(width=width, highlight=False, markup=False, emoji=False)


def plain(text: str, style: str = "") -> Text:
    """Return a text of a device without characters that could control a terminal."""
    return Text("".join(c if c.isprintable() or c == "\n" else "?" for c in text), style=style)


def print_json(document: object) -> None:
    """Print one JSON document."""
    console().out(json.dumps(document, indent=2))


def camera_facts(camera: ListedCamera) -> dict[str, object]:
    """Return a camera as its JSON object."""
    found, node = camera.found, camera.found.node
    best = best_mode(found.modes)
    return {
        "name": found.card,
        "path": str(node.path),
        "state": found.state.value,
        "remedy": found.remedy,
        "device_name": camera.device_name,
        "stable_name": camera.device_name.partition("=")[2],
        "by_id": [str(link) for link in node.by_id],
        "by_path": [str(link) for link in node.by_path],
        "bus": found.bus,
        "driver": found.driver,
        "usb_serial": node.usb_serial,
        "usb_vendor": node.usb_vendor,
        "usb_product": node.usb_product,
        "best_mode": None
        if best is None
        else {"fourcc": best.fourcc, "width": best.cols, "height": best.rows, "fps": best.fps},
        "modes": [
            {
                "fourcc": fourcc,
                "width": cols,
                "height": rows,
                "fps": rates,
                "readable": is_readable(fourcc),
            }
            for fourcc, sizes in _sizes(found.modes).items()
            for (cols, rows), rates in sizes.items()
        ],
        "controls": [control_facts(control) for control in found.controls],
    }


def control_facts(control: Control) -> dict[str, object]:
    """Return a control as its JSON object."""
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


def scheme_facts(scheme: CameraScheme) -> dict[str, object]:
    """Return a scheme as its JSON object."""
    return {
        "scheme": scheme.name,
        "package": scheme.package,
        "entry_point": scheme.entry_point.value,
        "trouble": scheme.trouble,
    }


def mode_table(modes: Iterable[OfferedMode]) -> Table:
    """Return a row for each size of each readable format; formats of equal sizes share rows."""
    offers = {fourcc: sizes for fourcc, sizes in _sizes(modes).items() if is_readable(fourcc)}
    table = _table()
    table.add_column("format", max_width=30)
    table.add_column("size", no_wrap=True)
    table.add_column("pictures a second")
    for fourccs, sizes in _grouped(offers):
        names = " ".join(fourccs)
        for (cols, rows), rates in sizes.items():
            shown = ", ".join(f"{rate:g}" for rate in rates) or "unknown"
            table.add_row(plain(names), f"{cols}x{rows}", shown)
            names = names if len(fourccs) <= _MAX_REPEATED_FORMATS else ""
    return table


def _sizes(modes: Iterable[OfferedMode]) -> dict[str, _Sizes]:
    """Return the rates of each size of each format, fastest first; empty where unknown."""
    offers: dict[str, _Sizes] = {}
    for mode in modes:
        rates = offers.setdefault(mode.fourcc, {}).setdefault((mode.cols, mode.rows), [])
        if mode.fps is not None:
            rates.append(mode.fps)
            rates.sort(reverse=True)
    return offers


def _grouped(offers: Mapping[str, _Sizes]) -> list[tuple[list[str], _Sizes]]:
    """Return formats by the sizes they offer: the driver of a bridge converts to dozens."""
    groups: list[tuple[list[str], _Sizes]] = []
    for fourcc, sizes in offers.items():
        for fourccs, shared in groups:
            if shared == sizes:
                fourccs.append(fourcc)
                break
        else:
            groups.append(([fourcc], sizes))
    return groups


def control_table(controls: Iterable[tuple[Control, int | None]], *, values: bool) -> Table:
    """Return a row for each control, with its present value if `values`."""
    table = _table()
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


def _table() -> Table:
    return Table(box=None, pad_edge=False, header_style="bold")


def _takes(control: Control) -> str:
    if control.kind is ControlKind.BOOLEAN:
        return "on, off"
    if control.menu:
        entries = [f"{value} ({label})" for value, label in control.menu.items()]
        return ("\n" if len(entries) <= _MAX_LISTED_ENTRIES else ", ").join(entries)
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


def show_schemes(screen: Console, schemes: Sequence[CameraScheme], *, say_none: bool) -> None:
    """Print a paragraph for each scheme; if `say_none`, a line where no scheme is registered."""
    if not schemes and say_none:
        screen.print(_NO_SCHEMES, soft_wrap=True)
    for scheme in schemes:
        state = f"cannot be used: {scheme.trouble}" if scheme.trouble else f"of {scheme.package}"
        screen.print(plain(f"{scheme.name}:", "bold"), plain(state), soft_wrap=True)
        screen.print(f"  code    {scheme.entry_point.value}", markup=False, soft_wrap=True)
        if not scheme.trouble:
            serve = f"  serve   --device-name {scheme.name}:ADDRESS"
            screen.print(serve, markup=False, soft_wrap=True)
        screen.print()
