"""Schedule of certificate changes of a running gRPC server."""

import threading
import time
from collections.abc import Callable
from typing import Any

# Time without connections around a change. From here to the handshake, a thread needs some
# microseconds unless it is delayed.
QUIET_S = 0.1


class CertificateFeed:
    """Gives one gRPC server each certificate once, at the first connection after a change.

    gRPC's core calls `next` at each connection. When it gets a new certificate, it frees the old
    one, even if another connection is about to use it, and the process crashes. So connections
    wait in `next` within `quiet_s` before and after a new certificate. The remaining risk is a
    thread that is delayed for longer than that between two steps.
    """

    def __init__(
        self,
        current: Callable[[], Any],
        *,
        quiet_s: float = QUIET_S,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Use `current`, which returns the present certificate: a new object after each change."""
        self._current = current
        self._quiet_s = quiet_s
        self._now_s = now_s
        self._sleep = sleep
        self._lock = threading.Lock()
        self._passed_s = now_s() - quiet_s
        self._changed_s = self._passed_s
        self.first = self._last = current()

    def next(self) -> Any:
        """Return the certificate, or None if it is the one returned last; may block."""
        with self._lock:
            try:
                return self._changed()
            finally:
                self._passed_s = self._now_s()

    def _changed(self) -> Any:
        certificate = self._current()
        if certificate is self._last:
            self._wait_until(self._changed_s + self._quiet_s)
            return None
        self._wait_until(self._passed_s + self._quiet_s)
        # Names may have been added while this waited; this change includes them.
        self._last = self._current()
        self._changed_s = self._now_s()
        return self._last

    def _wait_until(self, when_s: float) -> None:
        left_s = when_s - self._now_s()
        if left_s > 0:
            self._sleep(left_s)
