"""When a camera is told to capture, and how old what it gives can be."""

import threading
from dataclasses import replace

from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.camera_interface.calls import InterfaceCalls
from spot_webcam.adapters.camera_interface.captured import Captured
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS, now

# Captures begin at this rate at most, unless another is asked for: some cameras draw or fetch a
# picture whenever they are told to, and would be told to without a pause.
MAX_HZ = 30.0
# A capture that takes longer came from no buffer.
SLOW_S = 0.2


class Pace:
    """Times the captures of one camera."""

    def __init__(self, clock: Clock, fps: float | None) -> None:
        self._clock = clock
        self._period_ns = round(NANOSECONDS / (fps or MAX_HZ))
        self._begun_ns: int | None = None

    def wait(self, interrupted: threading.Event) -> None:
        """Block until the next capture may begin.

        Raises:
            NoData: the event was set.
        """
        if self._begun_ns is not None:
            left_ns = self._begun_ns + self._period_ns - self._clock.monotonic_ns()
            if left_ns > 0:
                self._clock.wait(interrupted, left_ns / NANOSECONDS)
        if interrupted.is_set():
            raise NoData("the camera was interrupted")

    def capture(
        self, calls: InterfaceCalls, params: DictParam | None = None
    ) -> tuple[Captured, float]:
        """Return a picture, and the seconds that it took.

        Raises:
            CameraError: there is none.
        """
        begun = now(self._clock)
        self._begun_ns = begun.monotonic_ns
        captured = calls.capture(params)
        took_s = (self._clock.monotonic_ns() - begun.monotonic_ns) / NANOSECONDS
        device_timestamp_ns = captured.device_timestamp_ns
        if (
            device_timestamp_ns is not None
            and device_timestamp_ns < begun.wall_ns
            and took_s > SLOW_S
        ):
            # The camera's own clock is behind, or counts whole seconds.
            captured = replace(captured, device_timestamp_ns=begun.wall_ns)
        return captured, took_s
