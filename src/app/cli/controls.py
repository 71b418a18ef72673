"""`spot-webcam controls`: a camera's controls, read and set from the shell.

The camera is opened, but not started: one that a daemon serves can be controlled as well.
"""

import argparse
import logging
import platform
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel
from spot_webcam.adapters.v4l2.controls import DeviceControls
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.app.cameras.schemes import registered_scheme
from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused, quoted
from spot_webcam.app.cli.control_table import (
    console,
    control_facts,
    control_table,
    plain,
    print_json,
)
from spot_webcam.app.runtime.subprocess_probe import RunJobs, run_in_subprocess
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.controls import Control, named

_LOG = logging.getLogger(__name__)

# A camera that sleeps needs a second; one that hangs blocks its driver for half a minute.
PATIENCE_S = 10.0
_ELSEWHERE = ("synthetic:", "opencv:")


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
    run_jobs: RunJobs | None = None,
) -> int:
    """Set what is to be set, and print what the driver says then."""
    demand_linux("the controls of a camera can be reached")
    address = DeviceAddress(options.device)
    _check_device(address)
    texts = _assignments(options.assignments)
    kernel = kernel or LinuxKernel()
    names = names or DeviceNames(kernel)

    def work() -> _Outcome:
        device = Device(_path(address, names), kernel)
        try:
            device.capability()
            return _set_and_read(DeviceControls(device), texts, defaults=options.defaults)
        finally:
            with suppress(CameraError):
                device.close()

    [answer] = (run_jobs or run_in_subprocess)([work], stopping, PATIENCE_S)
    if answer is None:
        raise CouldNotRun(
            f"{address} has not answered: unplug it and plug it in again if it never does"
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
        console().print(plain(f"{address} has no controls"))
    return EXIT_STOPPED


def demand_linux(what: str) -> None:
    """Raise `CouldNotRun` on hosts without V4L2."""
    if platform.system() != "Linux":
        raise CouldNotRun(
            f"{what} on Linux only: here, serve cameras by their index, as in --device-name 0"
        )


def _check_device(address: DeviceAddress) -> None:
    try:
        of_a_package = registered_scheme(address) is not None
    except CameraMisconfigured as error:
        raise Misused(str(error)) from error
    name = address.reveal()
    if of_a_package or "://" in name or name.startswith(_ELSEWHERE):
        raise Misused(
            f"{address} has no controls here: give a camera's index, path, usb:SERIAL or name:TEXT"
        )
    if "=" in name and not name.startswith(("/", "usb:", "name:")) and not Path(name).exists():
        raise Misused(
            f"{quoted(name)} stands where DEVICE should: say DEVICE first, then NAME=VALUE"
        )


def _assignments(words: Iterable[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for word in words:
        name, equals, text = word.partition("=")
        if not (name and equals and text):
            raise Misused(f"{quoted(word)} is no NAME=VALUE, such as brightness=10")
        if name in texts:
            raise Misused(f"{name} is given twice: once will do")
        texts[name] = text
    return texts


def _path(address: DeviceAddress, names: DeviceNames) -> Path:
    try:
        return names.path_of(address)
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
