"""An end for calls that come to none."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import grpc


class CallWatch:
    """Cancels calls that last for longer than `longest_s`, and those beyond `most`.

    Of these, the oldest of the peer that has the most of them. Thread-safe. By real time and no
    injected clock: it is the network that is waited for.
    """

    def __init__(
        self,
        longest_s: float,
        now_s: Callable[[], float] = time.monotonic,
        *,
        most: int | None = None,
    ) -> None:
        self._longest_s = longest_s
        self._now_s = now_s
        self._most = most
        self._lock = threading.Lock()
        # Oldest first, since all may last equally long.
        self._begun: dict[grpc.ServicerContext, float] = {}

    def begin(self, context: grpc.ServicerContext) -> None:
        """Watch a call from now on."""
        with self._lock:
            self._begun[context] = self._now_s()
            if self._most is None or len(self._begun) <= self._most:
                return
            surplus = self._surplus()
            del self._begun[surplus]
        surplus.cancel()

    def end(self, context: grpc.ServicerContext) -> None:
        """Watch it no longer."""
        with self._lock:
            self._begun.pop(context, None)

    def cancel_overdue(self) -> int:
        """Cancel the calls that are overdue, and return how many there were."""
        latest_s = self._now_s() - self._longest_s
        overdue = []
        with self._lock:
            for context, begun_s in self._begun.items():
                if begun_s > latest_s:
                    break
                overdue.append(context)
            for context in overdue:
                del self._begun[context]
        for context in overdue:
            context.cancel()
        return len(overdue)

    def _surplus(self) -> grpc.ServicerContext:
        peers = {context: context.peer() for context in self._begun}
        [(greediest, _)] = Counter(peers.values()).most_common(1)
        return next(context for context, peer in peers.items() if peer == greediest)
