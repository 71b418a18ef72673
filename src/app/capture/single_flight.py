"""Things that are made once, however many ask for them at the same time."""

import math
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from copy import copy
from typing import Generic, TypeVar

from spot_webcam.domain.errors import EncodingTimeout

Key = TypeVar("Key")
Thing = TypeVar("Thing")


class SingleFlightCache(Generic[Key, Thing]):
    """Keeps up to `most` things by their keys; others are made for each who asks. Thread-safe.

    All that is kept weighs no more than `max_weight` by `weigh`.
    """

    def __init__(
        self,
        most: int,
        max_weight: float = math.inf,
        weigh: Callable[[Thing], float] = lambda _: 0,
    ) -> None:
        self._most = most
        self._weight_left = max_weight
        self._weigh = weigh
        self._lock = threading.Lock()
        self._futures: dict[Key, Future[Thing]] = {}
        # What is made already, for those who come later: looked up without the lock.
        self._things: dict[Key, Thing] = {}

    def made(self, key: Key) -> Thing | None:
        """Return the thing if it is made and kept already; never blocks."""
        return self._things.get(key)

    def get(self, key: Key, make: Callable[[], Thing], timeout_s: float) -> Thing:
        """Return the thing; the first caller makes it, the others wait for it.

        Raises:
            EncodingTimeout: another thread has been making it for longer than `timeout_s`.
            Exception: what `make` raised, to every caller: what failed fails again.
        """
        if key in self._things:
            return self._things[key]
        with self._lock:
            future = self._futures.get(key)
            mine = future is None
            if future is None:
                future = Future()
                if len(self._futures) < self._most:
                    self._futures[key] = future
        if mine:
            try:
                thing = make()
                self._keep_if_light(key, future, thing)
                future.set_result(thing)
            except BaseException as error:  # noqa: BLE001 - handed to all who wait, below
                if isinstance(error, EncodingTimeout):  # it may work for the next who asks
                    self._forget(key, future)
                future.set_exception(error.with_traceback(None))
        try:
            failure = future.exception(timeout_s)
        except FutureTimeoutError:
            raise EncodingTimeout(
                f"another request has been at this picture for longer than {timeout_s:g} s"
            ) from None
        if failure is not None:
            # A copy: what is raised gets a traceback that leads back here, and to the thing's
            # owner, which such a circle would keep until the garbage is collected.
            raise copy(failure)
        return future.result()

    def _keep_if_light(self, key: Key, future: "Future[Thing]", thing: Thing) -> None:
        weight = self._weigh(thing)
        with self._lock:
            if self._futures.get(key) is not future:
                return
            if weight > self._weight_left:
                del self._futures[key]
            else:
                self._weight_left -= weight
                self._things[key] = thing

    def _forget(self, key: Key, future: "Future[Thing]") -> None:
        with self._lock:
            if self._futures.get(key) is future:
                del self._futures[key]
