"""Virtual time for several real threads, of which one at a time runs, in an order that repeats."""

import sys
import threading
import time
import traceback
from collections.abc import Collection
from dataclasses import dataclass, field

from spot_webcam.domain.ports import Event
from spot_webcam.domain.timing import NANOSECONDS

# How often a thread whose turn it is not looks whether the one that runs is still alive.
LOOK_S = 0.05


class OutOfStep(Exception):
    """A thread that was let run neither waits nor ends; the text holds its stack."""


@dataclass(slots=True, eq=False)
class _Seat:
    """Where a thread waits: until when, or until what, and when it last ran."""

    thread: threading.Thread
    event: Event
    deadline_ns: int
    last_turn: int = 0
    go: threading.Event = field(default_factory=threading.Event)


class ConductedClock:
    """A `Clock` whose time passes only while every thread waits on it.

    The thread that makes it conducts: it runs first, and it alone is told when a thread gets
    `OutOfStep`. Each other thread joins by its first `wait`. A thread runs until it waits again
    or ends; then the one whose event is set runs, else the one whose time comes first, and the
    time jumps there. What a running thread waits for elsewhere (an answer of another program, a
    lock) takes no time at all. `release` ends all this: from then on time is real.
    """

    def __init__(
        self, time_ns: int = 1_700_000_000 * NANOSECONDS, *, patience_s: float = 20.0
    ) -> None:
        """Begin at a wall time; `patience_s`, of real time, is what a thread may run for."""
        self._epoch_ns = time_ns
        self._patience_s = patience_s
        self._monotonic_ns = 0
        self._moved_s = time.monotonic()
        self._turns = 0
        # Notified when a thread joins.
        self._changed = threading.Condition()
        self._conductor = threading.current_thread()
        self._running = self._conductor
        self._seats: dict[threading.Thread, _Seat] = {}
        self._waiting: dict[threading.Thread, _Seat] = {}
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
        """Let the others run until the event is set (True) or the time has come (False).

        Raises:
            OutOfStep: to the conductor only; `release` and end everything then.
        """
        seat = self._sit(event, timeout_s)
        if seat is not None:
            while not seat.go.wait(LOOK_S):
                self._look()
            timeout_s = self._left_s(seat)
        return event.wait(max(0.0, timeout_s))

    def gather(self, thread_names: Collection[str]) -> None:
        """Block until threads of all these names wait; they have not run since they joined.

        Raises:
            OutOfStep: one does not come.
        """
        with self._changed:
            if not self._changed.wait_for(
                lambda: not self._missing(thread_names), self._patience_s
            ):
                missing = ", ".join(sorted(self._missing(thread_names)))
                raise OutOfStep(f"never waited on the clock: {missing}")

    def release(self) -> None:
        """Let every thread run, and the time be real from here on."""
        with self._changed:
            if self._released_ns is None:
                self._released_ns = time.monotonic_ns()
                for seat in self._waiting.values():
                    seat.go.set()
                self._waiting.clear()

    def _now_ns(self) -> int:
        if self._released_ns is None:
            return self._monotonic_ns
        return self._monotonic_ns + time.monotonic_ns() - self._released_ns

    def _missing(self, thread_names: Collection[str]) -> set[str]:
        return set(thread_names) - {thread.name for thread in self._waiting}

    def _left_s(self, seat: _Seat) -> float:
        """Return what is left of a wait; nothing unless it was cut short by the release."""
        with self._changed:
            if self._released_ns is None:
                return 0.0
            return (seat.deadline_ns - self._now_ns()) / NANOSECONDS

    def _sit(self, event: Event, timeout_s: float) -> _Seat | None:
        me = threading.current_thread()
        with self._changed:
            if self._released_ns is not None:
                return None
            deadline_ns = self._monotonic_ns + round(max(0.0, timeout_s) * NANOSECONDS)
            seat = self._seats.get(me) or _Seat(me, event, deadline_ns)
            seat.event, seat.deadline_ns = event, deadline_ns
            seat.go.clear()
            self._seats[me] = seat
            self._waiting[me] = seat
            self._changed.notify_all()
            if me is self._conductor:
                self._moved_s = time.monotonic()
            if self._running is me:
                self._hand_on()
            return seat

    def _hand_on(self) -> None:
        """Choose who runs next; of those that can the one that has not run for longest."""
        able = [seat for seat in self._waiting.values() if seat.event.is_set()]
        next_ns = min(seat.deadline_ns for seat in self._waiting.values())
        if next_ns > self._monotonic_ns and not able:
            self._monotonic_ns = next_ns
            self._moved_s = time.monotonic()
        if next_ns <= self._monotonic_ns:
            able += [seat for seat in self._waiting.values() if seat.deadline_ns == next_ns]
        chosen = min(able, key=lambda seat: (seat.last_turn, seat.thread.name))
        self._turns += 1
        chosen.last_turn = self._turns
        self._running = chosen.thread
        del self._waiting[chosen.thread]
        chosen.go.set()

    def _look(self) -> None:
        """Go on without a thread that has ended; do not wait for ever for one that has not."""
        with self._changed:
            running = self._running
            if self._released_ns is None and not running.is_alive():
                self._seats.pop(running, None)
                self._hand_on()
                return
            stands_s = time.monotonic() - self._moved_s
            if threading.current_thread() is self._conductor and stands_s > self._patience_s:
                raise OutOfStep(
                    f"the time stood still for {self._patience_s:g} s; {running.name} is at"
                    f" {_stack(running)}"
                )


def _stack(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)  # noqa: SLF001 - the documented way
    return "".join(traceback.format_stack(frame)) if frame is not None else "its end"
