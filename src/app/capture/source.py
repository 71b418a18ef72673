"""A source as it lives: what it is, its newest frame, and what troubles it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from spot_webcam.app.capture.frame_store import HARDLY_OLDER_NS, StoredFrame
from spot_webcam.app.capture.intake import SourceIntake
from spot_webcam.app.capture.parameter_requests import Call
from spot_webcam.app.capture.takers import Who
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.sources.parameters import ParameterValues
from spot_webcam.domain.timing import NANOSECONDS

# No request waits longer than this for another one that examines the same picture.
MAX_EXAMINATION_S = 5.0
# So old may a frame be that is shared by clients that have nothing of it yet.
SHARED_PERIODS = 2


class CameraSource(SourceIntake):
    """Between one capture loop, which delivers and fails, and any number of clients.

    `on_demand` sources take a picture for each request instead of at the camera's rate; then
    `demand` is set while someone waits, and `background_demand` if it is for a picture without
    parameters. Of the requests that have to wait for a camera that does
    not answer soon, only `max_waiters` do, and only where the `bulkhead` of all sources has
    room, so that the others' threads stay free. Thread-safe.
    """

    def fresh(self) -> StoredFrame | None:
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

    def standing(self, request: ImageRequest, who: Who) -> Answer | None:
        """Return what an equal request got from the last frame that was given, if hardly old.

        While the newest frame of all is only just being encoded it does as well, and no client
        gets an older picture than any got before.
        """
        known, _ = self._given(request, who, HARDLY_OLDER_NS)
        return known

    def shared(self, request: ImageRequest, who: Who) -> Answer | None:
        """Return what an equal request got from the last frame that was given, to a new taker.

        So a frame is encoded once for all clients, and the next one as soon as a client asks that
        has this one, or when this one is two frame periods old: what encoding costs goes by the
        rate of the client that asks most often, where that is below the camera's.
        """
        max_ns = min(HARDLY_OLDER_NS, SHARED_PERIODS * self._period.period_ns)
        known, is_first = self._given(request, who, max_ns)
        return known if is_first else None

    def _given(self, request: ImageRequest, who: Who, max_ns: int) -> tuple[Answer | None, bool]:
        """Return what an equal request got from the last frame that was given, if young enough.

        And whether it is the first that this client gets of that frame.
        """
        given = self._store.given()
        if given is None or self._clock.monotonic_ns() - given.monotonic_ns > max_ns:
            return None, False
        known = given.answered(request)
        return known, known is not None and given.takers.note(who)

    def gave(self, stored: StoredFrame, who: Who) -> None:
        """Note that a client gets an answer from this frame."""
        if not self.on_demand:
            self._store.give(stored)
            stored.takers.note(who)

    def newest_now(self) -> StoredFrame:
        """Return the newest frame without waiting for one.

        Raises:
            CameraError: there is none that is young enough.
        """
        return self._newest(self._clock.monotonic_ns())

    def is_old(self, stored: StoredFrame) -> bool:
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

    def ask(
        self,
        values: ParameterValues | None = None,
        *,
        call: Call | None = None,
    ) -> Callable[[int], StoredFrame]:
        """Ask for a picture now, and return how to get it by a monotonic deadline.

        With values for parameters, one is taken with them, unless the `call` ends before.

        Asking several sources first and collecting afterwards lets their waits overlap.
        The returned function raises the `CameraError` that says why there is no picture.
        """
        if values:
            return self._order(values, call)
        if not self.on_demand:
            self._look()
            return self._newest
        with self._lock:
            sequence, failures = self._sequence, self._failures.total()
            error = self._error
            if error is not None and not isinstance(error, CorruptFrame):
                return _refuse_by(error)  # the camera is closed
            hanging = self._unanswered(self._clock.monotonic_ns())
            if hanging is not None:
                return _refuse_by(hanging)
            if self._asked_ns is None:
                self._asked_ns = self._clock.monotonic_ns()
        self.background_demand.set()
        self.demand.set()
        return lambda deadline_ns: self._taken_since(sequence, failures, deadline_ns)

    def _order(self, values: ParameterValues, call: Call | None) -> Callable[[int], StoredFrame]:
        trouble = self._trouble()
        if trouble is not None and not (self.on_demand and isinstance(trouble, CorruptFrame)):
            return _refuse_by(trouble)
        with self._lock:
            if self._asked_ns is None:
                self._asked_ns = self._clock.monotonic_ns()
        try:
            order = self.orders.place(values, call)
        except NoData as error:
            return _refuse_by(error)
        self.demand.set()

        def collect(deadline_ns: int) -> StoredFrame:
            try:
                with self._waiting(deadline_ns) as by_ns:
                    return order.wait((by_ns - self._clock.monotonic_ns()) / NANOSECONDS)
            finally:
                self.orders.drop(order)

        return collect

    def _newest(self, deadline_ns: int) -> StoredFrame:
        stored = self._store.newest()
        if stored is None and self._trouble() is None:
            self._wait(0, min(deadline_ns, self._grace_ends_ns()), lambda: self._error is not None)
            stored = self._store.newest()
        elif stored is not None and self._is_outdone(stored):
            stored = self._first_after_idling(stored, deadline_ns)
        while stored is not None and not self._is_good(stored):
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

    def _is_good(self, stored: StoredFrame) -> bool:
        """Examine a frame that is wanted; one that is no picture makes way for the last good."""
        try:
            stored.examine(self._examine, MAX_EXAMINATION_S)
        except CorruptFrame as error:
            if self._store.reject(stored):
                self._pace.failed()
                self.fail(error)
                self._describe_again()
            return False
        self._store.proved(stored)
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
