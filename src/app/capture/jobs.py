"""Jobs of a capture loop: what to do in the next step, and the strategies that decide it."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.parameter_requests import ParameterRequest, ParameterRequestQueue
from spot_webcam.app.capture.waiting import FrameWaiter, PendingFrame
from spot_webcam.domain.errors import CameraError
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import Clock


@dataclass(frozen=True, slots=True)
class Idle:
    """Capture nothing: no request waits."""


@dataclass(frozen=True, slots=True)
class CaptureLatest:
    """Capture a picture without parameters of a request.

    If `must_be_fresh`, a request waits for this very picture: pictures from before the job are
    discarded. If not `is_requested`, the camera is only kept under observation.
    """

    must_be_fresh: bool = False
    is_requested: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class CaptureWith:
    """Capture one picture with the parameters that these requests have in common."""

    requests: list[ParameterRequest]
    must_be_fresh: bool = False

    @property
    def values(self) -> ParameterValues:
        """The parameters to set."""
        return self.requests[0].values


Job: TypeAlias = Idle | CaptureLatest | CaptureWith


@dataclass(frozen=True, slots=True)
class SourceParts:
    """The parts of a source that a strategy uses."""

    clock: Clock
    buffer: FrameBuffer
    health: CameraHealth
    requests: ParameterRequestQueue
    waiter: FrameWaiter


class CaptureStrategy(Protocol):
    """When a source captures: `Streaming` or `OnDemand`. Thread-safe; only waits block."""

    def next_job(self, now_ns: int) -> Job:
        """Return what the capture loop does next; each request is returned once."""
        ...

    def should_retrieve(self, now_ns: int) -> bool:
        """Return whether a request needs the picture that was just grabbed."""
        ...

    def latest(self, now_ns: int) -> StoredFrame | None:
        """Record a request; return the newest frame if the request need not wait."""
        ...

    def request_frame(self, now_ns: int) -> PendingFrame:
        """Record a request for a picture without parameters."""
        ...

    def request_capture(self, now_ns: int) -> CameraError | None:
        """Record a request for a capture with parameters; return why it is refused, if so."""
        ...

    def brief_wait_until_ns(self, now_ns: int) -> int:
        """Return until when a camera in good order answers all requests that wait."""
        ...

    def responded(self) -> None:
        """Record that the camera responded to a job, by a picture or by a failure."""
        ...

    def opened(self) -> None:
        """Record that the camera was opened."""
        ...

    def unavailable_reason(self, now_ns: int) -> CameraError | None:
        """Return why the source has no picture to serve, `None` if it is available."""
        ...
