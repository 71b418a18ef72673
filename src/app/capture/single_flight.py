"""Single-flight cache: a value is made once, however many threads ask for it at the same time."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from copy import copy
from typing import Generic, TypeVar

from spot_webcam.domain.errors import EncodingTimeout

Key = TypeVar("Key")
Value = TypeVar("Value")


class SingleFlightCache(Generic[Key, Value]):
    """Keep up to `max_entries` values; further ones are made for each caller. Thread-safe.

    The kept values weigh at most `max_weight` together, as `weigh` measures each.
    """

    def __init__(
        self,
        max_entries: int,
        max_weight: float = math.inf,
        weigh: Callable[[Value], float] = lambda _: 0,
    ) -> None:
        self._max_entries = max_entries
        self._weight_left = max_weight
        self._weigh = weigh
        self._lock = threading.Lock()
        self._futures: dict[Key, Future[Value]] = {}
        # Finished values: read without the lock.
        self._values: dict[Key, Value] = {}

    def peek(self, key: Key) -> Value | None:
        """Return the value if it is made and kept; never blocks."""
        return self._values.get(key)

    def get(self, key: Key, make: Callable[[], Value], timeout_s: float) -> Value:
        """Return the value; the first caller makes it, the others wait for it.

        Raises:
            EncodingTimeout: another thread has been making it for longer than `timeout_s`.
            Exception: what `make` raised, to every caller: what failed fails again.
        """
        if key in self._values:
            return self._values[key]
        with self._lock:
            future = self._futures.get(key)
            is_maker = future is None
            if future is None:
                future = Future()
                if len(self._futures) < self._max_entries:
                    self._futures[key] = future
        if is_maker:
            try:
                value = make()
                self._keep_if_light(key, future, value)
                future.set_result(value)
            except BaseException as error:  # noqa: BLE001 - raised by every caller, below
                if isinstance(error, EncodingTimeout):  # the next attempt may succeed
                    self._forget(key, future)
                future.set_exception(error.with_traceback(None))
        try:
            failure = future.exception(timeout_s)
        except FutureTimeoutError:
            raise EncodingTimeout(
                f"another request has been working on this picture for longer than {timeout_s:g} s"
            ) from None
        if failure is not None:
            # A copy: the traceback of a raised exception refers to this frame and to the owner of
            # the value. Such a cycle would keep pictures until the next garbage collection.
            raise copy(failure)
        return future.result()

    def _keep_if_light(self, key: Key, future: "Future[Value]", value: Value) -> None:
        weight = self._weigh(value)
        with self._lock:
            if self._futures.get(key) is not future:
                return
            if weight > self._weight_left:
                del self._futures[key]
            else:
                self._weight_left -= weight
                self._values[key] = value

    def _forget(self, key: Key, future: "Future[Value]") -> None:
        with self._lock:
            if self._futures.get(key) is future:
                del self._futures[key]
