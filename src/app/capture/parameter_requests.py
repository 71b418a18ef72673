"""Pictures that requests want taken with parameters of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from spot_webcam.app.capture.frame_store import StoredFrame
from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.sources.parameters import ParameterValues

# Each costs a camera some frames.
MAX_ORDERS = 128


class CancellationToken:
    """A client's call as its orders see it: whose turn it is, and whether it still lasts.

    Thread-safe.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ended = False
        self._callbacks: list[Callable[[], None]] = []

    def on_cancel(self, do: Callable[[], None]) -> None:
        """Have this done when the call ends, or now if it has."""
        with self._lock:
            if not self._ended:
                self._callbacks.append(do)
                return
        do()

    def cancel(self) -> None:
        """Nobody waits for its answer any more."""
        with self._lock:
            self._ended = True
            todo, self._callbacks = self._callbacks, []
        for do in todo:
            do()


@dataclass(slots=True, eq=False)
class ParameterRequest:
    """One request for a picture with parameters, and its outcome."""

    values: ParameterValues
    call: CancellationToken = field(default_factory=CancellationToken)
    outcome: "Future[StoredFrame]" = field(default_factory=Future)

    def wait(self, timeout_s: float) -> StoredFrame:
        """Return the frame that was taken for it.

        Raises:
            CameraError: the camera failed, or took none in time.
        """
        try:
            return self.outcome.result(max(0.0, timeout_s))
        except (FutureTimeoutError, CancelledError):
            raise NoData("the camera took no picture with these parameters in time") from None


class ParameterRequestQueue:
    """What is ordered and not yet taken; calls take turns. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Those of the call whose turn it is next come first; of a call, the oldest.
        self._waiting: list[ParameterRequest] = []

    def place(
        self, values: ParameterValues, call: CancellationToken | None = None
    ) -> ParameterRequest:
        """Add an order of a call, which is dropped when that ends.

        Raises:
            NoData: there are too many already.
        """
        order = ParameterRequest(
            values if isinstance(values, bytes) else dict(values), call or CancellationToken()
        )
        with self._lock:
            if len(self._waiting) >= MAX_ORDERS:
                raise NoData("too many requests with parameters wait for this camera already")
            self._waiting.append(order)
        order.call.on_cancel(lambda: self.drop(order))
        return order

    def drop(self, order: ParameterRequest) -> None:
        """Let go of an order that nobody waits for any more, if it was not taken."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one is not order]
        order.outcome.cancel()

    def take(self) -> list[ParameterRequest]:
        """Remove and return the order whose turn it is, and all that want the same.

        Then its call lets all others go first.
        """
        with self._lock:
            if not self._waiting:
                return []
            turn = self._waiting[0]
            taken = [order for order in self._waiting if order.values == turn.values]
            left = [order for order in self._waiting if order.values != turn.values]
            # Stable: others' sequence stays.
            self._waiting = sorted(left, key=lambda order: order.call is turn.call)
        return [order for order in taken if order.outcome.set_running_or_notify_cancel()]

    @property
    def waiting(self) -> bool:
        """Whether there are any."""
        with self._lock:
            return bool(self._waiting)

    def fail(self, error: CameraError) -> None:
        """End all orders."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        for order in waiting:
            if order.outcome.set_running_or_notify_cancel():
                order.outcome.set_exception(type(error)(*error.args))
