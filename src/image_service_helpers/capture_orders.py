"""Captures that requests want of their own: on demand, or with other parameters."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers.errands import DaemonExecutor
from spot_webcam.image_service_helpers.shot import Shot

LOOKING_PERIOD_S = 0.5

Capture = Callable[[Any, Mapping[str, Any]], Shot]


@dataclass(slots=True, eq=False)
class CaptureOrder:
    """One capture, and how many wait for it; raises `NoData` where there is none."""

    custom_params: Any
    others: Mapping[str, Any]
    waiting: int = 0
    shot: "Future[Shot]" = field(default_factory=Future)


def wait_for(shot: "Future[Shot]", timeout_s: float, look: Callable[[], None]) -> Shot:
    """Return the shot; `look` is called now and then meanwhile, and may raise `CameraError`.

    Raises:
        NoData: there is none, or not in time.
    """
    end_s = time.monotonic() + timeout_s
    while True:
        left_s = max(0.0, end_s - time.monotonic())
        try:
            return shot.result(min(left_s, LOOKING_PERIOD_S))
        except FutureTimeoutError:
            if left_s <= LOOKING_PERIOD_S:
                raise NoData("the camera took no picture in time") from None
            look()
        except NoData as error:  # a copy: what is raised here keeps its traceback
            raise NoData(*error.args) from None


class CaptureOrders:
    """Takes one after the other; equal ones that have not begun share a capture. Thread-safe."""

    def __init__(self, capture: Capture, errands: DaemonExecutor) -> None:
        self._capture = capture
        self._errands = errands
        self._lock = threading.Lock()
        self._orders: list[CaptureOrder] = []

    def place(self, custom_params: Any, others: Mapping[str, Any]) -> CaptureOrder:
        """Order a capture that begins after this; never blocks.

        Raises:
            NoData: too many are ordered already.
        """
        with self._lock:
            for order in self._orders:
                if order.custom_params == custom_params and order.others == others:
                    order.waiting += 1
                    return order
            order = CaptureOrder(custom_params, others, waiting=1)
            self._errands.run(partial(self._fulfil, order))
            self._orders.append(order)
            return order

    def wait(
        self, order: CaptureOrder, timeout_s: float, look: Callable[[], None] = lambda: None
    ) -> Shot:
        """Return the shot; `look` is called now and then meanwhile, and may raise `CameraError`.

        Raises:
            NoData: the camera took none, or not in time.
        """
        return wait_for(order.shot, timeout_s, look)

    def leave(self, order: CaptureOrder) -> None:
        """Wait no more for a shot; one that nobody waits for is not taken."""
        with self._lock:
            order.waiting -= 1

    def _fulfil(self, order: CaptureOrder) -> None:
        with self._lock:
            self._orders = [one for one in self._orders if one is not order]
            if not order.waiting:
                return
        try:
            order.shot.set_result(self._capture(order.custom_params, order.others))
        except BaseException as error:  # noqa: BLE001 - handed to who waits
            shown = error if isinstance(error, NoData) else NoData(f"the capture failed: {error}")
            order.shot.set_exception(NoData(*shown.args))
