"""The turns of cameras, which several sources may have in common."""

import threading
import weakref
from typing import Any

from spot_webcam.app.serving.fair_semaphore import FairSemaphore

_LOCK = threading.Lock()
# By identity: cameras may be equal to one another, and have no hash.
_TURNS: dict[int, tuple[Any, FairSemaphore]] = {}


def turns_of(camera: Any) -> FairSemaphore:
    """Return the turns, one at a time, of those who call this very camera. Thread-safe."""
    me = id(camera)
    with _LOCK:
        known = _TURNS.get(me)
        if known is not None and known[0]() is camera:
            return known[1]
        turns = FairSemaphore(1)
        try:
            alive = weakref.ref(camera, lambda gone: _forget(me, gone))
        except TypeError:  # it cannot be watched: each of its sources has turns of its own
            return turns
        _TURNS[me] = (alive, turns)
        return turns


def _forget(me: int, gone: Any) -> None:
    # No lock: the garbage collector calls it, in any thread and at any point.
    known = _TURNS.get(me)
    if known is not None and known[0] is gone:
        _TURNS.pop(me, None)
