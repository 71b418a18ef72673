"""Which camera stands behind a device name."""

from spot_webcam.adapters.opencv import opencv_camera
from spot_webcam.domain.ports import Camera, Clock, ModeRequest

SYNTHETIC = "synthetic:"


def camera(device_name: str, request: ModeRequest, clock: Clock) -> Camera:
    """Return the camera of a device name, not opened yet.

    Raises:
        CameraMisconfigured: the name can never be opened here.
    """
    if device_name.startswith(SYNTHETIC):
        # Imported where it is asked for: a robot's daemon carries no fakes.
        from spot_webcam.fakes.cameras import synthetic_camera  # noqa: PLC0415

        return synthetic_camera(device_name, clock)
    return opencv_camera(device_name, request, clock)
