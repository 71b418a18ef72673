"""Wrapper that adds custom parameters to a camera."""

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode, Interruptible
from spot_webcam.fakes.cameras.device import MIN_COLS_PX, MIN_ROWS_PX
from spot_webcam.fakes.cameras.patterns.brightness import brightened
from spot_webcam.fakes.cameras.patterns.look import Look, look_spec, read_look, write_look
from spot_webcam.fakes.cameras.patterns.stencil import BALL, Stencils


class ParametrisedCamera:
    """A `Camera`, `Interruptible` and `Parametrised` that wraps a camera of one layout.

    Parameters apply to pictures grabbed after `set_parameters`; bar code and label do not change.
    A JPEG and an all-black picture do not change either. `open` resets the parameters.
    """

    def __init__(self, camera: Camera, layout: Layout) -> None:
        self._camera = camera
        self._layout = layout
        self._stencils = Stencils()
        self._open = False
        self._requested = self._shown = Look()

    def open(self) -> CameraMode:
        """Open the wrapped camera, with default parameters."""
        self._open = False
        mode = self._camera.open()
        self._open = True
        self._requested = self._shown = Look()
        return mode

    def grab(self) -> int | None:
        """Grab from the wrapped camera."""
        requested = self._requested
        captured_ns = self._camera.grab()
        self._shown = requested
        return captured_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the wrapped camera's picture with the parameters of its grab."""
        picture, look = self._camera.retrieve(), self._shown
        if look == Look() or isinstance(picture, JpegPicture) or not picture.pixels.any():
            return picture
        # Smaller pictures, which a script may resize to, have no bar code and label either.
        if picture.cols >= MIN_COLS_PX and picture.rows >= MIN_ROWS_PX:
            picture = self._drawn(picture, look)
        return brightened(picture, look.brightness) if look.brightness else picture

    def _drawn(self, picture: Picture, look: Look) -> Picture:
        if look.pattern != BALL:
            picture = self._stencils.fill(picture, look.pattern)
        return self._stencils.write(picture, look.text) if look.text else picture

    def settings(self) -> CaptureSettings:
        """Return the wrapped camera's settings."""
        return self._camera.settings()

    def parameter_spec(self) -> bytes:
        """Return the spec of brightness, pattern and text; also while the camera is closed."""
        return look_spec(self._layout)

    def set_parameters(self, encoded: bytes) -> None:
        """Apply parameters to the next grabs."""
        self._demand_open()
        self._requested = read_look(encoded, self._layout)

    def parameters(self) -> bytes:
        """Return the parameters of the last picture."""
        self._demand_open()
        return write_look(self._shown, self._layout)

    def close(self) -> None:
        """Close the wrapped camera."""
        self._open = False
        self._camera.close()

    def interrupt(self) -> None:
        """End the wrapped camera's wait if that can be interrupted."""
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _demand_open(self) -> None:
        if not self._open:
            raise NoData("the camera is not open")
