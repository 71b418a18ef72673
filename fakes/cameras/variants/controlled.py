"""Wrapper that adds controls to a camera."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from spot_webcam.domain.errors import CameraAbsent, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible
from spot_webcam.domain.sources.controls import EXPOSURE_UNIT_S, Control
from spot_webcam.fakes.cameras.patterns.brightness import brightened
from spot_webcam.fakes.cameras.variants.control_panel import ControlPanel

# Pictures after a write that do not show it: the one being exposed, and the next.
UNTOUCHED_FRAMES = 2


class ControlledCamera:
    """A `Camera`, `Interruptible` and `Controllable` that wraps a camera of 8-bit pixels.

    Only brightness changes pictures, by one level per step; alpha is unchanged. It shows from the
    third picture grabbed after the write, however late that one is; after `open`, at once.
    Controls keep their values over `close`, and are reset when `CameraAbsent` shows that the
    camera was unplugged. They can be read and written during a hang.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._panel = ControlPanel()
        self._open = False
        self._grabbed = 0
        self._brightness = 0
        # Pending values: the number of the first grab that shows each, and the value.
        self._pending: list[tuple[int, int]] = []

    def open(self) -> CameraMode:
        """Open the wrapped camera; the controls keep their values."""
        self._open = False
        with self._powered():
            mode = self._camera.open()
        self._open = True
        self._brightness = self._set_brightness()
        self._pending = []
        return mode

    def grab(self) -> int | None:
        """Grab from the wrapped camera."""
        with self._powered():
            captured_ns = self._camera.grab()
        self._grabbed += 1
        while self._pending and self._pending[0][0] <= self._grabbed:
            _, self._brightness = self._pending.pop(0)
        return captured_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the wrapped camera's picture with the brightness applied, but to a JPEG."""
        picture = self._camera.retrieve()
        if isinstance(picture, JpegPicture) or self._brightness == 0:
            return picture
        return brightened(picture, self._brightness)

    def settings(self) -> CaptureSettings:
        """Return the exposure of the control; no gain, because V4L2's has no unit."""
        self._check_device()
        name = "exposure_time_absolute"
        return CaptureSettings(exposure_s=self._panel.read([name])[name] * EXPOSURE_UNIT_S)

    def controls(self) -> list[Control]:
        """Return the present controls."""
        self._check_device()
        return self._panel.controls()

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return values of controls."""
        self._check_device()
        return self._panel.read(names)

    def write(self, values: Mapping[str, int]) -> None:
        """Set controls, all of them or none."""
        self._check_device()
        self._panel.write(values)
        if "brightness" in values:
            self._pending.append((self._grabbed + UNTOUCHED_FRAMES + 1, self._set_brightness()))

    def close(self) -> None:
        """Close the wrapped camera; the controls keep their values."""
        self._open = False
        self._camera.close()

    def interrupt(self) -> None:
        """End the wrapped camera's wait if that can be interrupted."""
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _check_device(self) -> None:
        """Raise the wrapped camera's error, as a driver that has to access the device would."""
        if not self._open:
            raise NoData("the camera is not open")
        with self._powered():
            self._camera.settings()

    @contextmanager
    def _powered(self) -> Iterator[None]:
        try:
            yield
        except CameraAbsent:
            self._panel.reset()
            raise

    def _set_brightness(self) -> int:
        return self._panel.read(["brightness"])["brightness"]
