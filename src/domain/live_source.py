"""A source as it lives: what it is, its newest frame, and what troubles it."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from spot_webcam.domain.capture_time import Instant, capture_instant
from spot_webcam.domain.controls import Control
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    EncodingError,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.examination import Examine, Pace
from spot_webcam.domain.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.frame_period import FramePeriod
from spot_webcam.domain.frame_store import FrameStore, StoredFrame
from spot_webcam.domain.image import CaptureSettings, Frame, Layout, Picture
from spot_webcam.domain.jpeg import JpegPicture
from spot_webcam.domain.orders import Orders
from spot_webcam.domain.ports import CameraMode, Clock
from spot_webcam.domain.repeats import Repeats
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.time_units import NANOSECONDS
from spot_webcam.domain.waiting_room import WaitingRoom

# How long a request may wait for a camera that has just been started.
START_GRACE_S = 2.0
# How long a camera may take to be opened for the first time before that is a fault.
OPENING_GRACE_S = 10.0
# An encoding that failed troubles the source for this long, unless another one succeeds.
ENCODING_TROUBLE_S = 10.0
# A source that nobody has asked for this long is idle: its camera is only watched.
IDLE_AFTER_NS = 2 * NANOSECONDS
# Where encoding takes all processors, a frame of this age does as well as the newest.
HARDLY_OLDER_NS = NANOSECONDS // 10
# No request waits longer than this for another one that examines the same picture.
LONGEST_EXAMINATION_S = 5.0
# Requests that may wait for one camera at once.
MOST_WAITERS = 8


class LiveSource:
    """Between one capture loop, which delivers and fails, and any number of clients.

    `on_demand` sources take a picture for each request instead of at the camera's rate; then
    `demand` is set while someone waits. Of the requests that have to wait for a camera that does
    not answer soon, only `most_waiters` do, and only where the `waiting_room` of all sources has
    room, so that the others' threads stay free. Thread-safe.
    """

    def __init__(
        self,
        description: ImageSource,
        clock: Clock,
        *,
        examine: Examine = lambda _: None,
        on_demand: bool = False,
        most_waiters: int = MOST_WAITERS,
        waiting_room: WaitingRoom | None = None,
    ) -> None:
        self.name = description.name
        self.on_demand = on_demand
        self.demand = threading.Event()
        self.orders = Orders()
        self._description = description
        self._clock = clock
        self._examine = examine
        self._pace = Pace()
        self._repeats = Repeats()
        self._store = FrameStore()
        self._waiters = threading.BoundedSemaphore(most_waiters)
        self._room = waiting_room or WaitingRoom()
        self._lock = threading.Lock()
        # Or when it was opened last, whichever is later.
        self._opened_ns = clock.monotonic_ns()
        self._period = FramePeriod()
        self._sequence = 0
        self._failures: Counter[str] = Counter()
        # Whether the description is the camera's own, or only presumed.
        self.seen = False
        self._opening = False
        self._error: CameraError | None = None
        # When a picture was asked for last, and when the camera was last seen to have one.
        self._looked_ns: int | None = None
        self._alive_ns = 0
        # The last frame from before someone began to look: it may be a second old.
        self._idle_sequence = 0
        # On demand: since when a picture has been waited for.
        self._asked_ns: int | None = None
        self._encoding_error: tuple[EncodingError, int] | None = None

    # The capture loop's side.

    def opening(self) -> None:
        """The camera is being opened, which may take its time."""
        with self._lock:
            self._opening = True

    def opened(self, mode: CameraMode, parameters: tuple[Control, ...] = ()) -> None:
        """The camera was opened in this mode, with these controls; pictures may follow."""
        with self._lock:
            self._opened_ns = self._clock.monotonic_ns()
            self._period.opened(mode)
            self.seen = True
            self._describe(mode.layout, mode.cols, mode.rows)
            self._description = replace(self._description, parameters=parameters)
            if self._error is not None and not isinstance(self._error, CorruptFrame):
                # What it was is over; whether it is good, its first picture tells.
                self._error = NoData("the camera was opened again, and gave no picture yet")
            self._opening = False

    def deliver(
        self,
        picture: Picture | JpegPicture,
        told_ns: int | None,
        grabbed: Instant,
        settings: CaptureSettings,
        stamp_ns: int | None = None,
    ) -> StoredFrame | None:
        """Make a picture the newest frame, and return it as it is stored.

        `stamp_ns` is the sender's time of it, of any origin. A picture that is only repeated is
        no new frame: then nothing is returned. On demand a picture is examined first, others are
        now and then, or when they are asked for.

        Raises:
            CorruptFrame: it is no picture.
            StaleFrame: it has been repeated for longer than a frame may be old.
        """
        if self.on_demand:
            return self.deliver_ordered(picture, told_ns, grabbed, settings)
        if self._is_repeated(picture, stamp_ns, grabbed):
            return None
        # Pixels are looked at in microseconds.
        good = isinstance(picture, Picture) or self._pace.due(grabbed.monotonic_ns)
        if good:
            self._prove(picture, grabbed)
        return self._put(picture, capture_instant(told_ns, grabbed), settings, good=good)

    def deliver_ordered(
        self,
        picture: Picture | JpegPicture,
        told_ns: int | None,
        grabbed: Instant,
        settings: CaptureSettings,
    ) -> StoredFrame:
        """Do so with a picture that someone waits for, and that may be like the last one.

        Raises:
            CorruptFrame: it is no picture.
        """
        self._prove(picture, grabbed)
        return self._put(picture, capture_instant(told_ns, grabbed), settings, good=True)

    def _put(
        self,
        picture: Picture | JpegPicture,
        taken: Instant,
        settings: CaptureSettings,
        *,
        good: bool,
    ) -> StoredFrame:
        with self._lock:
            self._sequence += 1
            self.seen = True
            self._period.delivered(taken.monotonic_ns)
            frame = Frame(picture, self._sequence, taken.wall_ns, taken.monotonic_ns, settings)
            self._describe(picture.layout, picture.cols, picture.rows)
            stored = self._store.put(frame, good=good)
            # Afterwards: in between, an old frame without a cause would look stalled.
            self._error = None
            self._asked_ns = None
        return stored

    def _is_repeated(
        self, picture: Picture | JpegPicture, stamp_ns: int | None, grabbed: Instant
    ) -> bool:
        lasting_ns = self._repeats.lasting_ns(picture, stamp_ns, grabbed.monotonic_ns)
        if lasting_ns is None or self._pace.suspect:
            return False
        # A sender may begin with the same picture each time: what follows is waited for.
        if min(lasting_ns, grabbed.monotonic_ns - self._opened_ns) > self._period.limit_ns:
            raise StaleFrame(
                f"the same picture for {lasting_ns / NANOSECONDS:.1f} s: its sender is frozen"
            )
        return True

    def _prove(self, picture: Picture | JpegPicture, grabbed: Instant) -> None:
        try:
            self._examine(picture)
        except CorruptFrame:
            self._pace.failed()
            raise
        self._pace.passed(grabbed.monotonic_ns)

    def wanted(self, now_ns: int) -> bool:
        """Tell whether the picture that was just grabbed is to be retrieved and delivered.

        While nobody looks, one a second is, so that what troubles the camera is known.
        """
        return self._is_looked_at(now_ns) or self._pace.due(now_ns) or self._error is not None

    def skipped(self, told_ns: int | None, grabbed: Instant) -> None:
        """Note that the camera has a picture that nobody wants."""
        taken = capture_instant(told_ns, grabbed)
        with self._lock:
            self._period.delivered(taken.monotonic_ns)
            self._alive_ns = taken.monotonic_ns

    def _is_looked_at(self, now_ns: int) -> bool:
        looked_ns = self._looked_ns
        return self.on_demand or (looked_ns is not None and now_ns - looked_ns <= IDLE_AFTER_NS)

    def fail(self, error: CameraError) -> None:
        """Note that the camera gave no picture."""
        with self._lock:
            self._error = error
            self._asked_ns = None
            self._opening = False
            self._failures[error.reason] += 1
        self._store.nudge()
        if not isinstance(error, CorruptFrame):  # the next picture may be good
            self.orders.fail(error)

    def _describe(self, layout: Layout, cols: int, rows: int) -> None:
        old = self._description
        if (old.layout, old.cols, old.rows) != (layout, cols, rows):
            self._description = replace(old, layout=layout, cols=cols, rows=rows)

    # The clients' side.

    @property
    def description(self) -> ImageSource:
        """The source as it is listed now."""
        with self._lock:
            return self._description

    def described_as(self, picture: Picture | JpegPicture) -> ImageSource:
        """Return the description that fits this very picture."""
        return replace(
            self.description, layout=picture.layout, cols=picture.cols, rows=picture.rows
        )

    def fresh(self) -> StoredFrame | None:
        """Return the newest frame if it can be given out as it is; never blocks."""
        now_ns = self._clock.monotonic_ns()
        stored = self._store.newest()
        if self.on_demand or stored is None or not stored.good or not self._is_looked_at(now_ns):
            return None
        if stored.frame.sequence <= self._idle_sequence or self._is_old(stored, now_ns):
            return None
        self._looked_ns = now_ns
        return stored

    def just_given(self) -> StoredFrame | None:
        """Return the frame before the newest, if clients got it and it is hardly older."""
        given = self._store.given()
        if given is None:
            return None
        age_ns = self._clock.monotonic_ns() - given.frame.monotonic_ns
        return given if age_ns <= HARDLY_OLDER_NS else None

    def _is_old(self, stored: StoredFrame, now_ns: int) -> bool:
        return now_ns - stored.frame.monotonic_ns > self._period.limit_ns

    def _look(self) -> None:
        """Note that someone looks, so that pictures are delivered."""
        now_ns = self._clock.monotonic_ns()
        with self._lock:
            if not self._is_looked_at(now_ns):
                self._idle_sequence = self._sequence
            self._looked_ns = now_ns

    def ask(self, values: Mapping[str, int] | None = None) -> Callable[[int], StoredFrame]:
        """Ask for a picture now, and return how to get it by a monotonic deadline.

        With values for parameters, one is taken with them.

        Asking several sources first and collecting afterwards lets their waits overlap.
        The returned function raises the `CameraError` that says why there is no picture.
        """
        if values:
            return self._order(values)
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
        self.demand.set()
        return lambda deadline_ns: self._taken_since(sequence, failures, deadline_ns)

    def _order(self, values: Mapping[str, int]) -> Callable[[int], StoredFrame]:
        trouble = self._trouble()
        if trouble is not None and not (self.on_demand and isinstance(trouble, CorruptFrame)):
            return _refuse_by(trouble)
        with self._lock:
            if self._asked_ns is None:
                self._asked_ns = self._clock.monotonic_ns()
        try:
            order = self.orders.place(values)
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
        elif stored is not None and stored.frame.sequence <= self._idle_sequence:
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
                self._idle_sequence, min(deadline_ns, limit_ns), lambda: self._error is not None
            )
        return self._store.newest()

    def _is_good(self, stored: StoredFrame) -> bool:
        """Examine a frame that is wanted; one that is no picture makes way for the last good."""
        try:
            stored.examine(self._examine, LONGEST_EXAMINATION_S)
        except CorruptFrame as error:
            if self._store.reject(stored):
                self._pace.failed()
                self.fail(error)
            return False
        return True

    @property
    def failures(self) -> Mapping[str, int]:
        """How often the camera gave no picture since the start, by the reason."""
        with self._lock:
            return dict(self._failures)

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

    def encoding_failed(self, error: EncodingError) -> None:
        """Note that a good frame could not be encoded."""
        with self._lock:
            self._encoding_error = (error, self._clock.monotonic_ns())

    def encoding_worked(self) -> None:
        """Note that a frame could be encoded."""
        if self._encoding_error is not None:
            with self._lock:
                self._encoding_error = None

    # Trouble.

    def faults(self) -> list[Fault]:
        """Return the faults that stand now, their messages for an operator."""
        faults = []
        trouble = self._trouble()
        if isinstance(trouble, CorruptFrame):
            faults.append(decode_fault(self.name, str(trouble)))
        elif trouble is not None:
            faults.append(capture_fault(self.name, str(trouble)))
        with self._lock:
            encoding = self._encoding_error
        if encoding is not None and not isinstance(trouble, CorruptFrame):
            error, since_ns = encoding
            if self._clock.monotonic_ns() - since_ns < ENCODING_TROUBLE_S * NANOSECONDS:
                faults.append(decode_fault(self.name, str(error)))
        return faults

    def _trouble(self) -> CameraError | None:
        now_ns = self._clock.monotonic_ns()
        if self.on_demand:
            return self._error or self._unanswered(now_ns)
        stored = self._store.newest()
        if stored is not None:
            age_ns = now_ns - max(stored.frame.monotonic_ns, self._alive_ns)
            if age_ns <= self._period.limit_ns:
                return None
            return self._error or StaleFrame(
                f"no new picture for {age_ns / NANOSECONDS:.1f} s; the camera is stalled"
            )
        if self._error is None and now_ns >= self._grace_ends_ns(opening=self._opening):
            return NoData("no picture since the start; the camera is silent")
        return self._error

    def _unanswered(self, now_ns: int) -> CameraError | None:
        asked_ns = self._asked_ns
        if asked_ns is None or now_ns - asked_ns <= self._patience_ns():
            return None
        waited_s = (now_ns - asked_ns) / NANOSECONDS
        return NoData(f"asked for a picture {waited_s:.1f} s ago; the camera hangs")

    def _patience_ns(self) -> int:
        return max(self._period.limit_ns, int(START_GRACE_S * NANOSECONDS))

    def _grace_ends_ns(self, *, opening: bool = False) -> int:
        grace_s = OPENING_GRACE_S if opening else START_GRACE_S
        return self._opened_ns + int(grace_s * NANOSECONDS)


def _refuse_by(error: CameraError) -> Callable[[int], StoredFrame]:
    def refuse(_deadline_ns: int) -> StoredFrame:
        raise _anew(error)

    return refuse


def _anew(error: CameraError) -> CameraError:
    """Return a copy to raise: an error that is raised again and again keeps every traceback."""
    return type(error)(*error.args)
