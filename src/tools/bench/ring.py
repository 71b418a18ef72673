"""The pictures that all contenders get: rendered once, read again and again."""

import json
import threading
import time
from pathlib import Path

import numpy as np

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import Pixels
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.tools.bench.scene import SourceKind

# Beside the pictures: size, rate, and where each JPEG lies.
FACTS = "ring.json"


def ring_file(folder: Path, kind: SourceKind) -> Path:
    """Return the file that holds the pictures of a kind."""
    return folder / f"{kind.value}.bin"


class Ring:
    """A camera's side of a ring; for one thread, but for `interrupt`.

    It is read as a driver's buffers are, into new memory, so that none of it counts as the
    contender's own. Picture n is due n / fps after the start; who is late gets the newest that
    is due, and none twice.
    """

    def __init__(self, folder: Path, kind: SourceKind) -> None:
        facts = json.loads((folder / FACTS).read_text())
        self.cols: int = facts["cols"]
        self.rows: int = facts["rows"]
        self.fps: float = facts["fps"]
        self._jpegs: list[tuple[int, int]] = facts["jpegs"]
        self._period_ns: int = round(NANOSECONDS / self.fps)
        self._file = ring_file(folder, kind).open("rb", buffering=0)
        self._interrupted = threading.Event()
        self._began_ns = time.monotonic_ns()
        self._sequence = 0

    def wait(self) -> int:
        """Block until a new picture is due; return when it was, in wall nanoseconds.

        Raises:
            NoData: it was interrupted.
        """
        due_ns = self._began_ns + (self._sequence + 1) * self._period_ns
        while (left_ns := due_ns - time.monotonic_ns()) > 0:
            if self._interrupted.wait(left_ns / NANOSECONDS):
                raise NoData("the ring was interrupted")
        now_ns, wall_ns = time.monotonic_ns(), time.time_ns()
        self._sequence = (now_ns - self._began_ns) // self._period_ns
        return wall_ns - (now_ns - self._began_ns - self._sequence * self._period_ns)

    def pixels(self) -> Pixels:
        """Return the BGR pixels of the last `wait`, of a raw ring."""
        pixels = np.empty((self.rows, self.cols, 3), np.uint8)
        self._file.seek(self._sequence % len(self._jpegs) * pixels.nbytes)
        self._file.readinto(pixels.data.cast("B"))
        return pixels

    def jpeg(self) -> bytes:
        """Return the JPEG of the last `wait`, of an MJPEG ring."""
        offset, size = self._jpegs[self._sequence % len(self._jpegs)]
        self._file.seek(offset)
        return self._file.read(size)

    def interrupt(self) -> None:
        """End a `wait`, for good."""
        self._interrupted.set()

    def close(self) -> None:
        """Close the file."""
        self._file.close()
