"""Cancels calls that exceed their time limits."""

import threading
import time
from collections import Counter
from collections.abc import Callable

import grpc


class CallReaper:
    """Cancels calls that last too long, and calls whose request does not arrive. Thread-safe.

    Of calls without a request there are at most `max_without_request`: each one more cancels the
    oldest of the peer that has the most of them. Limits are in real time, without an injected
    clock: what is waited for is the network.
    """

    def __init__(
        self,
        call_timeout_s: float,
        request_timeout_s: float,
        max_without_request: int,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._call_timeout_s = call_timeout_s
        self._request_timeout_s = request_timeout_s
        self._max_without_request = max_without_request
        self._now_s = now_s
        self._lock = threading.Lock()
        # Start times, oldest first. Each change is one atomic step of the interpreter and takes no
        # lock: every call makes four.
        self._calls: dict[grpc.ServicerContext, float] = {}
        self._without_request: dict[grpc.ServicerContext, float] = {}

    def begin(self, context: grpc.ServicerContext) -> None:
        """Limit a call from now on; its request has not arrived yet."""
        self._calls[context] = self._without_request[context] = self._now_s()
        if len(self._without_request) > self._max_without_request:
            self._cancel_surplus()

    def received(self, context: grpc.ServicerContext) -> None:
        """Note that the call's request has arrived, or will not."""
        self._without_request.pop(context, None)

    def end(self, context: grpc.ServicerContext) -> None:
        """Limit a call no longer."""
        self._without_request.pop(context, None)
        self._calls.pop(context, None)

    def cancel_overdue(self) -> int:
        """Cancel the calls that exceed a limit, and return their number."""
        now_s = self._now_s()
        overdue = [
            context
            for calls, timeout_s in (
                (self._without_request, self._request_timeout_s),
                (self._calls, self._call_timeout_s),
            )
            for context, since_s in calls.copy().items()
            if since_s <= now_s - timeout_s
        ]
        return sum(self._cancel(context) for context in dict.fromkeys(overdue))

    def _cancel_surplus(self) -> None:
        with self._lock:  # each of several threads cancels another one
            peers = {context: context.peer() for context in self._without_request.copy()}
            if len(peers) <= self._max_without_request:
                return
            [(greediest, _)] = Counter(peers.values()).most_common(1)
            self._cancel(next(context for context, peer in peers.items() if peer == greediest))

    def _cancel(self, context: grpc.ServicerContext) -> bool:
        """Cancel a call unless it has ended; return whether it was cancelled."""
        self._without_request.pop(context, None)
        if self._calls.pop(context, None) is None:
            return False
        context.cancel()
        return True
