"""A ring as this service's own camera."""

from pathlib import Path

from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import CameraMode
from spot_webcam.tools.bench.ring import Ring
from spot_webcam.tools.bench.scene import SourceKind


class RingCamera:
    """A `Camera` and `Interruptible`. As with a driver, what is not retrieved is not copied."""

    def __init__(self, folder: Path, kind: SourceKind) -> None:
        self._ring = Ring(folder, kind)
        self._kind = kind

    def open(self) -> CameraMode:
        """Return the ring's mode."""
        ring = self._ring
        return CameraMode(ring.cols, ring.rows, Layout.BGR8, ring.fps, self._kind.value)

    def grab(self) -> int | None:
        """Wait until a picture is due."""
        return self._ring.wait()

    def retrieve(self) -> Picture | JpegPicture:
        """Read the picture, and inspect a JPEG as the adapters of real cameras do."""
        if self._kind is SourceKind.MJPEG:
            return inspect_jpeg(self._ring.jpeg())
        return Picture(self._ring.pixels(), Layout.BGR8)

    def settings(self) -> CaptureSettings:
        """Tell nothing."""
        return CaptureSettings()

    def close(self) -> None:
        """Close the ring."""
        self._ring.close()

    def interrupt(self) -> None:
        """End a grab."""
        self._ring.interrupt()
