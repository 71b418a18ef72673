"""Fixtures' parts for tests of faulty cameras."""

import numpy as np

from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.ports import Camera, CameraMode
from spot_webcam.fakes.cameras import read_sequence, synthetic_camera
from spot_webcam.fakes.time.manual import ManualClock


class PlainCamera:
    """A camera that is always there, tells no times and cannot be interrupted."""

    def open(self) -> CameraMode:
        return CameraMode(4, 2, Layout.GREY8)

    def grab(self) -> int | None:
        return None

    def retrieve(self) -> Picture:
        return Picture(np.arange(8, dtype=np.uint8).reshape(2, 4), Layout.GREY8)

    def settings(self) -> CaptureSettings:
        return CaptureSettings(gain_db=1.0)

    def close(self) -> None:
        pass


def camera_of(script: str, clock: ManualClock, options: str = "fps=10&layout=grey8") -> Camera:
    return synthetic_camera(f"synthetic:?size=64x48&{options}&script={script}", clock)


def opened(script: str, clock: ManualClock) -> Camera:
    camera = camera_of(script, clock)
    camera.open()
    return camera


def shown(camera: Camera) -> int | None:
    return read_sequence(camera.retrieve().pixels)
