"""How long requests wait for a camera, and how many."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from spot_webcam.app.capture.bulkhead import Admission, Bulkhead
from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers.errands import DaemonExecutor

# The longest time that anything is waited for.
MAX_WAIT_S = 30.0
# A camera that has been at one capture for so long, and for five times what its longest one took,
# hangs: nobody is kept waiting for it any more.
PATIENCE_S = 10.0
PATIENT_TIMES = 5
# One that takes longer than this, and than twice what its longest one took, may hang: few wait.
# The SDK's runner has four threads for the clients of all cameras.
SOON_S = 1.0
SOON_TIMES = 2
MAX_SEATED = 2
MAX_SEATED_FOR_ONE = 1


def small_waiting_room() -> Bulkhead:
    """Return the room of those who wait for cameras that may hang."""
    return Bulkhead(MAX_SEATED, MAX_SEATED_FOR_ONE)


class Patience:
    """What may be expected of the captures that run as `errands`. Thread-safe."""

    def __init__(self, name: str, errands: DaemonExecutor) -> None:
        self.room = small_waiting_room()
        self._name = name
        self._errands = errands
        self._max_s: float | None = None

    def note(self, took_s: float) -> None:
        """Take note of how long a capture took."""
        self._max_s = max(took_s, self._max_s or 0.0)

    @property
    def is_over(self) -> bool:
        """Whether the camera hangs."""
        max_s = PATIENT_TIMES * (self._max_s or 0.0)
        return self._errands.hang(min(MAX_WAIT_S, max(PATIENCE_S, max_s)))

    def check(self) -> None:
        """Raise `NoData` if the camera hangs."""
        if self.is_over:
            raise NoData(f"{self._name}: the camera hangs in a capture")

    @contextmanager
    def waiting(self) -> Iterator[Callable[[], None]]:
        """Wait; gives what is to be called now and then, and raises `NoData` to end the wait."""
        room, seated = self.room, False

        def look() -> None:
            nonlocal seated
            self.check()
            if not seated and self._is_slow():
                if room.acquire(self._name) is Admission.REFUSED:
                    raise NoData(f"{self._name}: too many requests wait for slow cameras already")
                seated = True

        try:
            yield look
        finally:
            if seated:
                room.release(self._name)

    def _is_slow(self) -> bool:
        if self._max_s is None:  # nobody knows what is slow for it
            return False
        return self._errands.hang(max(SOON_S, SOON_TIMES * self._max_s))
