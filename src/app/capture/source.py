"""A source as it lives: what it is, its newest frame, and what troubles it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

from spot_webcam.app.capture.frame_store import StoredFrame
from spot_webcam.app.capture.intake import SourceIntake
from spot_webcam.app.capture.parameter_requests import CancellationToken
from spot_webcam.app.capture.single_flight import SingleFlightCache
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import NANOSECONDS

# No request waits longer than this for another one that examines the same picture.
MAX_EXAMINATION_S = 5.0


class PendingFrame:
    """A frame that was asked for."""

    def __init__(self, wait: Callable[[int], StoredFrame]) -> None:
        self._wait = wait

    def wait(self, deadline_ns: int) -> StoredFrame:
        """Wait for the valid frame by a monotonic deadline; raises `CameraError`."""
        return self._wait(deadline_ns)


class CameraSource(SourceIntake):
    """Between one capture loop, which delivers and fails, and any number of clients.

    `on_demand` sources take a picture for each request instead of at the camera's rate; then
    `demand` is set while someone waits, and `background_demand` if it is for a picture without
    parameters. Of the requests that have to wait for a camera that does
    not answer soon, only `max_waiters` do, and only where the `bulkhead` of all sources has
    room, so that the others' threads stay free. Thread-safe.
    """

    def latest(self) -> StoredFrame | None:
        """Return the newest frame if it need not be waited for; never blocks.

        It may be none that is good: then nobody has an answer of it.
        """
        stored = self._store.newest()
        if stored is None or self.on_demand:
            return None
        now_ns = self._clock.monotonic_ns()
        taken_ns = stored.frame.monotonic_ns
        if now_ns - taken_ns > self._period.limit_ns or not self._is_looked_at(now_ns):
            return None
        if stored.frame.sequence <= self._idle_sequence and self._is_outdone(stored):
            return None
        self._looked_ns = now_ns
        return stored

    def _is_outdone(self, stored: StoredFrame) -> bool:
        """Whether a newer picture is to be waited for: the camera was busy with others' wishes.

        Or it had one, which nobody wanted, before someone looked.
        """
        taken_ns = stored.frame.monotonic_ns
        if stored.frame.sequence <= self._idle_sequence and self._alive_ns > taken_ns:
            return True
        return self._ordered_ns > taken_ns and self._is_old(stored, self._clock.monotonic_ns())

    @property
    def published(self) -> StoredFrame | None:
        """The newest frame that a client got an answer from; never blocks."""
        return self._store.published

    def publish(self, stored: StoredFrame) -> None:
        """Answer requests from this frame from now on, unless a newer one is published."""
        self._store.publish(stored)

    def is_stale(self, stored: StoredFrame) -> bool:
        """Whether a frame is too old to be given out."""
        return self._is_old(stored, self._clock.monotonic_ns())

    def _is_old(self, stored: StoredFrame, now_ns: int) -> bool:
        return now_ns - stored.frame.monotonic_ns > self._period.limit_ns

    def _look(self) -> None:
        """Note that someone looks, so that pictures are delivered."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            if not self._is_looked_at(now_ns):
                self._idle_sequence = self._sequence
            self._looked_ns = now_ns

    def request_frame(self) -> PendingFrame:
        """Ask for a frame now, so that the waits for several sources overlap."""
        if not self.on_demand:
            self._look()
            return PendingFrame(self._newest)
        with self._lock:
            sequence, failures = self._sequence, self._failures.total()
            error = self._error
            if error is not None and not isinstance(error, CorruptFrame):
                return PendingFrame(_refuse_by(error))  # the camera is closed
            hanging = self._unanswered(self._clock.monotonic_ns())
            if hanging is not None:
                return PendingFrame(_refuse_by(hanging))
            if self._asked_ns is None:
                self._asked_ns = self._clock.monotonic_ns()
        self.background_demand.set()
        self.demand.set()
        return PendingFrame(lambda deadline_ns: self._taken_since(sequence, failures, deadline_ns))

    def request_frame_with(
        self, values: ParameterValues, cancellation: CancellationToken | None = None
    ) -> PendingFrame:
        """Ask for one frame with these values, unless the call is cancelled before."""
        trouble = self._trouble()
        if trouble is not None and not (self.on_demand and isinstance(trouble, CorruptFrame)):
            return PendingFrame(_refuse_by(trouble))
        with self._lock:
            if self._asked_ns is None:
                self._asked_ns = self._clock.monotonic_ns()
        try:
            order = self.orders.place(values, cancellation)
        except NoData as error:
            return PendingFrame(_refuse_by(error))
        self.demand.set()

        def collect(deadline_ns: int) -> StoredFrame:
            try:
                with self._waiting(deadline_ns) as by_ns:
                    return order.wait((by_ns - self._clock.monotonic_ns()) / NANOSECONDS)
            finally:
                self.orders.drop(order)

        return PendingFrame(collect)

    def _newest(self, deadline_ns: int) -> StoredFrame:
        stored = self._store.newest()
        if stored is None and self._trouble() is None:
            self._wait(0, min(deadline_ns, self._grace_ends_ns()), lambda: self._error is not None)
            stored = self._store.newest()
        elif stored is not None and self._is_outdone(stored):
            stored = self._first_after_idling(stored, deadline_ns)
        while stored is not None and not self.validate(stored):
            stored = self._store.newest()
        trouble = self._trouble()
        if trouble is not None:
            raise _anew(trouble)
        if stored is None:
            raise NoData("no picture yet: the camera is starting")
        if self._is_old(stored, self._clock.monotonic_ns()):
            raise NoData("the camera gave no picture in time")
        return stored

    def _first_after_idling(self, stored: StoredFrame, deadline_ns: int) -> StoredFrame | None:
        """Wait for the next frame; the one that there is will do if it cannot be waited for."""
        if self._trouble() is not None:
            return stored
        limit_ns = self._clock.monotonic_ns() + self._period.limit_ns
        with suppress(NoData):  # too many wait already
            self._wait(
                stored.frame.sequence, min(deadline_ns, limit_ns), lambda: self._error is not None
            )
        return self._store.newest()

    def validate(self, stored: StoredFrame) -> bool:
        """Return whether a frame is valid; a damaged one is replaced by the last valid one.

        The first caller checks it, the others wait for the outcome.

        Raises:
            EncodingTimeout: another thread has been checking it for too long.
        """
        if stored.is_valid:
            return True
        check = cast(
            "SingleFlightCache[None, None]",
            stored.made.setdefault("validation", SingleFlightCache(1)),
        )
        try:
            check.get(None, lambda: self._examine(stored.frame.picture), MAX_EXAMINATION_S)
        except CorruptFrame as error:
            if self._store.reject(stored):
                self._pace.failed()
                self.fail(error)
                self._describe_again()
            return False
        self._store.mark_valid(stored)
        return True

    def _describe_again(self) -> None:
        """The frame that was rejected may have told a size that is none."""
        stored = self._store.newest()
        if stored is not None:
            picture = stored.frame.picture
            with self._lock:
                self._describe(picture.layout, picture.cols, picture.rows)

    def _taken_since(self, sequence: int, failures: int, deadline_ns: int) -> StoredFrame:
        limit_ns = self._clock.monotonic_ns() + self._patience_ns()
        stored = self._wait(
            sequence, min(deadline_ns, limit_ns), lambda: self._failures.total() > failures
        )
        if stored is None:
            raise _anew(self._error or NoData("the camera took no picture in time"))
        return stored

    def _wait(self, than: int, deadline_ns: int, give_up: Callable[[], bool]) -> StoredFrame | None:
        with self._waiting(deadline_ns) as by_ns:
            left_s = (by_ns - self._clock.monotonic_ns()) / NANOSECONDS
            return self._store.wait_newer(than, left_s, give_up)

    @contextmanager
    def _waiting(self, deadline_ns: int) -> Iterator[int]:
        """Hold a place among those who wait; gives the deadline that there is in that place."""
        holds = self._waiters.acquire(blocking=False)
        try:
            if not holds:
                deadline_ns = min(deadline_ns, self._soon_ns())
                if deadline_ns <= self._clock.monotonic_ns():
                    raise NoData("too many requests wait for this camera already")
            if not self._room.enter(self.name):
                raise NoData("too many requests wait for cameras already")
            try:
                yield deadline_ns
            finally:
                self._room.leave(self.name)
        finally:
            if holds:
                self._waiters.release()

    def _soon_ns(self) -> int:
        """Return until when any number may wait: the camera has kept nobody waiting for long."""
        if not self.on_demand or self._error is not None:
            return 0
        asked_ns = self._asked_ns
        since_ns = self._clock.monotonic_ns() if asked_ns is None else asked_ns
        return since_ns + self._period.limit_ns // 2


def _refuse_by(error: CameraError) -> Callable[[int], StoredFrame]:
    def refuse(_deadline_ns: int) -> StoredFrame:
        raise _anew(error)

    return refuse


def _anew(error: CameraError) -> CameraError:
    """Return a copy to raise: an error that is raised again and again keeps every traceback."""
    return type(error)(*error.args)
