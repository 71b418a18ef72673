"""A robot that takes calls and says nothing."""

from __future__ import annotations

import threading
import time

import grpc

from spot_webcam.fakes.robot.state.refusals import CallRefused


class Silence:
    """Holds calls back while it lasts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until_s = 0.0
        self._held: set[threading.Event] = set()

    def begin(self, seconds: float) -> None:
        """Hold calls back for so long, counted by the host's steady clock."""
        self._set_until(time.monotonic() + seconds)

    def end(self) -> None:
        """Let all calls go on."""
        self._set_until(0.0)

    def held(self) -> int:
        """How many calls are being held back."""
        with self._lock:
            return len(self._held)

    def pass_through(self, context: grpc.ServicerContext) -> None:
        """Block while the silence lasts and the client waits.

        Raises:
            CallRefused: CANCELLED, when the client gave up.
        """
        if self._until_s == 0.0:
            return
        wake = threading.Event()
        # Returns False for a call that is over already; then nobody would wake this thread.
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
