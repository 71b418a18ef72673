"""Frame buffer: the frame store of one source, shared by its threads, with a bounded wait."""

import threading
from collections.abc import Callable

from spot_webcam.domain.frames.frame_store import Frame, FrameStore, StoredFrame


class FrameBuffer:
    """A `FrameStore` whose callers can wait for the next frame. Thread-safe.

    `lock` is the one lock of a source. The other parts of the source take it too, so that a frame
    and what is known of the camera change together; it is reentrant.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._store = FrameStore()

    @property
    def newest(self) -> StoredFrame | None:
        """The newest frame of any age; never blocks."""
        with self.lock:
            return self._store.newest

    @property
    def published(self) -> StoredFrame | None:
        """The frame that clients are answered from; never blocks."""
        with self.lock:
            return self._store.published

    def put(self, frame: Frame, *, valid: bool) -> StoredFrame:
        """Make this the newest frame, wake those who wait, and return it as stored."""
        with self.lock:
            self._changed.notify_all()
            return self._store.put(frame, valid=valid)

    def mark_valid(self, stored: StoredFrame) -> None:
        """Record that a frame is valid."""
        with self.lock:
            self._store.mark_valid(stored)

    def reject(self, stored: StoredFrame) -> bool:
        """Go back to the last valid frame; return whether `stored` was still the newest."""
        with self.lock:
            self._changed.notify_all()
            return self._store.reject(stored)

    def publish(self, stored: StoredFrame) -> bool:
        """Answer clients from this frame, unless a newer one is published already."""
        with self.lock:
            return self._store.publish(stored)

    def forget_made(self, before_ns: int) -> None:
        """Free what was made of frames from before a monotonic time, as they are not served."""
        with self.lock:
            self._store.forget_made(before_ns)

    def wait_newer(
        self, sequence: int, timeout_s: float, give_up: Callable[[], bool] = lambda: False
    ) -> StoredFrame | None:
        """Block until there is a frame with a higher sequence number, and return it.

        Returns `None` at the timeout, or as soon as `give_up` is true; it is asked with the lock
        held, after every `put` and `nudge`.
        """

        def is_newer() -> bool:
            newest = self._store.newest
            return newest is not None and newest.frame.sequence > sequence

        with self.lock:
            self._changed.wait_for(lambda: is_newer() or give_up(), max(0.0, timeout_s))
            return self._store.newest if is_newer() else None

    def nudge(self) -> None:
        """Make those who wait ask `give_up` again."""
        with self.lock:
            self._changed.notify_all()
