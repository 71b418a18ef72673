"""`spot-webcam cameras`: which cameras there are, what they can do, and how to serve them."""

import argparse
import re
import shlex
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spot_webcam.adapters.v4l2 import (
    CameraState,
    DeviceNames,
    FoundCamera,
    LinuxKernel,
    Node,
    find_cameras,
)
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.adapters.v4l2.pixels import is_readable
from spot_webcam.app.cameras.schemes import camera_schemes
from spot_webcam.app.cli.command_line import EXIT_STOPPED
from spot_webcam.app.cli.control_table import (
    console,
    control_facts,
    control_table,
    plain,
    print_json,
)
from spot_webcam.app.cli.controls import add_output_arguments, demand_linux
from spot_webcam.app.cli.scheme_list import scheme_facts, show_schemes
from spot_webcam.app.runtime.subprocess_probe import RunJobs, run_in_subprocess
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.modes import OfferedMode, choose_mode

# A camera that sleeps needs a second; one that hangs blocks its driver for half a minute.
PATIENCE_S = 5.0
_STYLES = {
    CameraState.FREE: "green",
    CameraState.BUSY: "yellow",
    CameraState.FORBIDDEN: "red",
    CameraState.SILENT: "red",
}
_INDENT = 2
# So many formats that offer the same are named in each line, so that `grep` finds them.
_REPEATED = 3
_NONE = (
    "no cameras: plug one in, and see in `lsusb` and `sudo dmesg` whether the computer noticed;"
    " a container needs --device=/dev/video0, a v4l2loopback device must be fed"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to list, and how to print."""
    parser.add_argument(
        "--schemes",
        action="store_true",
        help="list the camera schemes that other packages register, and nothing else",
    )
    add_output_arguments(parser)


def run(
    options: argparse.Namespace,
    stopping: threading.Event,
    kernel: Kernel | None = None,
    names: DeviceNames | None = None,
    run_jobs: RunJobs | None = None,
) -> int:
    """Print every camera, and every scheme of other packages."""
    schemes = camera_schemes()
    if options.schemes:
        if options.json:
            print_json([scheme_facts(scheme) for scheme in schemes])
        else:
            show_schemes(console(), schemes, say_none=True)
        return EXIT_STOPPED
    demand_linux("cameras can be listed")
    kernel = kernel or LinuxKernel()
    names = names or DeviceNames(kernel)
    cameras = _cameras(kernel, names, stopping, run_jobs or run_in_subprocess)
    words = _words(cameras)
    if options.json:
        print_json([_facts(*both) for both in zip(cameras, words, strict=True)])
        return EXIT_STOPPED
    screen = console()
    if not cameras:
        screen.print(_NONE, soft_wrap=True)
    for camera, word in zip(cameras, words, strict=True):
        _show(screen, camera, word)
    show_schemes(screen, schemes, say_none=False)
    return EXIT_STOPPED


class _OneNode(DeviceNames):
    """The names of a host that has this node only."""

    def __init__(self, node: Node, kernel: Kernel) -> None:
        super().__init__(kernel)
        self._node = node

    def nodes(self) -> list[Node]:
        return [self._node]


def _cameras(
    kernel: Kernel, names: DeviceNames, stopping: threading.Event, run_jobs: RunJobs
) -> list[FoundCamera]:
    """Ask all nodes at once, so that one that hangs does not keep the others."""
    nodes = names.nodes()
    jobs = [partial(find_cameras, kernel, _OneNode(node, kernel)) for node in nodes]
    found: list[FoundCamera] = []
    for node, answer in zip(nodes, run_jobs(jobs, stopping, PATIENCE_S), strict=True):
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            found += map(_mended, answer[0])
        elif node.index == 0:
            remedy = f"it has not answered in {PATIENCE_S:g} s: unplug it and plug it in again"
            found.append(FoundCamera(node, CameraState.SILENT, remedy, node.label))
    return found


def _mended(camera: FoundCamera) -> FoundCamera:
    path = camera.node.path
    if camera.state is CameraState.SILENT and not path.exists():
        remedy = (
            f"the kernel has it, {path.parent} has not: give it to the container, --device={path}"
        )
        return replace(camera, remedy=remedy)
    return camera


def _words(cameras: Sequence[FoundCamera]) -> list[str]:
    """Return what to put after --device-name for each: a name to speak of, and the stable one."""
    words: dict[str, str] = {}
    for camera in cameras:
        name = _source_name(camera)
        number = 1
        while (unique := name if number == 1 else f"{name}-{number}") in words:
            number += 1
        words[unique] = f"{unique}={_stable_name(camera, cameras)}"
    return list(words.values())


def _source_name(camera: FoundCamera) -> str:
    # uvcvideo says it twice, as in "HD Webcam: HD Webcam".
    card = camera.card.partition(":")[0].casefold()
    return re.sub(r"[^a-z0-9]+", "-", card).strip("-") or f"video{camera.node.number}"


def _stable_name(camera: FoundCamera, cameras: Iterable[FoundCamera]) -> str:
    """Return the port of a camera that has a twin: the link by-id is the last one's."""
    node = camera.node
    twins = [other for other in cameras if _identity(other.node) == _identity(node)]
    if node.usb_vendor and len(twins) > 1 and node.by_path:
        return str(node.by_path[0])
    return camera.stable_name


def _identity(node: Node) -> tuple[str, str, str, int]:
    return node.usb_vendor, node.usb_product, node.usb_serial, node.index


def _best(modes: Iterable[OfferedMode]) -> OfferedMode | None:
    """Return the mode that `serve` takes by itself."""
    readable = [mode for mode in modes if is_readable(mode.fourcc)]
    return choose_mode(readable, ModeRequest()).mode if readable else None


def _rates(modes: Iterable[OfferedMode]) -> dict[tuple[str, int, int], list[float]]:
    """Return the rates of each format and size, best first; none where none is told."""
    rates: dict[tuple[str, int, int], list[float]] = {}
    for mode in modes:
        told = rates.setdefault((mode.fourcc, mode.cols, mode.rows), [])
        if mode.fps is not None:
            told.append(mode.fps)
    return {key: sorted(told, reverse=True) for key, told in rates.items()}


def _facts(camera: FoundCamera, word: str) -> dict[str, object]:
    """Return a camera as its JSON object; its keys are documented in docs/cameras.md."""
    node = camera.node
    best = _best(camera.modes)
    return {
        "name": camera.card,
        "path": str(node.path),
        "state": camera.state.value,
        "remedy": camera.remedy,
        "device_name": word,
        "stable_name": word.partition("=")[2],
        "by_id": [str(link) for link in node.by_id],
        "by_path": [str(link) for link in node.by_path],
        "bus": camera.bus,
        "driver": camera.driver,
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
            for (fourcc, cols, rows), rates in _rates(camera.modes).items()
        ],
        "controls": [control_facts(control) for control in camera.controls],
    }


