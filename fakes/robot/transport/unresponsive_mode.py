"""Simulation of an unresponsive robot: RPCs are accepted and never answered."""

import threading
import time

import grpc

from spot_webcam.fakes.robot.state.refusals import CallRefused


class UnresponsiveMode:
    """Holds calls back while it is active. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until_s = 0.0
        self._held: set[threading.Event] = set()

    def begin(self, seconds: float) -> None:
        """Hold calls back for `seconds` of the host's monotonic clock."""
        self._set_until(time.monotonic() + seconds)

    def end(self) -> None:
        """Release all calls."""
        self._set_until(0.0)

    def held_calls(self) -> int:
        """Return how many calls are held back now."""
        with self._lock:
            return len(self._held)

    def hold(self, context: grpc.ServicerContext) -> None:
        """Block while the mode is active and the client waits.

        Raises:
            CallRefused: CANCELLED, if the client gave up.
        """
        if self._until_s == 0.0:
            return
        wake = threading.Event()
        # False for a call that has ended already: its callback never wakes this thread.
        waiting = context.add_callback(wake.set)
        with self._lock:
            self._held.add(wake)
        try:
            while waiting:
                wake.clear()
                if not context.is_active():
                    break
                left_s = self._until_s - time.monotonic()
                if left_s <= 0:
                    return
                wake.wait(left_s)
        finally:
            with self._lock:
                self._held.discard(wake)
        raise CallRefused(grpc.StatusCode.CANCELLED, "the client gave up")

    def _set_until(self, until_s: float) -> None:
        with self._lock:
            self._until_s = until_s
            held = list(self._held)
        for wake in held:
            wake.set()
