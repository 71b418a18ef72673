"""Interruption of a camera by another thread."""

import threading

import pytest

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Camera, Event, Interruptible
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import PATIENCE_S


class StuckClock(ManualClock):
    """A clock whose waits end by their event only."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = threading.Event()

    def wait(self, event: Event, timeout_s: float) -> bool:
        self.waiting.set()
        return event.wait(timeout_s + PATIENCE_S)


def check_interrupt_ends_grab(camera: Camera, clock: StuckClock) -> None:
    """Interrupt the open camera as soon as its grab waits in another thread."""
    assert isinstance(camera, Interruptible)

    def interrupt() -> None:
        if clock.waiting.wait(PATIENCE_S):
            camera.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    with pytest.raises(NoData):
        camera.grab()
    thread.join(PATIENCE_S)
