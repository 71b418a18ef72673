"""Thread that runs a step function in a loop, with the pauses that the function returns."""

import logging
import threading
from collections.abc import Callable

from spot_webcam.app.runtime.shortage import shortage
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# A step of the robot session is at most some calls to the robot of 3 s each, and a time sync of 25
# round trips; the others take milliseconds.
MAX_STEP_S = 60.0
# After a step that lacked a thread, memory or a descriptor: the host may have them again.
SHORTAGE_PAUSE_S = 5.0


class LoopThread:
    """Runs `step` until `ask_to_stop`, then `finish`, all on one daemon thread.

    `step` returns the seconds to wait before the next one; setting `wake` ends that wait, and
    the step clears it. A step for which the host has no thread, memory or descriptor is
    tried again. Any other exception of a step is a defect, and ends the thread:
    `threading.excepthook` decides what else.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], float],
        clock: Clock,
        wake: threading.Event,
        finish: Callable[[], None] = lambda: None,
        max_step_s: float = MAX_STEP_S,
    ) -> None:
        """A step that takes longer than `max_step_s` hangs; nothing is done about that here."""
        self.name = name
        self.max_step_s = max_step_s
        self._step = step
        self._clock = clock
        self._wake = wake
        self._finish = finish
        self._reported: str | None = None
        self._step_began_ns: int | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """End the loop after the current step; returns at once."""
        self._stopping.set()
        self._wake.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return whether it ended in time."""
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout_s))
        return not self._thread.is_alive()

    @property
    def is_alive(self) -> bool:
        """Whether the thread runs, or has not been started yet."""
        return self._thread.ident is None or self._thread.is_alive()

    @property
    def step_s(self) -> float:
        """For how many seconds the present step has been running; 0 between steps."""
        began_ns = self._step_began_ns
        return 0.0 if began_ns is None else (self._clock.monotonic_ns() - began_ns) / NANOSECONDS

    def _run(self) -> None:
        # No time: so that a clock which lets one thread at a time run decides about this one.
        self._clock.wait(self._stopping, 0.0)
        while not self._stopping.is_set():
            self._step_began_ns = self._clock.monotonic_ns()
            wait_s = self._try_step()
            self._step_began_ns = None
            if wait_s > 0 and not self._stopping.is_set():
                self._clock.wait(self._wake, wait_s)
        self._finish()

    def _try_step(self) -> float:
        try:
            wait_s = self._step()
        except Exception as error:
            what = shortage(error)
            if what is None:
                raise
            if what != self._reported:
                self._reported = what
                _LOG.warning("%s: %s", self.name, what)
            return SHORTAGE_PAUSE_S
        self._reported = None
        return wait_s
