"""Synthetic camera."""

import threading

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.cameras.device import SyntheticDevice
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

GAIN_DB = 6.0


class SyntheticCamera:
    """A `Camera` and `Interruptible` that draws its pictures, paced by the clock.

    Picture n is due n / fps after `open`; a late caller gets the newest due picture, and none
    twice. `open` restarts at 0. The camera never fails by itself. An interrupt lasts until the
    next `open`. Not enforced: that one thread at a time calls it.
    """

    def __init__(self, device: SyntheticDevice, clock: Clock) -> None:
        self._device = device
        self._clock = clock
        self._interrupted = threading.Event()
        self._pattern: Pattern | None = None
        self._opened_ns: int | None = None
        self._sequence = -1
        # An exact ratio: 29.97 Hz does not drift for years.
        self._frames, seconds = device.fps.as_integer_ratio()
        self._in_ns = seconds * NANOSECONDS

    def open(self) -> CameraMode:
        """Start at picture 0; does not block."""
        self._interrupted.clear()
        device = self._device
        if self._pattern is None:
            self._pattern = Pattern(
                device.cols, device.rows, device.seed, device.layout, device.fps
            )
        self._sequence = -1
        self._opened_ns = self._clock.monotonic_ns()
        return CameraMode(device.cols, device.rows, device.layout, device.fps, "synthetic")

    def grab(self) -> int | None:
        """Wait until a picture is due, and return its due time."""
        if self._opened_ns is None:
            raise NoData("the synthetic camera is not open")
        due_ns = self._opened_ns + self._due_ns(self._sequence + 1)
        while not self._interrupted.is_set():
            wall_ns, now_ns = self._clock.time_ns(), self._clock.monotonic_ns()
            if now_ns >= due_ns:
                self._sequence = (now_ns - self._opened_ns) * self._frames // self._in_ns
                age_ns = now_ns - self._opened_ns - self._due_ns(self._sequence)
                return wall_ns - age_ns
            self._clock.wait(self._interrupted, (due_ns - now_ns) / NANOSECONDS)
        raise NoData("the synthetic camera was interrupted")

    def retrieve(self) -> Picture:
        """Draw the picture of the last `grab`."""
        if self._pattern is None or self._opened_ns is None or self._sequence < 0:
            raise NoData("the synthetic camera has no picture yet: grab first")
        return Picture(self._pattern.frame(self._sequence), self._device.layout)

    def settings(self) -> CaptureSettings:
        """Return an exposure of half the time between pictures."""
        return CaptureSettings(exposure_s=0.5 / self._device.fps, gain_db=GAIN_DB)

    def close(self) -> None:
        """Drop the grabbed picture."""
        self._opened_ns = None

    def interrupt(self) -> None:
        """Make `grab` raise `NoData` until the camera is opened again."""
        self._interrupted.set()

    def _due_ns(self, sequence: int) -> int:
        """Return the time from `open` to a picture's due time, rounded up."""
        return -(-sequence * self._in_ns // self._frames)
