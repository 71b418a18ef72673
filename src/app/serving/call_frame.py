"""The frame that the requests of one call get from one source."""

from collections.abc import Callable
from copy import copy

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.serving.frame_source import FrameSource, PendingFrame
from spot_webcam.app.serving.publisher import Claim, FramePublisher
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import Clock

# Frames that may turn out to be damaged, one after the other, before a request is refused.
MAX_DAMAGED = 3


class CallFrame:
    """A source's frame, or the error in its place, for equal requests of one call.

    Requests with parameters and for on-demand sources get a frame that was captured after the call
    began; the others get what the source's publisher chooses. Not thread-safe.
    """

    def __init__(
        self,
        source: FrameSource,
        publisher: FramePublisher,
        clock: Clock,
        values: ParameterValues | None,
        cancellation: CancellationToken,
    ) -> None:
        """Request a frame now if there is none to answer from; `wait` waits for it."""
        self.source = source
        self._publisher = publisher
        self._clock = clock
        self.has_parameters = bool(values)
        self._is_own = source.on_demand or bool(values)
        self._pending: PendingFrame | None = None
        if values:
            self._pending = source.request_frame_with(values, cancellation)
        elif source.latest() is None:
            self._pending = source.request_frame()
        self._stored: StoredFrame | None = None
        self._claim: Claim | None = None
        self._error: Exception | None = None

    def wait(self, deadline_ns: int) -> None:
        """Wait for the requested frame by a monotonic deadline; `acquire` raises any error."""
        if self._pending is None:
            return
        try:
            stored = self._pending.wait(deadline_ns)
        except Exception as error:  # noqa: BLE001 - raised for each request, by `acquire`
            # Without its traceback, which refers to this frame and so to all pictures of the call.
            self._error = error.with_traceback(None)
        else:
            # Else it has shown that there are frames; `acquire` chooses among them.
            self._stored = stored if self._is_own else None

    def acquire(self, shrink_of: Callable[[StoredFrame], int]) -> StoredFrame:
        """Return the frame to encode; the caller calls `release` afterwards.

        A JPEG is validated by the pixels that its encoding needs: `shrink_of` is their divisor.

        Raises:
            CameraError: there is none.
            EncodingTimeout: another request has been checking it for too long.
        """
        if self._error is not None:
            raise copy(self._error)
        if self._stored is not None and self.is_stale(self._stored):
            if self.has_parameters:
                raise NoData(
                    "the picture with these parameters grew too old while the call waited for"
                    " others: ask for it in a call of its own"
                )
            self._stored = None
        if self._stored is None:
            self._stored = self._chosen(shrink_of)
        return self._stored

    def _chosen(self, shrink_of: Callable[[StoredFrame], int]) -> StoredFrame:
        for _ in range(MAX_DAMAGED):
            newest = self.source.latest()
            if newest is None:
                newest = self.source.request_frame().wait(self._clock.monotonic_ns())
            stored, self._claim = self._publisher.choose(newest)
            if stored.is_valid or self.source.validate(stored, shrink_of(stored)):
                return stored
            self.release()
        raise NoData("the camera's pictures are damaged")

    def is_stale(self, stored: StoredFrame) -> bool:
        """Whether a frame is too old to be served; one captured on demand never is."""
        if self.source.on_demand and not self.has_parameters:
            return False
        return self.source.is_stale(stored)

    def publish(self, stored: StoredFrame) -> None:
        """Note that an answer was made of a frame, before it is returned."""
        if not self._is_own:
            self._publisher.publish(stored)

    def release(self) -> None:
        """Let another call encode a newer frame."""
        self._publisher.release(self._claim)
        self._claim = None
