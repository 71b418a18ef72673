"""Virtual time for several real threads, which run one at a time, in a reproducible order."""

import sys
import threading
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field

from spot_webcam.domain.ports import Event
from spot_webcam.domain.timing import NANOSECONDS

# Interval at which waiting threads check that the running thread is alive.
POLL_INTERVAL_S = 0.05


class OutOfStep(Exception):
    """The running thread neither waits nor ends; the text has its stack."""


@dataclass(slots=True, eq=False)
class _Waiter:
    """State of a waiting thread: its event, its deadline, and its last turn."""

    thread: threading.Thread
    event: Event
    deadline_ns: int
    last_turn: int = 0
    go: threading.Event = field(default_factory=threading.Event)


class ConductedClock:
    """A `Clock` whose time advances only while every thread waits on it.

    The thread that creates it is the conductor: it runs first, and only its `wait` raises
    `OutOfStep`. Each other thread joins by its first `wait`. A thread runs until it waits again
    or ends; then a thread whose event is set runs, or else the one with the next deadline, to which
    the time jumps. Other waits of a running thread (for another process or a lock) take no time
    on this clock. After `release`, time is real.
    """

    def __init__(
        self, time_ns: int = 1_700_000_000 * NANOSECONDS, *, patience_s: float = 20.0
    ) -> None:
        """Start at a wall time; a thread may run for `patience_s` of real time between waits."""
        self._epoch_ns = time_ns
        self._patience_s = patience_s
        self._monotonic_ns = 0
        self._moved_s = time.monotonic()
        self._turns = 0
        # Notified when a thread joins.
        self._changed = threading.Condition()
        self._conductor = threading.current_thread()
        self._running = self._conductor
        self._waiters: dict[threading.Thread, _Waiter] = {}
        self._waiting: dict[threading.Thread, _Waiter] = {}
        self._released_ns: int | None = None

    def time_ns(self) -> int:
        """Return the wall time."""
        with self._changed:
            return self._epoch_ns + self._now_ns()

    def monotonic_ns(self) -> int:
        """Return the monotonic time, 0 at first."""
        with self._changed:
            return self._now_ns()

    def step(self, seconds: float) -> None:
        """Set the wall clock, as NTP may, forwards or backwards; monotonic time stays."""
        with self._changed:
            self._epoch_ns += round(seconds * NANOSECONDS)

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Let other threads run until the event is set (True) or the timeout ends (False).

        Raises:
            OutOfStep: in the conductor only; it must call `release` and end all threads.
        """
        waiter = self._enqueue(event, timeout_s)
        if waiter is not None:
            while not waiter.go.wait(POLL_INTERVAL_S):
                self._check_running()
            timeout_s = self._left_s(waiter)
        return event.wait(max(0.0, timeout_s))

    def gather(self, thread_names: Collection[str]) -> None:
        """Block until threads of all these names wait; they have not run since they joined.

        Raises:
            OutOfStep: a thread did not join in time.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: not self._missing(thread_names), self._patience_s
            ):
                missing = ", ".join(sorted(self._missing(thread_names)))
                raise OutOfStep(f"never waited on the clock: {missing}")

    def release(self) -> None:
        """Let every thread run, and switch to real time."""
        with self._changed:
            if self._released_ns is None:
                self._released_ns = time.monotonic_ns()
                for waiter in self._waiting.values():
                    waiter.go.set()
                self._waiting.clear()

    def _now_ns(self) -> int:
        if self._released_ns is None:
            return self._monotonic_ns
        return self._monotonic_ns + time.monotonic_ns() - self._released_ns

    def _missing(self, thread_names: Collection[str]) -> set[str]:
        return set(thread_names) - {thread.name for thread in self._waiting}

    def _left_s(self, waiter: _Waiter) -> float:
        """Return the rest of a wait that `release` interrupted, 0 for any other."""
        with self._changed:
            if self._released_ns is None:
                return 0.0
            return (waiter.deadline_ns - self._now_ns()) / NANOSECONDS

    def _enqueue(self, event: Event, timeout_s: float) -> _Waiter | None:
        me = threading.current_thread()
        with self._changed:
            if self._released_ns is not None:
                return None
            deadline_ns = self._monotonic_ns + round(max(0.0, timeout_s) * NANOSECONDS)
            waiter = self._waiters.get(me) or _Waiter(me, event, deadline_ns)
            waiter.event, waiter.deadline_ns = event, deadline_ns
            waiter.go.clear()
            self._waiters[me] = waiter
            self._waiting[me] = waiter
            self._changed.notify_all()
            if me is self._conductor:
                self._moved_s = time.monotonic()
            if self._running is me:
                self._run_next()
            return waiter

    def _run_next(self) -> None:
        """Choose the next thread: of those that can run, the least recently run one."""
        able = [waiter for waiter in self._waiting.values() if waiter.event.is_set()]
        next_ns = min(waiter.deadline_ns for waiter in self._waiting.values())
        if next_ns > self._monotonic_ns and not able:
            self._monotonic_ns = next_ns
            self._moved_s = time.monotonic()
        if next_ns <= self._monotonic_ns:
            able += [waiter for waiter in self._waiting.values() if waiter.deadline_ns == next_ns]
        chosen = min(able, key=lambda waiter: (waiter.last_turn, waiter.thread.name))
        self._turns += 1
        chosen.last_turn = self._turns
        self._running = chosen.thread
        del self._waiting[chosen.thread]
        chosen.go.set()

    def _check_running(self) -> None:
        """Continue without a thread that has ended; raise if the running one takes too long."""
        with self._changed:
            running = self._running
            if self._released_ns is None and not running.is_alive():
                self._waiters.pop(running, None)
                self._run_next()
                return
            stalled_s = time.monotonic() - self._moved_s
            if threading.current_thread() is self._conductor and stalled_s > self._patience_s:
                raise OutOfStep(
                    f"the time stood still for {self._patience_s:g} s; {running.name} is at"
                    f" {stack_of(running)}"
                )


def stack_of(thread: threading.Thread) -> str:
    """Return the present stack of a thread as text."""
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the documented way
    return "".join(traceback.format_stack(frame)) if frame is not None else "its end"
