"""Which cameras run in processes of their own; measured in docs/decisions/0009."""

import logging
import sys
import time
from collections.abc import Callable
from enum import Enum

from spot_webcam.app.cameras.factory import SYNTHETIC, camera, is_captured_by_opencv, is_foreign
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.controls import Controllable
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.sources.parameters import Parametrised, presumed_spec

AVAILABLE = sys.platform == "linux"
_WORKER = "spot_webcam.app.cameras.worker"
# Other packages' cameras take photographs of some seconds, with exposures that a request may set,
# and are imported when they are opened.
_FOREIGN_PATIENCE_S = {"open_s": 60.0, "first_grabs_s": 10.0, "margin_s": 10.0, "call_s": 10.0}


class Isolation(Enum):
    """What gets a process of its own; `AUTO` is what waits in, or decodes by, foreign code."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


def isolated_or_not(
    device: Device, request: ModeRequest, clock: Clock, isolation: Isolation
) -> Camera:
    """Return the camera of a device, in the process that it is to have, not opened yet.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    # Made here in any case: it tells what is wrong with its name at once, and what it can do.
    inner = camera(device.address, request, clock)
    if not AVAILABLE or isolation is Isolation.NEVER:
        return inner
    foreign = is_foreign(device.address)
    waits = foreign or is_captured_by_opencv(device.address)
    if isolation is Isolation.AUTO and not waits:
        return inner
    return _isolated(device, request, inner, foreign=foreign)


def _isolated(device: Device, request: ModeRequest, inner: Camera, *, foreign: bool) -> Camera:
    # Only Linux has it, and nothing of it is imported elsewhere.
    from spot_webcam.adapters.isolated import (  # noqa: PLC0415
        IsolatedCamera,
        IsolatedControlledCamera,
        IsolatedParametrisedCamera,
        Patience,
    )

    command = [sys.executable, "-m", _WORKER, device.source_name]
    patience = Patience(**_FOREIGN_PATIENCE_S) if foreign else None
    recipe = _recipe(device.address, request)
    if isinstance(inner, Parametrised):
        parametrised = IsolatedParametrisedCamera(command, recipe, patience)
        parametrised.presumed_spec = presumed_spec(inner)
        return parametrised
    kind = IsolatedControlledCamera if isinstance(inner, Controllable) else IsolatedCamera
    return kind(command, recipe, patience)


def _recipe(
    address: DeviceAddress, request: ModeRequest
) -> Callable[[], list[str | bool | ModeRequest]]:
    """Return what tells `worker.make` of the camera."""
    begun: list[DeviceAddress] = []

    def recipe() -> list[str | bool | ModeRequest]:
        if not begun:
            begun.append(_with_beginning(address))
        verbose = logging.getLogger("spot_webcam").isEnabledFor(logging.DEBUG)
        return [begun[0].reveal(), request, verbose]

    return recipe


def _with_beginning(address: DeviceAddress) -> DeviceAddress:
    """Let a script begin now, and not again in each new process."""
    if not address.startswith(SYNTHETIC) or "script=" not in str(address):
        return address
    return DeviceAddress(f"{address}&began={time.monotonic_ns()}")
