"""Sources whose subclass has a way of its own to get a picture."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from spot_webcam.adapters.camera_interface.signatures import own_params
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.capture_orders import wait_for
from spot_webcam.image_service_helpers.errands import DaemonExecutor
from spot_webcam.image_service_helpers.patience import Patience
from spot_webcam.image_service_helpers.shot import Shot

# As many as the SDK's runner has threads for requests, which call it there.
AT_ONCE = 4

Getting = Callable[..., tuple[Any, Any]]


class OverriddenGetting:
    """Calls a `get_image_and_timestamp` for each who asks, on threads of its own. Thread-safe."""

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._errands = DaemonExecutor(f"pictures {name}", AT_ONCE, clock)
        self.patience = Patience(name, self._errands)

    def ask(
        self, get: Getting, custom_params: Any, others: Mapping[str, Any]
    ) -> Callable[[float], Shot]:
        """Have it called now; returns how to wait for the shot. Both raise `NoData`."""
        self.patience.check()
        getting = self._errands.run(partial(self._get, get, custom_params, others))

        def wait(timeout_s: float) -> Shot:
            with self.patience.waiting() as look:
                return wait_for(getting, timeout_s, look)

        return wait

    def _get(self, get: Getting, custom_params: Any, others: Mapping[str, Any]) -> Shot:
        named = {} if custom_params is None else {"custom_params": own_params(custom_params)}
        begun_ns = self._clock.monotonic_ns()
        try:
            image, timestamp = get(**named, **others)
        except Exception as error:  # noqa: BLE001 - a subclass's defect is its own
            reason = f"{type(error).__name__}: {error}"
            raise NoData(f"{self._name}: no picture: {reason}") from None
        if image is None or timestamp is None:
            raise NoData(f"{self._name}: no picture")
        taken_ns = self._clock.monotonic_ns()
        self.patience.note((taken_ns - begun_ns) / NANOSECONDS)
        return Shot(image, timestamp, taken_ns, custom_params)
