"""Synthetic camera that delivers JPEGs, as UVC cameras do in their MJPG modes."""

from collections.abc import Callable
from dataclasses import replace

from spot_webcam.domain.media.image import Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import Camera, CameraMode, Clock
from spot_webcam.fakes.cameras.device import SyntheticDevice
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultScript
from spot_webcam.fakes.cameras.jpeg_manners import JpegManners
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.cameras.variants.controlled import ControlledCamera

MJPG = "MJPG"


class MjpgCamera(ControlledCamera):
    """A `ControlledCamera` that encodes the grey or BGR pixels of the camera that it wraps.

    `manners` are those of its encoder, which takes 0.1 s for 640x480; without, it is OpenCV's.
    Applies the script's damage to bytes, by the time at which a grab returns; the script starts at
    the first `open`, or at `began_ns` of the monotonic clock. Faults of pixels are left to a
    wrapped `FaultyCamera`. Bytes are inspected as in the real adapter, so that detectable damage
    raises `CorruptFrame`.
    """

    def __init__(
        self,
        camera: Camera,
        quality: int,
        script: FaultScript,
        clock: Clock,
        began_ns: int | None = None,
        manners: JpegManners | None = None,
    ) -> None:
        super().__init__(camera)
        self._encode = _encoder(quality, manners)
        self._script = script
        self._clock = clock
        self._began_ns = began_ns
        self._grabbed_ns = 0

    def open(self) -> CameraMode:
        """Open the wrapped camera, and return its mode with the codec MJPG."""
        if self._began_ns is None:
            self._began_ns = self._clock.monotonic_ns()
        return replace(super().open(), codec=MJPG)

    def grab(self) -> int | None:
        """Grab from the wrapped camera."""
        captured_ns = super().grab()
        self._grabbed_ns = self._clock.monotonic_ns() - (self._began_ns or 0)
        return captured_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Encode the wrapped camera's picture, and apply the script's damage.

        Raises:
            CorruptFrame: the damage is detectable without decoding.
        """
        picture = super().retrieve()
        if isinstance(picture, JpegPicture):
            return picture
        data = self._encode(picture.pixels)
        return inspect_jpeg(damage(data, self._script.active_at(self._grabbed_ns)))


def jpeg_frame(device: SyntheticDevice, sequence: int) -> bytes:
    """Return the intact JPEG of a sequence number, as a camera of `codec=mjpg` delivers it."""
    pattern = Pattern(device.cols, device.rows, device.seed, device.layout, device.fps)
    return _encoder(device.quality, device.manners)(pattern.frame(sequence))


def _encoder(quality: int, manners: JpegManners | None) -> Callable[[Pixels], bytes]:
    """Return the encoder of these manners, else OpenCV's, imported only if it is used."""
    if manners is not None:
        return lambda pixels: manners.written(pixels, quality)
    import cv2  # noqa: PLC0415

    def encode(pixels: Pixels) -> bytes:
        _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
        return bytes(data)

    return encode
