"""The newest frame of a camera, the last valid one before it, and the published one."""

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from spot_webcam.domain.media.image import Frame


@dataclass(slots=True, eq=False)
class StoredFrame:
    """A frame, whether it is known to be valid, and what was made of it."""

    frame: Frame
    is_valid: bool = False
    # Answers and encodings, by keys of the use case that makes them; it bounds them, too.
    made: dict[Hashable, object] = field(default_factory=dict)


class FrameStore:
    """Hold the newest frame, the last valid one before it, and the published one. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._newest: StoredFrame | None = None
        self._last_valid: StoredFrame | None = None
        self._published: StoredFrame | None = None

    def put(self, frame: Frame, *, valid: bool = True) -> StoredFrame:
        """Make this the newest frame, and return it as it is stored."""
        stored = StoredFrame(frame, valid)
        with self._changed:
            if self._newest is not None and self._newest.is_valid:
                self._last_valid = self._newest
            if valid:
                self._last_valid = None
            self._newest = stored
            self._changed.notify_all()
        return stored

    def mark_valid(self, stored: StoredFrame) -> None:
        """Note that a frame is valid; a newer one may still turn out to be invalid."""
        stored.is_valid = True
        with self._changed:
            newest, last = self._newest, self._last_valid
            if newest is None or newest.is_valid or newest.frame.sequence <= stored.frame.sequence:
                return
            if last is None or last.frame.sequence < stored.frame.sequence:
                self._last_valid = stored

    def reject(self, stored: StoredFrame) -> bool:
        """Go back from the newest frame, which is invalid, to the last valid one.

        Returns whether it was still the newest.
        """
        with self._changed:
            was_newest = self._newest is stored
            if was_newest:
                self._newest, self._last_valid = self._last_valid, None
        return was_newest

    def newest(self) -> StoredFrame | None:
        """Return the newest frame, of whatever age; never blocks."""
        return self._newest

    @property
    def published(self) -> StoredFrame | None:
        """The newest frame that a client got an answer from; never blocks."""
        return self._published

    def publish(self, stored: StoredFrame) -> bool:
        """Publish a frame unless a newer one is published; return whether it was."""
        with self._changed:
            published = self._published
            if published is not None and published.frame.sequence >= stored.frame.sequence:
                return False
            self._published = stored
            return True

    def wait_newer(
        self, than: int, timeout_s: float, give_up: Callable[[], bool] = lambda: False
    ) -> StoredFrame | None:
        """Block until there is a frame with a sequence number above `than`.

        Returns `None` when the time is over, or when `give_up` says so after a `nudge`.
        """

        def decided() -> bool:
            newer = self._newest is not None and self._newest.frame.sequence > than
            return newer or give_up()

        with self._changed:
            self._changed.wait_for(decided, max(0.0, timeout_s))
            stored = self._newest
        return stored if stored is not None and stored.frame.sequence > than else None

    def nudge(self) -> None:
        """Let waiting threads check again whether waiting makes sense."""
        with self._changed:
            self._changed.notify_all()
