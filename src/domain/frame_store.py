"""The newest frame of a camera, and each encoding of it that someone asked for, made once."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from spot_webcam.domain.encoding import EncodingPlan
from spot_webcam.domain.errors import EncodingError
from spot_webcam.domain.image import EncodedImage, Frame

# Encodings kept of one frame; whoever asks for yet another one gets it made just for them.
MOST_VARIANTS = 32


@dataclass(slots=True, eq=False)
class StoredFrame:
    """A frame with its encodings; they go when it goes. Thread-safe."""

    frame: Frame
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _variants: dict[EncodingPlan, "Future[EncodedImage]"] = field(default_factory=dict)

    def variant(
        self, plan: EncodingPlan, make: Callable[[], EncodedImage], timeout_s: float
    ) -> EncodedImage:
        """Return the planned encoding; the first caller makes it, the others wait for it.

        Raises:
            EncodingError: `make` raised it (to every caller: the same frame fails again), or
                another thread has been making it for longer than `timeout_s`.
        """
        with self._lock:
            future = self._variants.get(plan)
            mine = future is None
            if future is None:
                future = Future()
                if len(self._variants) < MOST_VARIANTS:
                    self._variants[plan] = future
        if mine:
            try:
                future.set_result(make())
            except BaseException as error:  # noqa: BLE001 - handed to all who wait, below
                future.set_exception(error)
        try:
            return future.result(timeout_s)
        except FutureTimeoutError:
            raise EncodingError(
                f"the {plan.image_format.name} encoding takes longer than {timeout_s:g} s"
            ) from None


class FrameStore:
    """Holds one frame; `put` replaces it. Thread-safe."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._stored: StoredFrame | None = None

    def put(self, frame: Frame) -> None:
        """Make this the newest frame."""
        with self._changed:
            self._stored = StoredFrame(frame)
            self._changed.notify_all()

    def newest(self) -> StoredFrame | None:
        """Return the newest frame, of whatever age."""
        with self._changed:
            return self._stored

    def wait_newer(
        self, than: int, timeout_s: float, give_up: Callable[[], bool] = lambda: False
    ) -> StoredFrame | None:
        """Block until there is a frame with a sequence number above `than`.

        Returns `None` when the time is over, or when `give_up` says so after a `nudge`.
        """

        def decided() -> bool:
            newer = self._stored is not None and self._stored.frame.sequence > than
            return newer or give_up()

        with self._changed:
            self._changed.wait_for(decided, max(0.0, timeout_s))
            stored = self._stored
        return stored if stored is not None and stored.frame.sequence > than else None

    def nudge(self) -> None:
        """Let those who wait look again whether waiting makes sense."""
        with self._changed:
            self._changed.notify_all()
