"""Shared parts of the tests of camera sources."""

import threading
from collections.abc import Callable

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.intake import RawFrame
from spot_webcam.app.capture.jobs import CaptureLatest, CaptureWith
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.fakes.time.manual import ManualClock
from tests.timing import PATIENCE_S

SECOND = 1_000_000_000
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


def capture(
    source: CameraSource,
    clock: ManualClock,
    picture: Picture | JpegPicture,
    stream_timestamp_ns: int | None = None,
) -> bool:
    """Report a picture without parameters, as a capture loop does."""
    job = CaptureLatest(must_be_fresh=source.on_demand)
    return source.captured(
        job, RawFrame(picture, now(clock), stream_timestamp_ns=stream_timestamp_ns)
    )


def next_requests(source: CameraSource) -> CaptureWith | None:
    """Return the next job with parameters, as a capture loop gets it."""
    jobs = [source.next_job(), source.next_job()]
    return next((job for job in jobs if isinstance(job, CaptureWith)), None)


def capture_with(
    source: CameraSource,
    clock: ManualClock,
    picture: Picture | JpegPicture,
    stream_timestamp_ns: int | None = None,
) -> CaptureWith | None:
    """Do the next job with parameters, as a capture loop does, and return it."""
    job = next_requests(source)
    if job is not None:
        values = job.values
        settings = (
            CaptureSettings(encoded_parameters=values)
            if isinstance(values, bytes)
            else CaptureSettings(parameters=values)
        )
        source.captured(job, RawFrame(picture, now(clock), None, settings, stream_timestamp_ns))
    return job


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


def request_with(source: CameraSource, values: ParameterValues) -> Callable[[int], StoredFrame]:
    """Request a picture with parameters, and return how to wait for it."""
    return source.request_frame_with(values, CancellationToken()).wait
