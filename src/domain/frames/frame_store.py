"""Frames of a source, and the store of its newest, last valid and published one."""

from collections.abc import Hashable
from dataclasses import dataclass, field

from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Picture


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture of one source: pixels, or the camera's own JPEG, not decoded.

    `captured_ns` is the host's wall clock, in nanoseconds since the Unix epoch. `monotonic_ns` is
    the same instant on the monotonic clock; ages are computed from it, because wall clocks are
    stepped. `sequence` counts the frames of the source from 1.
    """

    picture: Picture | JpegPicture
    sequence: int
    captured_ns: int
    monotonic_ns: int
    settings: CaptureSettings = field(default_factory=CaptureSettings)


@dataclass(slots=True, eq=False)
class StoredFrame:
    """A frame with what was made of it, which is freed with the frame or once it is stale.

    `is_valid` is false until the picture has been checked for damage and blackness. `decoded` are
    the pixels of its JPEG, in full size or reduced, if they were decoded for that. `made` is the
    cache of the encoder, which also limits its size.
    """

    frame: Frame
    is_valid: bool = False
    decoded: Picture | None = None
    made: dict[Hashable, object] = field(default_factory=dict)


class FrameStore:
    """A data structure of at most three frames. Not thread-safe."""

    def __init__(self) -> None:
        self.newest: StoredFrame | None = None
        # The newest valid frame before `newest`, as long as `newest` is not known to be valid.
        self.last_valid: StoredFrame | None = None
        # The frame that clients are answered from; its sequence number never decreases.
        self.published: StoredFrame | None = None

    def put(self, frame: Frame, *, valid: bool) -> StoredFrame:
        """Make this the newest frame, and return it as stored."""
        stored = StoredFrame(frame, valid)
        if valid:
            self.last_valid = None
        elif self.newest is not None and self.newest.is_valid:
            self.last_valid = self.newest
        self.newest = stored
        return stored

    def mark_valid(self, stored: StoredFrame) -> None:
        """Record that a frame is valid; it is the fallback if a newer one turns out damaged."""
        stored.is_valid = True
        newest, last = self.newest, self.last_valid
        if newest is None or newest.is_valid or newest.frame.sequence <= stored.frame.sequence:
            return
        if last is None or last.frame.sequence < stored.frame.sequence:
            self.last_valid = stored

    def reject(self, stored: StoredFrame) -> bool:
        """Replace the newest frame, which is damaged, by the last valid one.

        Returns whether it was still the newest.
        """
        was_newest = self.newest is stored
        if was_newest:
            self.newest, self.last_valid = self.last_valid, None
        return was_newest

    def publish(self, stored: StoredFrame) -> bool:
        """Answer clients from this frame from now on, unless a newer one is published already.

        Returns whether the published frame changed.
        """
        published = self.published
        if published is not None and published.frame.sequence >= stored.frame.sequence:
            return False
        self.published = stored
        return True

    def forget_made(self, before_ns: int) -> None:
        """Free what was made of frames from before a monotonic time, as they are not served."""
        for stored in (self.newest, self.last_valid, self.published):
            if stored is not None and stored.frame.monotonic_ns < before_ns:
                stored.made.clear()
                stored.decoded = None
