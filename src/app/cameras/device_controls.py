"""Controls of a camera of this host, set and read while other programs may stream from it."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel
from spot_webcam.adapters.v4l2.controls import DeviceControls
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.kernel import Kernel
from spot_webcam.app.runtime.subprocess_probe import RunJobs, run_in_subprocess
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, StaleFrame
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.controls import Control, named

# A suspended camera needs a second. One that hangs blocks its driver for half a minute.
CONTROLS_TIMEOUT_S = 10.0


class InvalidRequest(Exception):
    """The request fits several cameras, or names an unknown control or an invalid value."""


@dataclass(frozen=True, slots=True)
class ControlValues:
    """Controls with their present values, `None` where unreadable, and warnings of the driver."""

    values: list[tuple[Control, int | None]]
    warnings: list[str]


def set_and_read_controls(
    address: DeviceAddress,
    texts: Mapping[str, str],
    stopping: threading.Event,
    *,
    defaults: bool = False,
    kernel: Kernel | None = None,
    names: DeviceNames | None = None,
    run_jobs: RunJobs = run_in_subprocess,
) -> ControlValues:
    """Set controls by name, and return all controls, or those that were set.

    With `defaults`, all controls are first reset to their defaults. The camera is opened in a
    process of its own, and not started.

    Raises:
        InvalidRequest: nothing was set.
        CameraError: the camera is absent, forbidden or does not answer.
    """
    kernel = kernel or LinuxKernel()
    device_names = names or DeviceNames(kernel)

    def work() -> ControlValues:
        device = Device(_path(address, device_names), kernel)
        try:
            device.capability()
            return _set_and_read(DeviceControls(device), texts, defaults=defaults)
        finally:
            with suppress(CameraError):
                device.close()

    [answer] = run_jobs([work], stopping, CONTROLS_TIMEOUT_S)
    if answer is None:
        raise StaleFrame(
            f"{address} has not answered: unplug it and plug it in again if it never does"
        )
    if isinstance(answer, Exception):
        raise answer
    return answer[0]


def _path(address: DeviceAddress, names: DeviceNames) -> Path:
    try:
        return names.path_of(address)
    except CameraMisconfigured as error:
        raise InvalidRequest(str(error)) from error


def _set_and_read(
    controls: DeviceControls, texts: Mapping[str, str], *, defaults: bool
) -> ControlValues:
    values = _parsed(controls.controls(), texts)
    warnings = _reset(controls) if defaults else []
    if values:
        _write(controls, values)
    shown = controls.controls()
    if values and not defaults:
        shown = [control for control in shown if control.name in values]
    now = controls.read(control.name for control in shown)
    warnings += [
        f"{name} was set to {value}, but the driver reports {now[name]}"
        for name, value in values.items()
        if now.get(name, value) != value
    ]
    return ControlValues([(control, now.get(control.name)) for control in shown], warnings)


def _parsed(controls: Sequence[Control], texts: Mapping[str, str]) -> dict[str, int]:
    values = {}
    try:
        for name, text in texts.items():
            control = named(controls, name)
            values[name] = control.parse(text)
            # Parsing a label does not check the control: a menu may be read-only.
            control.check(values[name])
    except CameraMisconfigured as error:
        raise InvalidRequest(str(error)) from error
    return values


def _write(controls: DeviceControls, values: Mapping[str, int]) -> None:
    """Set all or none. That a control stays inactive shows only once the switches are set."""
    before = controls.read(values)
    try:
        controls.write(values)
    except CameraMisconfigured as error:
        with suppress(CameraError):
            now = controls.read(before)
            controls.write({name: old for name, old in before.items() if now.get(name) != old})
        raise InvalidRequest(str(error)) from error


def _reset(controls: DeviceControls) -> list[str]:
    """Reset what is not at its default, then what the switches released; return warnings."""
    warnings: dict[str, str] = {}
    for _ in range(2):
        writable = [
            control
            for control in controls.controls()
            if not (control.inactive or control.read_only)
        ]
        now = controls.read(control.name for control in writable)
        resets = {}
        for control in writable:
            if now.get(control.name, control.default) == control.default:
                continue
            try:
                control.check(control.default)
            except CameraMisconfigured as error:
                warnings[control.name] = f"the driver's default is invalid: {error}"
                continue
            resets[control.name] = control.default
        if resets:
            controls.write(resets)
    return list(warnings.values())
