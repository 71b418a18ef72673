"""Ends calls that exceed their time limits, and calls that send no request."""

import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable

import grpc

# A call is judged that was there at so many looks before: its request, which comes with the call,
# is not delayed by a busy host or a pause of this process any more.
LOOKS_BEFORE = 3

_TOO_MANY = (grpc.StatusCode.RESOURCE_EXHAUSTED, "too many calls that send no request")
_NO_REQUEST = (grpc.StatusCode.DEADLINE_EXCEEDED, "the request did not arrive in time")
_TOO_LONG = (grpc.StatusCode.DEADLINE_EXCEEDED, "the call took too long, or was not read")
_EVICTED = (grpc.StatusCode.RESOURCE_EXHAUSTED, "the answer was not read while others waited")

_Status = tuple[grpc.StatusCode, str]


class CallReaper:
    """Ends calls that last too long, and calls whose request does not arrive. Thread-safe.

    Of silent calls, which send no request, there are at most `max_without_request`: the oldest of
    the peer that has the most of them are refused, and for a while further ones from its host as
    soon as there are too many. Limits are in real time, without an injected clock: what is waited
    for is the network.
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
        self._looks_s = deque([-math.inf] * LOOKS_BEFORE, LOOKS_BEFORE)
        # By host, when a silent call was refused last.
        self._silent_hosts: dict[str, float] = {}
        # Start times, oldest first. Each change is one atomic step of the interpreter and takes no
        # lock: every call makes four.
        self._calls: dict[grpc.ServicerContext, float] = {}
        self._without_request: dict[grpc.ServicerContext, float] = {}

    def begin(self, context: grpc.ServicerContext) -> None:
        """Limit a call from now on; its request has not arrived yet."""
        self._calls[context] = self._without_request[context] = self._now_s()
        if self._silent_hosts and len(self._without_request) > self._max_without_request:
            self._refuse_surplus(lambda one, _: _host(one.peer()) in self._silent_hosts)

    def received(self, context: grpc.ServicerContext) -> None:
        """Note that the call's request has arrived, or will not."""
        self._without_request.pop(context, None)

    def end(self, context: grpc.ServicerContext) -> None:
        """Limit a call no longer."""
        self._without_request.pop(context, None)
        self._calls.pop(context, None)

    def look(self) -> int:
        """End the calls that exceed a limit, and return their number; called periodically."""
        now_s = self._now_s()
        ended = 0
        for calls, timeout_s, end, status in (
            (self._without_request, self._request_timeout_s, self._end_silent, _NO_REQUEST),
            (self._calls, self._call_timeout_s, self._end, _TOO_LONG),
        ):
            for context, since_s in calls.copy().items():
                if since_s <= min(now_s - timeout_s, self._looks_s[0]):
                    ended += end(context, status)
        ended += self._refuse_surplus(lambda _, since_s: since_s <= self._looks_s[0])
        self._looks_s.append(now_s)
        for host, refused_s in self._silent_hosts.copy().items():
            if refused_s <= now_s - self._request_timeout_s:
                self._silent_hosts.pop(host, None)
        return ended

    def _refuse_surplus(self, is_judged: Callable[[grpc.ServicerContext, float], bool]) -> int:
        """Refuse silent calls that are judged, from the oldest on, until there are not too many."""
        refused = 0
        with self._lock:
            waiting = self._without_request.copy()
            surplus = len(waiting) - self._max_without_request
            judged = (one for one, since_s in waiting.items() if is_judged(one, since_s))
            peers = {context: context.peer() for context in judged} if surplus > 0 else {}
            counts = Counter(peers.values())
            while peers and refused < surplus:
                [(greediest, _)] = counts.most_common(1)
                context = next(one for one, peer in peers.items() if peer == greediest)
                del peers[context]
                counts[greediest] -= 1
                if self._end_silent(context, _TOO_MANY):
                    self._silent_hosts[_host(greediest)] = self._now_s()
                    refused += 1
        return refused

    def _end_silent(self, context: grpc.ServicerContext, status: _Status) -> bool:
        """End a call unless its request has arrived meanwhile; return whether it was ended."""
        is_silent = self._without_request.pop(context, None) is not None
        return is_silent and self._end(context, status)

    def _end(self, context: grpc.ServicerContext, status: _Status) -> bool:
        """End a call unless it has ended; return whether it did."""
        self._without_request.pop(context, None)
        if self._calls.pop(context, None) is None:
            return False
        _cancel(context, status)
        return True


def _host(peer: str) -> str:
    """Return the host of a peer, whose port is another one in each connection."""
    return peer.rpartition(":")[0]


def evict(context: grpc.ServicerContext) -> None:
    """End a call whose answer is not read while others wait for room; from any thread."""
    _cancel(context, _EVICTED)


def _cancel(context: grpc.ServicerContext, status: _Status) -> None:
    """End a call that another thread is blocked in, with a status that says why.

    `ServicerContext.cancel` ends it with CANCELLED, as if the client had wanted that, and `abort`
    needs the call's own thread.
    """
    code, details = status
    event = getattr(context, "_rpc_event", None)
    if event is None:  # not this implementation of gRPC
        context.cancel()
    else:
        event.call.cancel(code.value[0], details)
