"""Silence of a camera: how long it has been asked for a picture and has given none."""


class SilenceTimer:
    """Measures the silence of a camera by the grabs of its capture thread.

    Only a grab that waits shows that a camera is silent. Between two grabs it has delivered, and
    this computer reads, validates or stores the picture, which takes seconds if the capture thread
    gets no processor time. Not thread-safe; all times are monotonic.
    """

    def __init__(self) -> None:
        self._grabbing_ns: int | None = None
        self._grabbed_ns: int | None = None
        self._latency_ns = 0

    def grabbing(self, now_ns: int) -> None:
        """Record that the camera is asked for a picture."""
        self._grabbing_ns = now_ns

    def grabbed(self, now_ns: int) -> None:
        """Record that it has one."""
        self._grabbing_ns, self._grabbed_ns = None, now_ns

    def delivered(self, captured_ns: int) -> None:
        """Record when the picture of the last grab was captured: cameras may deliver late."""
        if self._grabbed_ns is not None:
            self._latency_ns = max(0, self._grabbed_ns - captured_ns)

    def since_ns(self, now_ns: int, max_held_ns: int) -> int:
        """Return since when the camera has been silent; 0 if it was never asked.

        A picture may be held for `max_held_ns` between two grabs. What takes longer hangs in the
        camera's driver.
        """
        if self._grabbing_ns is not None:
            return self._grabbing_ns - self._latency_ns
        if self._grabbed_ns is None:
            return 0
        return min(now_ns, self._grabbed_ns + max_held_ns) - self._latency_ns
