"""Wrapper that adds scripted faults to a camera."""

import threading
from collections.abc import Callable

import numpy as np

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraCrashed,
    CameraError,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import CaptureSettings, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, CameraMode, Clock, Interruptible
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.cameras.faults.script import FaultEvent, FaultKind, FaultScript

# Step in which an endless hang waits: no clock can wait for ever.
MAX_WAIT_NS = NANOSECONDS

_REFUSALS: tuple[tuple[FaultKind, type[CameraError], str], ...] = (
    (FaultKind.ABSENT, CameraAbsent, "scripted: there is no such camera"),
    (FaultKind.UNPLUG, CameraAbsent, "scripted: the camera is unplugged"),
    (FaultKind.FORBIDDEN, CameraPermissionDenied, "scripted: permission denied"),
    (FaultKind.BUSY, CameraBusy, "scripted: another program holds the camera"),
)


class FaultyCamera:
    """A `Camera` and `Interruptible` that wraps another camera.

    The script starts at the first `open`, or at `began_ns` of the monotonic clock, which a parent
    process passes to the successor of a crashed one. A crash calls `crash`, which ends the process;
    without it, or if it returns, `CameraCrashed` is raised.

    A grab applies the faults that are active at its start and at its end; `retrieve` those that
    were active when the picture was grabbed. As with V4L2, a handle that was open during an unplug
    fails until it is opened again. A hang blocks until it ends, the camera is unplugged, or
    `interrupt`, which lasts until the next `open`; a grab that waits in the wrapped camera when a
    hang starts still returns its picture. `slow` grabs pictures of the wrapped camera and drops
    them. `absent`, `busy` and `forbidden` do not affect an open camera. `freeze` repeats the last
    retrieved picture, or else the next one, with its time. Damage to a JPEG's bytes is ignored
    here: `MjpgCamera` applies it. Not enforced: that one thread at a time calls it.
    """

    def __init__(
        self,
        camera: Camera,
        script: FaultScript,
        clock: Clock,
        began_ns: int | None = None,
        crash: Callable[[], None] | None = None,
    ) -> None:
        self._camera = camera
        self._script = script
        self._clock = clock
        self._interrupted = threading.Event()
        self._began_ns = began_ns
        self._crash = crash
        self._captured_ns: int | None = None
        # The last picture and its time; they survive `open`, as a freeze does.
        self._shown: tuple[Picture | JpegPicture, int | None] | None = None
        self._opened_ns: int | None = None
        self._active: dict[FaultKind, FaultEvent] = {}

    def open(self) -> CameraMode:
        """Open the wrapped camera, unless a fault prevents it."""
        self._interrupted.clear()
        if self._began_ns is None:
            self._began_ns = self._clock.monotonic_ns()
        now_ns = self._now_ns()
        active = self._script.active_at(now_ns)
        for kind, error, message in _REFUSALS:
            if kind in active:
                raise error(message)
        mode = self._camera.open()
        self._opened_ns = now_ns
        self._active = {}
        return mode

    def grab(self) -> int | None:
        """Grab from the wrapped camera, subject to the faults."""
        self._raise_for_handle()
        self._hang()
        captured_ns = self._camera.grab()
        dropped = 0
        while dropped + 1 < self._slowdown():
            captured_ns = self._camera.grab()
            dropped += 1
        self._raise_for_handle()
        self._active = self._script.active_at(self._now_ns())
        if FaultKind.FREEZE in self._active and self._shown is not None:
            return self._shown[1]
        self._captured_ns = captured_ns
        return captured_ns

    def retrieve(self) -> Picture | JpegPicture:
        """Return the wrapped camera's picture, with the faults applied.

        A JPEG is neither resized nor blackened: wrap the camera inside its encoder for that.
        """
        if FaultKind.CORRUPT in self._active:
            raise CorruptFrame("scripted: the picture is corrupt")
        if FaultKind.FREEZE not in self._active or self._shown is None:
            self._shown = self._camera.retrieve(), self._captured_ns
        picture = self._shown[0]
        if isinstance(picture, JpegPicture):
            return picture
        resize = self._active.get(FaultKind.RESIZE)
        if resize is not None:
            picture = _resized(picture, *resize.size)
        if FaultKind.BLACK in self._active:
            picture = Picture(np.zeros_like(picture.pixels), picture.layout)
        return picture

    def settings(self) -> CaptureSettings:
        """Return the wrapped camera's settings, unless it is unplugged or closed."""
        self._raise_if_gone(self._now_ns())
        return self._camera.settings()

    def close(self) -> None:
        """Close the wrapped camera; the script continues."""
        self._opened_ns = None
        self._active = {}
        self._camera.close()

    def interrupt(self) -> None:
        """End a hang, and the wrapped camera's wait if that can be interrupted."""
        self._interrupted.set()
        if isinstance(self._camera, Interruptible):
            self._camera.interrupt()

    def _now_ns(self) -> int:
        return self._clock.monotonic_ns() - (self._began_ns or 0)

    def _slowdown(self) -> int:
        slow = self._script.active_at(self._now_ns()).get(FaultKind.SLOW)
        return 1 if slow is None else slow.slowdown

    def _raise_for_handle(self) -> None:
        now_ns = self._now_ns()
        self._raise_if_gone(now_ns)
        if FaultKind.FAIL in self._script.active_at(now_ns):
            raise NoData("scripted: the camera delivers nothing")
        if FaultKind.CRASH in self._script.active_at(now_ns):
            if self._crash is not None:
                self._crash()
            raise CameraCrashed("scripted: the process of the camera died")
        if self._interrupted.is_set():
            raise NoData("the camera was interrupted")

    def _raise_if_gone(self, now_ns: int) -> None:
        if self._opened_ns is None:
            raise NoData("the camera is not open")
        if FaultKind.UNPLUG in self._script.active_at(now_ns):
            raise CameraAbsent("scripted: the camera is unplugged")
        if FaultKind.UNPLUG in self._script.active_between(self._opened_ns, now_ns):
            raise NoData("scripted: the camera was unplugged and must be opened again")

    def _hang(self) -> None:
        while FaultKind.HANG in self._script.active_at(self._now_ns()):
            now_ns = self._now_ns()
            wake_ns = now_ns + MAX_WAIT_NS
            change_ns = self._script.next_change_ns(now_ns)
            if change_ns is not None:
                wake_ns = min(wake_ns, change_ns)
            self._clock.wait(self._interrupted, (wake_ns - now_ns) / NANOSECONDS)
            self._raise_for_handle()


def _resized(picture: Picture, cols: int, rows: int) -> Picture:
    """Return the picture in another size, by nearest neighbour."""
    row = np.arange(rows) * picture.rows // rows
    col = np.arange(cols) * picture.cols // cols
    return Picture(picture.pixels[row[:, np.newaxis], col], picture.layout)
