"""Exponential backoff with jitter."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Pauses that double up to a cap, each shortened by up to half at random.

    The jitter prevents clients that failed together from retrying together. Not thread-safe.
    """

    first_s: float
    cap_s: float
    rng: random.Random = field(default_factory=random.Random)
    _next_s: float = field(default=0.0, init=False)

    def next_s(self) -> float:
        """Return the next pause in seconds."""
        wait_s = self._next_s or self.first_s
        self._next_s = min(2 * wait_s, self.cap_s)
        return wait_s * (1.0 - 0.5 * self.rng.random())

    def reset(self) -> None:
        """Start again with the first pause, after a success."""
        self._next_s = 0.0
