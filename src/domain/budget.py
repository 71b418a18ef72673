"""A bound on what all calls together may hold at once."""

import threading


class Budget:
    """So many bytes, taken and given back. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._taken = 0
        self._changed = threading.Condition()

    def take(self, size_bytes: int, timeout_s: float) -> bool:
        """Wait until there is room, and take it; a size above the whole waits to be alone.

        Returns whether it was taken before the time was over.
        """
        with self._changed:
            fits = self._changed.wait_for(
                lambda: self._taken == 0 or self._taken + size_bytes <= self._most,
                max(0.0, timeout_s),
            )
            if fits:
                self._taken += size_bytes
            return fits

    def give_back(self, size_bytes: int) -> None:
        """Return what was taken."""
        with self._changed:
            self._taken -= size_bytes
            self._changed.notify_all()
