"""Simulation of a congested link between the robot and its clients."""

import time
from collections.abc import Callable


class LinkDelay:
    """Delays each call on its way to the robot, and its answer on the way back.

    The robot receives a call when the first delay is over. Each delayed call occupies a worker.
    """

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self._there_s = self._back_s = 0.0

    def set(self, there_s: float, back_s: float) -> None:
        """Set the delays of the calls to come."""
        self._there_s, self._back_s = there_s, back_s

    def before_call(self) -> None:
        """Block for as long as a call takes to the robot."""
        if self._there_s > 0:
            self._sleep(self._there_s)

    def before_answer(self) -> None:
        """Block for as long as an answer takes back."""
        if self._back_s > 0:
            self._sleep(self._back_s)
