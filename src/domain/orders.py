"""Pictures that requests want taken with parameters of their own."""

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.frame_store import StoredFrame
from spot_webcam.domain.parameters import ParameterValues

# Each costs a camera some frames, whether or not its client is still there.
MOST_ORDERS = 128


@dataclass(slots=True, eq=False)
class Order:
    """One request for a picture with parameters, and its outcome."""

    values: ParameterValues
    outcome: "Future[StoredFrame]" = field(default_factory=Future)

    def wait(self, timeout_s: float) -> StoredFrame:
        """Return the frame that was taken for it.

        Raises:
            CameraError: the camera failed, or took none in time.
        """
        try:
            return self.outcome.result(max(0.0, timeout_s))
        except FutureTimeoutError:
            raise NoData("the camera took no picture with these parameters in time") from None


class Orders:
    """What is ordered and not yet taken. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Order] = []

    def place(self, values: ParameterValues) -> Order:
        """Add an order.

        Raises:
            NoData: there are too many already.
        """
        order = Order(values if isinstance(values, bytes) else dict(values))
        with self._lock:
            if len(self._waiting) >= MOST_ORDERS:
                raise NoData("too many requests with parameters wait for this camera already")
            self._waiting.append(order)
        return order

    def drop(self, order: Order) -> None:
        """Let go of an order that nobody waits for any more, if it was not taken."""
        with self._lock:
            self._waiting = [one for one in self._waiting if one is not order]

    def take(self) -> list[Order]:
        """Remove and return the oldest order, and all that want the same."""
        with self._lock:
            if not self._waiting:
                return []
            values = self._waiting[0].values
            taken = [order for order in self._waiting if order.values == values]
            self._waiting = [order for order in self._waiting if order.values != values]
            return taken

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
            order.outcome.set_exception(type(error)(*error.args))
