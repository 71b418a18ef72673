"""What serving needs of a source: `app.capture.source.CameraSource` has it."""

from typing import Protocol

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import JpegPicture, Picture
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import ParameterValues


class PendingFrame(Protocol):
    """A frame that was requested."""

    def wait(self, deadline_ns: int, /) -> StoredFrame:
        """Wait for the valid frame by a monotonic deadline; raises `CameraError`."""


class FrameSource(Protocol):
    """A source of frames. Thread-safe; only `PendingFrame.wait` and `validate` block."""

    name: str
    # Whether a frame is captured for each request, instead of at the camera's rate.
    on_demand: bool

    @property
    def has_opened(self) -> bool:
        """Whether the description is the camera's own, or only presumed."""

    @property
    def description(self) -> ImageSource:
        """The source as it is listed now."""

    @property
    def published(self) -> StoredFrame | None:
        """The published frame, of whatever age."""

    def described_as(self, picture: Picture | JpegPicture, /) -> ImageSource:
        """Return the description that fits this very picture."""

    def latest(self) -> StoredFrame | None:
        """Return the newest frame if it is not stale and need not be waited for.

        It may not be validated yet. `None`: `request_frame`.
        """

    def request_frame(self) -> PendingFrame:
        """Request a frame now, so that the waits for several sources overlap."""

    def request_frame_with(
        self, values: ParameterValues, cancellation: CancellationToken, /
    ) -> PendingFrame:
        """Request one frame that is captured with these values, unless it is cancelled before."""

    def validate(self, stored: StoredFrame, shrink: int, /) -> bool:
        """Return whether a frame is valid; a damaged one is not the newest any more.

        The frame keeps the pixels of a JPEG that are decoded for that, `shrink` times smaller.

        Raises:
            EncodingTimeout: another thread has been checking it for too long.
        """

    def is_stale(self, stored: StoredFrame, /) -> bool:
        """Whether a frame is too old to be served."""

    def publish(self, stored: StoredFrame, /) -> None:
        """Publish a frame, unless a newer one is published."""

    def rendered(self, error: EncodingError | None = None, *, passed_through: bool = False) -> None:
        """Note that a valid frame was encoded or passed through for a request, or could not be."""
