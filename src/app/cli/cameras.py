"""`spot-webcam cameras`: list the cameras of this host, their modes, and how to serve them."""

import argparse
import shlex
import threading
from collections.abc import Callable

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spot_webcam.app.cameras.discovery import (
    CameraState,
    ListedCamera,
    best_mode,
    is_readable,
    list_cameras,
)
from spot_webcam.app.cameras.schemes import camera_schemes
from spot_webcam.app.cli.arguments import add_output_arguments
from spot_webcam.app.cli.command_line import EXIT_STOPPED, require_linux
from spot_webcam.app.cli.tables import (
    camera_facts,
    console,
    control_table,
    mode_table,
    plain,
    print_json,
    scheme_facts,
    show_schemes,
)

_STYLES = {
    CameraState.FREE: "green",
    CameraState.BUSY: "yellow",
    CameraState.FORBIDDEN: "red",
    CameraState.SILENT: "red",
}
_INDENT = 2
_NO_CAMERAS = (
    "no cameras: plug one in, and check in `lsusb` and `sudo dmesg` whether the computer detected"
    " it; a container needs --device=/dev/video0, a v4l2loopback device must be fed"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice of what to list, and the form of the output."""
    parser.add_argument(
        "--schemes",
        action="store_true",
        help="list the camera schemes that other packages register, and nothing else",
    )
    add_output_arguments(parser)


def run(
    options: argparse.Namespace,
    stopping: threading.Event,
    discover: Callable[[threading.Event], list[ListedCamera]] = list_cameras,
) -> int:
    """Print every camera, and every scheme of other packages."""
    schemes = camera_schemes()
    if options.schemes:
        if options.json:
            print_json([scheme_facts(scheme) for scheme in schemes])
        else:
            show_schemes(console(), schemes, say_none=True)
        return EXIT_STOPPED
    require_linux("cameras can be listed")
    cameras = discover(stopping)
    if options.json:
        print_json([camera_facts(camera) for camera in cameras])
        return EXIT_STOPPED
    screen = console()
    if not cameras:
        screen.print(_NO_CAMERAS, soft_wrap=True)
    for camera in cameras:
        _show(screen, camera)
    show_schemes(screen, schemes, say_none=False)
    return EXIT_STOPPED


def _show(screen: Console, camera: ListedCamera) -> None:
    found, node = camera.found, camera.found.node
    screen.print(
        plain(found.card or str(node.path), "bold"),
        Text(" is "),
        plain(found.state.value, _STYLES[found.state]),
        plain(f": {found.remedy}" if found.remedy else ""),
        sep="",
        soft_wrap=True,
    )
    usb = f"{node.usb_vendor}:{node.usb_product}" if node.usb_vendor else ""
    facts = {
        "path": str(node.path),
        "by-id": ", ".join(map(str, node.by_id)),
        "by-path": ", ".join(map(str, node.by_path)),
        "driver": " on ".join(filter(None, (found.driver, found.bus))),
        "usb": " serial ".join(filter(None, (usb, node.usb_serial))),
    }
    for name, fact in facts.items():
        if fact:
            _line(screen, name, fact)
    _line(screen, "serve", f"--device-name {shlex.quote(camera.device_name)}")
    best = best_mode(found.modes)
    if best:
        _line(screen, "mode", f"{best}, unless serve is asked for another")
    if found.modes:
        _print_table(screen, mode_table(found.modes))
    unreadable = dict.fromkeys(mode.fourcc for mode in found.modes if not is_readable(mode.fourcc))
    if unreadable:
        _line(screen, "", f"not to be served: {' '.join(unreadable)}")
    if found.controls:
        controls = [(control, None) for control in found.controls]
        _print_table(screen, control_table(controls, values=False))
    screen.print()


def _line(screen: Console, name: str, fact: str) -> None:
    """Print an unbroken line, which can be copied."""
    screen.print(Text(f"{'':{_INDENT}}{name:8}", "bold"), plain(fact), sep="", soft_wrap=True)


def _print_table(screen: Console, table: Table) -> None:
    screen.print()
    screen.print(Padding(table, (0, 0, 0, _INDENT), expand=False))
