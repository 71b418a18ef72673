"""`spot-webcam controls`: read and set a camera's controls from the shell.

The camera is opened, but not started: a camera that a daemon serves can be controlled as well.
"""

import argparse
import logging
import threading
from collections.abc import Callable, Iterable

from spot_webcam.app.cameras.device_controls import (
    ControlValues,
    InvalidRequest,
    set_and_read_controls,
)
from spot_webcam.app.cameras.schemes import file_exists, registered_scheme
from spot_webcam.app.cli.arguments import add_output_arguments, quoted
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused, require_linux
from spot_webcam.app.cli.tables import console, control_facts, control_table, plain, print_json
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress

_LOG = logging.getLogger(__name__)

_WITHOUT_CONTROLS = ("synthetic:", "opencv:")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the camera, the values to set, and the form of the output."""
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
        "--defaults", action="store_true", help="first reset all controls to their defaults"
    )
    add_output_arguments(parser)


def run(
    options: argparse.Namespace,
    stopping: threading.Event,
    set_and_read: Callable[..., ControlValues] = set_and_read_controls,
) -> int:
    """Set the given values, and print what the driver reports afterwards."""
    require_linux("the controls of a camera can be reached")
    address = DeviceAddress(options.device)
    _check_device(address)
    texts = _assignments(options.assignments)
    try:
        outcome = set_and_read(address, texts, stopping, defaults=options.defaults)
    except InvalidRequest as error:
        raise Misused(str(error)) from error
    except CameraError as error:
        raise CouldNotRun(str(error)) from error
    for warning in outcome.warnings:
        _LOG.warning("%s", warning)
    if options.json:
        print_json(
            [{**control_facts(control), "value": value} for control, value in outcome.values]
        )
    elif outcome.values:
        console().print(control_table(outcome.values, values=True))
    else:
        console().print(plain(f"{address} has no controls"))
    return EXIT_STOPPED


def _check_device(address: DeviceAddress) -> None:
    try:
        is_foreign = registered_scheme(address) is not None
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    name = address.reveal()
    if is_foreign or "://" in name or name.startswith(_WITHOUT_CONTROLS):
        raise Misused(
            f"{address} has no V4L2 controls: expected an index, a path, usb:SERIAL or name:TEXT"
        )
    if "=" in name and not name.startswith(("/", "usb:", "name:")) and not file_exists(name):
        raise Misused(f"{quoted(name)} comes before DEVICE: write DEVICE first, then NAME=VALUE")


def _assignments(words: Iterable[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals and text):
            raise Misused(
                f"invalid assignment {quoted(word)}: expected NAME=VALUE, such as brightness=10"
            )
        if name in texts:
            raise Misused(f"{name} is set twice: set it once")
        texts[name] = text
    return texts
