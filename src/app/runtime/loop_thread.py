"""Thread that runs a step function in a loop, with the pauses that the function returns."""

import logging
import threading
from collections.abc import Callable

from spot_webcam.domain.ports import Clock

_LOG = logging.getLogger(__name__)

# A step that raised is a defect. It is tried again, at a pace that spares the log.
PAUSE_AFTER_DEFECT_S = 5.0


class LoopThread:
    """Runs `step` until `stop`, then `finish`, all on one daemon thread.

    `step` returns the seconds to wait before the next one; setting `wake` ends that wait, and
    clearing it is the step's business.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], float],
        clock: Clock,
        wake: threading.Event,
        finish: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = name
        self._step = step
        self._clock = clock
        self._wake = wake
        self._finish = finish
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Take the first step."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Let the step under way be the last; returns at once."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread, and return whether it came."""
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    def _run(self) -> None:
        # No time: so that a clock which lets one thread at a time run decides about this one.
        self._clock.wait(self._stopping, 0.0)
        while not self._stopping.is_set():
            try:
                wait_s = self._step()
            except Exception:  # noqa: BLE001 - logged, and the loop must go on
                _LOG.exception("%s: a defect; please report it", self.name)
                wait_s = PAUSE_AFTER_DEFECT_S
            if wait_s > 0 and not self._stopping.is_set():
                self._clock.wait(self._wake, wait_s)
        self._finish()
