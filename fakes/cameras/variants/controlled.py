"""Any camera, with controls."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from spot_webcam.domain.errors import CameraAbsent, NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible
from spot_webcam.domain.sources.controls import EXPOSURE_UNIT_S, Control
from spot_webcam.fakes.cameras.patterns.brightness import brightened
from spot_webcam.fakes.cameras.variants.control_panel import ControlPanel

# The picture under way when a control is written, and the one after it, do not show it.
UNTOUCHED_FRAMES = 2


class ControlledCamera:
    """A `Camera`, `Interruptible` and `Controllable` around a camera of 8-bit pixels.

    Of the controls only brightness changes pictures, alpha excepted: one step is one level. It
    shows from the third picture on that is grabbed after it was written, however late that one
    is; after `open`, at once. Controls keep their values over `close`, and lose them where
    `CameraAbsent` shows that the camera was unplugged. They answer during a hang.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._panel = ControlPanel()
        self._open = False
        self._grabbed = 0
        self._brightness = 0
        # From which grab on they show, and their values.
        self._coming: list[tuple[int, int]] = []

    def open(self) -> CameraMode:
        """Open the wrapped camera, with the controls as they were left."""
        self._open = False
        with self._powered():
            mode = self._camera.open()
        self._open = True
        self._brightness = self._set_brightness()
        self._coming = []
        return mode

    def grab(self) -> int | None:
        """Grab from the wrapped camera."""
        with self._powered():
            captured_ns = self._camera.grab()
        self._grabbed += 1
        while self._coming and self._coming[0][0] <= self._grabbed:
            _, self._brightness = self._coming.pop(0)
        return captured_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the wrapped camera's picture in its brightness; a JPEG as it is."""
        picture = self._camera.retrieve()
        if isinstance(picture, JpegPicture) or self._brightness == 0:
            return picture
        return brightened(picture, self._brightness)

    def settings(self) -> CaptureSettings:
        """Return the exposure that the control says. Like V4L2 it gives the gain no unit."""
        self._answer()
        name = "exposure_time_absolute"
        return CaptureSettings(exposure_s=self._panel.read([name])[name] * EXPOSURE_UNIT_S)

    def controls(self) -> list[Control]:
        """Return the controls as they are now."""
        self._answer()
        return self._panel.controls()

    def read(self, names: Iterable[str]) -> dict[str, int]:
        """Return values of controls."""
        self._answer()
        return self._panel.read(names)

    def write(self, values: Mapping[str, int]) -> None:
        """Set controls, all of them or none."""
        self._answer()
        self._panel.write(values)
        if "brightness" in values:
            self._coming.append((self._grabbed + UNTOUCHED_FRAMES + 1, self._set_brightness()))

    def close(self) -> None:
        """Close the wrapped camera; the controls stay as they are."""
        self._open = False
        self._camera.close()

    def interrupt(self) -> None:
        """End the wrapped camera's wait if that can be interrupted."""
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _answer(self) -> None:
        """Raise what the wrapped camera raises where a driver would have to ask it."""
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
