"""An end for calls that come to none."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import grpc


class CallReaper:
    """Cancels calls that last for longer than `max_s`, and those beyond `most`.

    Of these, the oldest of the peer that has the most of them. Thread-safe. By real time and no
    injected clock: it is the network that is waited for.
    """

    def __init__(
        self,
        max_s: float,
        now_s: Callable[[], float] = time.monotonic,
        *,
        most: int | None = None,
    ) -> None:
        self._max_s = max_s
        self._now_s = now_s
        self._most = most
        self._lock = threading.Lock()
        # Oldest first. Each change is one step of the interpreter's own, and takes no lock: every
        # call comes here.
        self._begun: dict[grpc.ServicerContext, float] = {}

    def begin(self, context: grpc.ServicerContext) -> None:
        """Watch a call from now on."""
        self._begun[context] = self._now_s()
        if self._most is not None and len(self._begun) > self._most:
            self._end_surplus()

    def end(self, context: grpc.ServicerContext) -> None:
        """Watch it no longer."""
        self._begun.pop(context, None)

    def cancel_overdue(self) -> int:
        """Cancel the calls that are overdue, and return how many there were."""
        latest_s = self._now_s() - self._max_s
        overdue = [one for one, begun_s in self._begun.copy().items() if begun_s <= latest_s]
        return sum(self._cancel(one) for one in overdue)

    def _end_surplus(self) -> None:
        with self._lock:  # each of several ends another one
            peers = {context: context.peer() for context in self._begun.copy()}
            if self._most is None or len(peers) <= self._most:
                return
            [(greediest, _)] = Counter(peers.values()).most_common(1)
            self._cancel(next(one for one, peer in peers.items() if peer == greediest))

    def _cancel(self, context: grpc.ServicerContext) -> bool:
        """Cancel it, unless it has ended meanwhile; return whether."""
        if self._begun.pop(context, None) is None:
            return False
        context.cancel()
        return True
