"""Captures by the `get_image_and_timestamp` of a subclass."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from spot_webcam.adapters.camera_interface.signatures import own_params
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.daemon_executor import DaemonExecutor
from spot_webcam.image_service_helpers.hang_detector import HangDetector
from spot_webcam.image_service_helpers.shot import PendingShot, Shot

# As many as the SDK's runner has threads, which call the method there.
MAX_THREADS = 4


class SubclassCapture:
    """Call the method once for each request, on separate threads. Thread-safe."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._executor = DaemonExecutor(f"pictures {name}", MAX_THREADS, clock)
        self.hang_detector = HangDetector(name, self._executor)

    def request(
        self, method: Callable[..., Any], custom_params: Any, others: Mapping[str, Any]
    ) -> PendingShot:
        """Call the method as soon as a thread is free; never blocks.

        Raises:
            NoData: the method hangs, or too many requests wait.
        """
        self.hang_detector.check()
        future = self._executor.submit(partial(self._call, method, custom_params, others))
        wait = partial(self.hang_detector.wait, future)
        return PendingShot(wait, is_background=False)

    def _call(
        self, method: Callable[..., Any], custom_params: Any, others: Mapping[str, Any]
    ) -> Shot:
        named = {} if custom_params is None else {"custom_params": own_params(custom_params)}
        begun_ns = self._clock.monotonic_ns()
        try:
            image, timestamp = method(**named, **others)
        except Exception as error:  # noqa: BLE001 - other people's code
            reason = f"{type(error).__name__}: {error}"
            raise NoData(f"{self._name}: no picture: {reason}") from None
        if image is None or timestamp is None:
            raise NoData(f"{self._name}: no picture")
        taken_ns = self._clock.monotonic_ns()
        self.hang_detector.record((taken_ns - begun_ns) / NANOSECONDS)
        return Shot(image, timestamp, taken_ns, custom_params)