def _show(screen: Console, camera: FoundCamera, word: str) -> None:
    node = camera.node
    state = plain(camera.state.value, _STYLES[camera.state])
    remedy = plain(f": {camera.remedy}" if camera.remedy else "")
    screen.print(
        plain(camera.card or str(node.path), "bold"),
        Text(" is "),
        state,
        remedy,
        sep="",
        soft_wrap=True,
    )
    usb = f"{node.usb_vendor}:{node.usb_product}" if node.usb_vendor else ""
    facts = {
        "path": str(node.path),
        "by-id": ", ".join(map(str, node.by_id)),
        "by-path": ", ".join(map(str, node.by_path)),
        "driver": " on ".join(filter(None, (camera.driver, camera.bus))),
        "usb": " serial ".join(filter(None, (usb, node.usb_serial))),
    }
    for name, fact in facts.items():
        if fact:
            _line(screen, name, fact)
    _line(screen, "serve", f"--device-name {shlex.quote(word)}")
    best = _best(camera.modes)
    if best:
        _line(screen, "mode", f"{best}, unless serve is asked for another")
    if camera.modes:
        _table(screen, _mode_table(camera.modes))
    unreadable = {mode.fourcc: "" for mode in camera.modes if not is_readable(mode.fourcc)}
    if unreadable:
        _line(screen, "", f"not to be served: {' '.join(unreadable)}")
    if camera.controls:
        controls = [(control, None) for control in camera.controls]
        _table(screen, control_table(controls, values=False))
    screen.print()


def _line(screen: Console, name: str, fact: str) -> None:
    """Print a line that is not broken, so that it can be copied."""
    screen.print(Text(f"{'':{_INDENT}}{name:8}", "bold"), plain(fact), sep="", soft_wrap=True)


def _table(screen: Console, table: Table) -> None:
    screen.print()
    screen.print(Padding(table, (0, 0, 0, _INDENT), expand=False))


def _mode_table(modes: Iterable[OfferedMode]) -> Table:
    """Return a line for each size of each format, or of formats that have all sizes in common."""
    offers: dict[str, dict[tuple[int, int], list[float]]] = {}
    for (fourcc, cols, rows), rates in _rates(modes).items():
        if is_readable(fourcc):
            offers.setdefault(fourcc, {})[cols, rows] = rates
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("format", max_width=30)
    table.add_column("size", no_wrap=True)
    table.add_column("pictures a second")
    for fourccs, sizes in _alike(offers):
        names = " ".join(fourccs)
        for (cols, rows), rates in sizes.items():
            shown = ", ".join(f"{rate:g}" for rate in rates) or "not told"
            table.add_row(plain(names), f"{cols}x{rows}", shown)
            names = names if len(fourccs) <= _REPEATED else ""
    return table


def _alike(
    offers: Mapping[str, dict[tuple[int, int], list[float]]],
) -> list[tuple[list[str], dict[tuple[int, int], list[float]]]]:
    """Return formats by what they offer: a bridge's driver converts to dozens of them."""
    groups: list[tuple[list[str], dict[tuple[int, int], list[float]]]] = []
    for fourcc, sizes in offers.items():
        for fourccs, shared in groups:
            if shared == sizes:
                fourccs.append(fourcc)
                break
        else:
            groups.append(([fourcc], sizes))
    return groups
