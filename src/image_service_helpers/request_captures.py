"""Captures for requests: on demand, or with parameters of their own."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.parameter_requests import (
    CaptureRequest,
    CaptureRequestQueue,
    end_all,
)
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.daemon_executor import MAX_WAITING, DaemonExecutor
from spot_webcam.image_service_helpers.hang_detector import HangDetector
from spot_webcam.image_service_helpers.shot import PendingShot, Shot

# Custom parameters, further keyword arguments, and what makes a request differ from equal ones.
Arguments: TypeAlias = tuple[Any, Mapping[str, Any], object]
# Return an image and its time in seconds, or raise `NoData`.
Capture: TypeAlias = Callable[[Any, Mapping[str, Any]], tuple[Any, float]]


class RequestCaptures:
    """Capture for one request after the other; equal requests that wait share a capture.

    With several `threads`, as many captures run at a time, one for each request. Thread-safe.
    """

    def __init__(self, name: str, capture: Capture, clock: Clock, *, threads: int = 1) -> None:
        self._name = name
        self._capture = capture
        self._shares = threads == 1
        self._clock = clock
        self._requests: CaptureRequestQueue[Arguments, Shot] = CaptureRequestQueue(MAX_WAITING)
        self.executor = DaemonExecutor(f"shots {name}", threads, clock)
        self.hang_detector = HangDetector(name, self.executor)
        # The end of the last capture that succeeded, on the monotonic clock.
        self.last_end_ns: int | None = None

    def request(self, custom_params: Any, others: Mapping[str, Any]) -> PendingShot:
        """Request a capture that begins after this call; never blocks.

        Raises:
            NoData: the camera hangs, or too many requests wait.
        """
        self.hang_detector.check()
        cancellation = CancellationToken()
        identity = None if self._shares else object()
        request = self._requests.submit((custom_params, others, identity), cancellation)
        try:
            self.executor.submit(self._capture_next)
        except NoData:
            cancellation.cancel()
            raise
        return PendingShot(partial(self._wait, request), is_background=False)

    def _wait(self, request: CaptureRequest[Arguments, Shot], timeout_s: float) -> Shot:
        try:
            return self.hang_detector.wait(request.future, timeout_s)
        finally:
            self._requests.cancel(request)

    def _capture_next(self) -> None:
        batch = self._requests.next_batch()
        if not batch:  # cancelled, or captured together with an earlier request
            return
        try:
            custom_params, others, _ = batch[0].values
            shot = self._take(custom_params, others)
        except NoData as error:
            end_all(batch, error)
        except BaseException as error:  # noqa: BLE001 - raised where the shot is waited for
            end_all(batch, NoData(f"{self._name}: no picture: {type(error).__name__}: {error}"))
        else:
            for request in batch:
                request.future.set_result(shot)

    def _take(self, custom_params: Any, others: Mapping[str, Any]) -> Shot:
        begun_ns = self._clock.monotonic_ns()
        image, timestamp = self._capture(custom_params, others)
        taken_ns = self.last_end_ns = self._clock.monotonic_ns()
        self.hang_detector.record((taken_ns - begun_ns) / NANOSECONDS)
        return Shot(image, timestamp, taken_ns, custom_params)
