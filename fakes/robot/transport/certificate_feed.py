"""When a running server gets another certificate."""

import threading
import time
from collections.abc import Callable
from typing import Any

# From here to the handshake it is some microseconds for a thread that is not held up.
QUIET_S = 0.1


class CertificateFeed:
    """Gives one gRPC server each certificate once, at the first connection after a change.

    gRPC's core asks at each connection; where it is given a certificate, it drops what belonged
    to the old one, though another connection may be about to use it, and the process dies of
    that. So no connection passes here within `QUIET_S` before a new certificate and after it: it
    waits here. What remains is a thread that is held up for longer than that between two steps.
    """

    def __init__(
        self,
        current: Callable[[], Any],
        *,
        now_s: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Take what returns the certificate of now: another object when it is another one."""
        self._current = current
        self._now_s = now_s
        self._sleep = sleep
        self._lock = threading.Lock()
        self._passed_s = now_s() - QUIET_S
        self._changed_s = self._passed_s
        self.first = self._given = current()

    def next(self) -> Any:
        """Return the certificate, or None where it is the one given last; may block."""
        with self._lock:
            try:
                return self._changed()
            finally:
                self._passed_s = self._now_s()

    def _changed(self) -> Any:
        certificate = self._current()
        if certificate is self._given:
            self._wait_until(self._changed_s + QUIET_S)
            return None
        self._wait_until(self._passed_s + QUIET_S)
        # More names may have come meanwhile, and then this change is theirs too.
        self._given = self._current()
        self._changed_s = self._now_s()
        return self._given

    def _wait_until(self, when_s: float) -> None:
        left_s = when_s - self._now_s()
        if left_s > 0:
            self._sleep(left_s)
