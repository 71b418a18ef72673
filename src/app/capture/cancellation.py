"""Cancellation of work that a client no longer waits for."""

import threading
from collections.abc import Callable


class CancellationToken:
    """Cancels the work for one call when its client leaves. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_cancelled = False
        self._callbacks: list[Callable[[], None]] = []

    def on_cancel(self, callback: Callable[[], None]) -> None:
        """Run the callback at cancellation, or now if the token is cancelled already."""
        with self._lock:
            if not self._is_cancelled:
                self._callbacks.append(callback)
                return
        callback()

    def cancel(self) -> None:
        """Run all callbacks, once; the result of the work is not needed any more."""
        with self._lock:
            self._is_cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()
