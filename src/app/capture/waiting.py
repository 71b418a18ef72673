"""Waiting for frames: bounded by a deadline and by the bulkhead."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from spot_webcam.app.capture.bulkhead import Admission, Bulkhead
from spot_webcam.app.capture.frame_buffer import FrameBuffer
from spot_webcam.app.capture.parameter_requests import copy_error
from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.timing import NANOSECONDS, Clock


@dataclass(frozen=True, slots=True)
class PendingFrame:
    """A frame that was requested.

    `wait` blocks until a monotonic deadline in nanoseconds at most, and returns a valid frame or
    raises `CameraError`.
    """

    wait: Callable[[int], StoredFrame]


def refused_frame(error: CameraError) -> PendingFrame:
    """Return a pending frame whose request was refused at once."""

    def refuse(_deadline_ns: int) -> StoredFrame:
        raise copy_error(error)

    return PendingFrame(refuse)


class FrameWaiter:
    """Lets requests wait for one source, as many as the bulkhead admits. Thread-safe."""

    def __init__(
        self, source_name: str, clock: Clock, buffer: FrameBuffer, bulkhead: Bulkhead
    ) -> None:
        self._source_name = source_name
        self._clock = clock
        self._buffer = buffer
        self._bulkhead = bulkhead

    def wait_newer(
        self, sequence: int, deadline_ns: int, give_up: Callable[[], bool], brief_until_ns: int
    ) -> StoredFrame | None:
        """Block until there is a newer frame; `None` at the deadline or if `give_up` is true.

        Raises:
            NoData: too many requests wait already.
        """
        with self.admitted(deadline_ns, brief_until_ns) as timeout_s:
            return self._buffer.wait_newer(sequence, timeout_s, give_up)

    @contextmanager
    def admitted(self, deadline_ns: int, brief_until_ns: int) -> Iterator[float]:
        """Count a waiting request; yields its timeout in seconds.

        A request that may wait only briefly waits until `brief_until_ns`.

        Raises:
            NoData: too many requests wait already.
        """
        admission = self._bulkhead.acquire(self._source_name)
        if admission is Admission.REFUSED:
            raise NoData("too many requests wait for cameras already")
        try:
            if admission is Admission.BRIEF:
                deadline_ns = min(deadline_ns, brief_until_ns)
                if deadline_ns <= self._clock.monotonic_ns():
                    raise NoData("too many requests wait for this camera already")
            yield (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
        finally:
            self._bulkhead.release(self._source_name)
