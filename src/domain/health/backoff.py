"""How long to wait before the next try."""

import random
from dataclasses import dataclass, field


@dataclass(slots=True)
class Backoff:
    """Waits that double up to a cap, each shortened by up to half at random.

    The jitter keeps what failed together from coming back together. Not thread-safe.
    """

    first_s: float
    cap_s: float
    rng: random.Random = field(default_factory=random.Random)
    _next_s: float = field(default=0.0, init=False)

    def next_s(self) -> float:
        """Return the next wait in seconds."""
        wait_s = self._next_s or self.first_s
        self._next_s = min(2 * wait_s, self.cap_s)
        return wait_s * (1.0 - 0.5 * self.rng.random())

    def reset(self) -> None:
        """Begin again: what was tried has worked."""
        self._next_s = 0.0
