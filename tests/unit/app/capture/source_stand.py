"""What tests of live sources share."""

import threading
from collections.abc import Callable

from spot_webcam.app.capture.frame_store import StoredFrame
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import CameraMode
from spot_webcam.fakes.time.manual import ManualClock

SECOND = 1_000_000_000
PATIENCE_S = 20.0
MODE = CameraMode(8, 6, Layout.BGR8, 30.0)

Deliver = Callable[..., None]


class AskingClock(ManualClock):
    """Runs `meanwhile` once, when the clock is next read for the `reads`-th time."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0
        self.meanwhile: Callable[[], None] = lambda: None

    def monotonic_ns(self) -> int:
        self.reads -= 1
        if self.reads == 0:
            self.meanwhile()
        return super().monotonic_ns()


def collect_now(source: CameraSource, clock: ManualClock) -> StoredFrame:
    return source.request_frame().wait(clock.monotonic_ns())


def collect_in_thread(source: CameraSource, deadline_ns: int) -> Callable[[], object]:
    """Ask now, collect in a thread; what is returned gives the frame, or the error."""
    collect = source.request_frame().wait
    got: list[object] = []

    def run() -> None:
        try:
            got.append(collect(deadline_ns))
        except CameraError as error:
            got.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def result() -> object:
        thread.join(PATIENCE_S)
        return got[0]

    return result
