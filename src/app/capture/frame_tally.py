"""Frame tally: what became of the pictures of one source, counted since the start."""

import threading
from dataclasses import dataclass, replace

from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.validity import FrameValidator, Validated
from spot_webcam.domain.media.image import JpegPicture, Picture


@dataclass(frozen=True, slots=True)
class FrameCounts:
    """Pictures of a source since the start; `retrieved_bytes` is their size as delivered."""

    # The camera had them.
    grabbed: int = 0
    # Not retrieved, because no client asked for them.
    idle: int = 0
    # Not new: the same as the picture before.
    repeated: int = 0
    # Stored, or returned to the requests that they were captured for.
    stored: int = 0
    # JPEGs that were decoded to validate them; most encodings use these pixels.
    decoded: int = 0
    # Made for a request: encoded, or the camera's own JPEG. Equal requests share them.
    encoded: int = 0
    passed_through: int = 0
    # Frames that clients were answered from.
    published: int = 0
    retrieved_bytes: int = 0


def picture_bytes(picture: Picture | JpegPicture) -> int:
    """Return the size of a picture as the camera delivered it."""
    return len(picture.data) if isinstance(picture, JpegPicture) else picture.pixels.nbytes


class FrameTally:
    """Counts the frames of one source. Thread-safe; `lock` is the source's."""

    def __init__(self, lock: threading.RLock) -> None:
        self._lock = lock
        self._counts = dict.fromkeys(FrameCounts.__slots__, 0)

    @property
    def counts(self) -> FrameCounts:
        """The counts of this moment."""
        with self._lock:
            return replace(FrameCounts(), **self._counts)

    def skipped(self, number: int) -> None:
        """Count pictures that were grabbed and not retrieved."""
        with self._lock:
            self._counts["grabbed"] += number
            self._counts["idle"] += number

    def retrieved(self, picture: Picture | JpegPicture, skipped: int) -> None:
        """Count a picture that was retrieved, after others that were not."""
        size_bytes = picture_bytes(picture)
        self.skipped(skipped)
        with self._lock:
            self._counts["grabbed"] += 1
            self._counts["retrieved_bytes"] += size_bytes

    def accepted(self, stored: StoredFrame | None) -> None:
        """Count a retrieved picture that became a frame, or `None`: that was repeated."""
        with self._lock:
            self._counts["repeated" if stored is None else "stored"] += 1

    def rendered(self, *, passed_through: bool) -> None:
        """Count a picture that was made for a request."""
        with self._lock:
            self._counts["passed_through" if passed_through else "encoded"] += 1

    def published(self) -> None:
        """Count a frame that clients are answered from."""
        with self._lock:
            self._counts["published"] += 1

    def counted(self, validate: FrameValidator) -> FrameValidator:
        """Return a validator that counts the JPEGs that it decodes."""

        def counted(picture: Picture | JpegPicture, shrink: int) -> Validated:
            validated = validate(picture, shrink)
            if validated is not None:
                with self._lock:
                    self._counts["decoded"] += 1
            return validated

        return counted
