"""Synthetic cameras, with scripted faults."""

from collections.abc import Callable

from spot_webcam.domain.ports import Camera, Clock
from spot_webcam.fakes.cameras.device import SyntheticDevice, parse_synthetic_device
from spot_webcam.fakes.cameras.faults.faulty import FaultyCamera
from spot_webcam.fakes.cameras.faults.script import FaultEvent, FaultKind, FaultScript, parse_script
from spot_webcam.fakes.cameras.jpeg_manners import JpegManners, parse_manners
from spot_webcam.fakes.cameras.patterns.bar_code import read_sequence
from spot_webcam.fakes.cameras.synthetic import SyntheticCamera
from spot_webcam.fakes.cameras.variants.controlled import ControlledCamera
from spot_webcam.fakes.cameras.variants.mjpg import MjpgCamera, jpeg_frame

__all__ = [
    "ControlledCamera",
    "FaultEvent",
    "FaultKind",
    "FaultScript",
    "FaultyCamera",
    "JpegManners",
    "MjpgCamera",
    "SyntheticCamera",
    "SyntheticDevice",
    "jpeg_frame",
    "parse_manners",
    "parse_script",
    "parse_synthetic_device",
    "read_sequence",
    "synthetic_camera",
]


def synthetic_camera(
    device_name: str, clock: Clock, crash: Callable[[], None] | None = None
) -> Camera:
    """Return the closed camera of a `synthetic:` device name; see `device` for the syntax.

    `crash` is called for a scripted crash; without it, the camera raises `CameraCrashed`.

    Raises:
        CameraMisconfigured: the name is invalid.
    """
    device = parse_synthetic_device(device_name)
    camera: Camera = SyntheticCamera(device, clock)
    if device.script.events:
        camera = FaultyCamera(camera, device.script, clock, device.began_ns, crash)
    if device.mjpg:
        return MjpgCamera(
            camera, device.quality, device.script, clock, device.began_ns, device.manners
        )
    if device.controls:
        return ControlledCamera(camera)
    if not device.parameters:
        return camera
    # Imports the API's messages: only if such a camera is created.
    from spot_webcam.fakes.cameras.variants.parametrised import ParametrisedCamera  # noqa: PLC0415

    return ParametrisedCamera(camera, device.layout)
