"""Queue of parameter requests: pictures to be captured with a client's parameters (ADR 16)."""

import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from copy import copy
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.domain.errors import CameraError, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues

Values = TypeVar("Values")
Result = TypeVar("Result")


@dataclass(eq=False)
class CaptureRequest(Generic[Values, Result]):
    """A request for one picture with parameters, and its result."""

    values: Values
    cancellation: CancellationToken
    future: "Future[Result]" = field(default_factory=Future)

    def wait(self, timeout_s: float) -> Result:
        """Block until the picture was captured, and return it.

        Raises:
            CameraError: the camera failed, or captured no picture in time.
        """
        try:
            return self.future.result(max(0.0, timeout_s))
        except (FutureTimeoutError, CancelledError):
            raise NoData("the camera took no picture with these parameters in time") from None


class CaptureRequestQueue(Generic[Values, Result]):
    """The requests that wait for one camera; calls take turns. Thread-safe.

    Requests for the same values are captured together.
    """

    def __init__(self, max_requests: int) -> None:
        self._max_requests = max_requests
        self._lock = threading.Lock()
        # Ordered by calls, the next one first, and by age within a call.
        self._waiting: list[CaptureRequest[Values, Result]] = []
        # Whether the last job was a capture without parameters, and requests waited meanwhile.
        self._has_turn = False

    @property
    def is_empty(self) -> bool:
        """Whether no request waits."""
        with self._lock:
            return not self._waiting

    def submit(
        self, values: Values, cancellation: CancellationToken
    ) -> CaptureRequest[Values, Result]:
        """Add a request of the call that the token belongs to; it is cancelled with the token.

        Raises:
            NoData: too many requests wait.
        """
        request: CaptureRequest[Values, Result] = CaptureRequest(copy(values), cancellation)
        with self._lock:
            if len(self._waiting) >= self._max_requests:
                raise NoData("too many requests with parameters wait for this camera already")
            self._waiting.append(request)
        cancellation.on_cancel(lambda: self.cancel(request))
        return request

    def cancel(self, request: CaptureRequest[Values, Result]) -> None:
        """Remove a request whose result is not needed; a running capture goes on."""
        request.future.cancel()
        with self._lock:
            self._waiting = [other for other in self._waiting if other is not request]

    def next_batch(self) -> list[CaptureRequest[Values, Result]]:
        """Remove and return the next request, and all others for the same values, as running.

        Afterwards the other calls come before the call of that request. Nothing is returned only if
        nothing waits: a request that was cancelled just now does not hide those behind it.
        """
        batch: list[CaptureRequest[Values, Result]] = []
        with self._lock:
            while self._waiting and not batch:
                first = self._waiting[0]
                same = [request for request in self._waiting if request.values == first.values]
                others = [request for request in self._waiting if request.values != first.values]
                of_call = [one for one in others if one.cancellation is first.cancellation]
                self._waiting = [one for one in others if one not in of_call] + of_call
                batch = [
                    request for request in same if request.future.set_running_or_notify_cancel()
                ]
        return batch

    def next_in_turn(self, *, others_wait: bool) -> list[CaptureRequest[Values, Result]]:
        """Return the next batch, or nothing while it is the turn of a capture without parameters.

        The two kinds alternate while others wait for a capture without parameters, which comes
        first: so parameters cost those others every second frame.
        """
        with self._lock:
            if others_wait and not self._has_turn:
                self._has_turn = bool(self._waiting)
                return []
            self._has_turn = False
        return self.next_batch()

    def fail(self, error: CameraError) -> None:
        """End all waiting requests with an error."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        end_all(
            [request for request in waiting if request.future.set_running_or_notify_cancel()], error
        )


ParameterRequest: TypeAlias = CaptureRequest[ParameterValues, StoredFrame]
ParameterRequestQueue: TypeAlias = CaptureRequestQueue[ParameterValues, StoredFrame]


def end_all(requests: Sequence[CaptureRequest[Any, Any]], error: CameraError) -> None:
    """End running requests with an error, each with a copy of its own."""
    for request in requests:
        request.future.set_exception(copy_error(error))


def copy_error(error: CameraError) -> CameraError:
    """Return a copy to raise: an error that is raised repeatedly accumulates tracebacks."""
    return copy(error)
