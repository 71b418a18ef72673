"""Detection of cameras that hang, and bounded waits for them."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager

from spot_webcam.app.capture.bulkhead import Admission, Bulkhead
from spot_webcam.app.capture.parameter_requests import copy_error
from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers.daemon_executor import DaemonExecutor, Result

# Bound of every wait.
MAX_WAIT_S = 30.0
# A call hangs after this time, and after this multiple of the longest call so far: then no request
# waits for it any more.
MIN_HANG_S = 10.0
HANG_RATIO = 5
# A call may hang after this time, and after this multiple of the longest call so far: then only
# few requests wait. The SDK's runner has four threads for the clients of all cameras.
MIN_SLOW_S = 1.0
SLOW_RATIO = 2
MAX_WAITING_FOR_SLOW = 2
MAX_WAITING_PER_SLOW_SOURCE = 1
CHECK_PERIOD_S = 0.5


def slow_camera_bulkhead() -> Bulkhead:
    """Return a bulkhead for the requests that wait for slow cameras."""
    return Bulkhead(MAX_WAITING_FOR_SLOW, MAX_WAITING_PER_SLOW_SOURCE)


class HangDetector:
    """Compares the calls of an executor with the longest one so far. Thread-safe."""

    def __init__(self, name: str, executor: DaemonExecutor, activity: str = "a capture") -> None:
        self.bulkhead = slow_camera_bulkhead()
        self._name = name
        self._executor = executor
        self._activity = activity
        self._max_s: float | None = None

    def record(self, took_s: float) -> None:
        """Record the duration of a call."""
        self._max_s = max(took_s, self._max_s or 0.0)

    def error(self) -> NoData | None:
        """Return an error if the camera hangs."""
        max_s = HANG_RATIO * (self._max_s or 0.0)
        if not self._executor.is_stuck(min(MAX_WAIT_S, max(MIN_HANG_S, max_s))):
            return None
        return NoData(f"{self._name}: the camera hangs in {self._activity}")

    def check(self) -> None:
        """Raise `NoData` if the camera hangs."""
        error = self.error()
        if error is not None:
            raise error

    def wait(self, future: "Future[Result]", timeout_s: float) -> Result:
        """Return the result of a call.

        Raises:
            CameraError: the call failed, timed out or hangs, or too many requests wait already.
        """
        end_s = time.monotonic() + timeout_s
        with self.waiting() as check:
            while True:
                left_s = max(0.0, end_s - time.monotonic())
                try:
                    return future.result(min(left_s, CHECK_PERIOD_S))
                except (FutureTimeoutError, CancelledError):
                    if left_s <= CHECK_PERIOD_S or future.cancelled():
                        raise NoData("the camera took no picture in time") from None
                    check()
                except NoData as error:
                    raise copy_error(error) from None

    @contextmanager
    def waiting(self) -> Iterator[Callable[[], None]]:
        """Count a waiting request once the camera is slow.

        Yields a function to call periodically, which raises `NoData` to end the wait.
        """
        bulkhead, is_admitted = self.bulkhead, False

        def check() -> None:
            nonlocal is_admitted
            self.check()
            if not is_admitted and self._is_slow():
                if bulkhead.acquire(self._name) is Admission.REFUSED:
                    raise NoData(f"{self._name}: too many requests wait for slow cameras already")
                is_admitted = True

        try:
            yield check
        finally:
            if is_admitted:
                bulkhead.release(self._name)

    def _is_slow(self) -> bool:
        if self._max_s is None:  # no call has ended: its usual duration is unknown
            return False
        return self._executor.is_stuck(max(MIN_SLOW_S, SLOW_RATIO * self._max_s))
