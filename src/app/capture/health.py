"""What is known of a source, and what troubles it."""

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.frame_store import FrameStore
from spot_webcam.app.capture.parameter_requests import ParameterRequestQueue
from spot_webcam.domain.errors import (
    CameraError,
    CorruptFrame,
    EncodingError,
    NoData,
    StaleFrame,
)
from spot_webcam.domain.health.faults import Fault, capture_fault, decode_fault
from spot_webcam.domain.health.freeze import FreezeDetector, OrderedFreezeDetector
from spot_webcam.domain.health.staleness import StalenessEstimator
from spot_webcam.domain.health.validity import Examine, Pace
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS

# How long a request may wait for a camera that has just been started.
START_GRACE_S = 2.0
# How long a camera may take to be opened for the first time before that is a fault.
OPENING_GRACE_S = 10.0
# An encoding that failed troubles the source for this long, unless another one succeeds.
ENCODING_TROUBLE_S = 10.0
# Requests that may wait for one camera at once.
MAX_WAITERS = 8


class SourceHealth:
    """What the capture loop and the clients of one source share. Thread-safe."""

    def __init__(
        self,
        description: ImageSource,
        clock: Clock,
        *,
        examine: Examine = lambda _: None,
        on_demand: bool = False,
        max_waiters: int = MAX_WAITERS,
        bulkhead: Bulkhead | None = None,
    ) -> None:
        self.name = description.name
        self.on_demand = on_demand
        self.demand = threading.Event()
        self.background_demand = threading.Event()
        self.orders = ParameterRequestQueue()
        self._description = description
        self._clock = clock
        self._examine = examine
        self._pace = Pace()
        self._repeats = FreezeDetector()
        self._ordered_repeats = OrderedFreezeDetector()
        self._store = FrameStore()
        self._waiters = threading.BoundedSemaphore(max_waiters)
        self._room = bulkhead or Bulkhead()
        self._lock = threading.Lock()
        # Or when it was opened last, whichever is later.
        self._opened_ns = clock.monotonic_ns()
        self._period = StalenessEstimator()
        self._sequence = 0
        self._failures: Counter[str] = Counter()
        # Whether the description is the camera's own, or only presumed.
        self.has_opened = False
        self._opening = False
        self._error: CameraError | None = None
        # When a picture was asked for last, and when the camera was last seen to have one.
        self._looked_ns: int | None = None
        self._alive_ns = 0
        # When the last picture was taken that only those got who had ordered it.
        self._ordered_ns = 0
        # The last frame from before someone began to look: it may be a second old.
        self._idle_sequence = 0
        # On demand: since when a picture has been waited for.
        self._asked_ns: int | None = None
        # The faults of the spell without a picture that lasts, by their names.
        self._spell: dict[str, Fault] = {}
        self._encoding_error: tuple[EncodingError, int] | None = None

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

    def _describe(self, layout: Layout, cols: int, rows: int) -> None:
        old = self._description
        if (old.layout, old.cols, old.rows) != (layout, cols, rows):
            self._description = replace(old, layout=layout, cols=cols, rows=rows)

    @property
    def failures(self) -> Mapping[str, int]:
        """How often the camera gave no picture since the start, by the reason."""
        with self._lock:
            return dict(self._failures)

    def faults(self) -> list[Fault]:
        """Return the faults that stand now, their messages for an operator.

        Those of one spell without a picture stand until it is over, though its cause may change.
        """
        trouble = self._trouble()
        with self._lock:
            if trouble is None:
                self._spell.clear()
            else:
                corrupt = isinstance(trouble, CorruptFrame)
                fault = (decode_fault if corrupt else capture_fault)(self.name, str(trouble))
                self._spell[fault.name] = fault
            faults = dict(self._spell)
            encoding = self._encoding_error
        if encoding is not None:
            error, since_ns = encoding
            if self._clock.monotonic_ns() - since_ns < ENCODING_TROUBLE_S * NANOSECONDS:
                fault = decode_fault(self.name, str(error))
                faults.setdefault(fault.name, fault)
        return list(faults.values())

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

    def encoding_failed(self, error: EncodingError) -> None:
        """Note that a good frame could not be encoded."""
        with self._lock:
            self._encoding_error = (error, self._clock.monotonic_ns())

    def encoding_succeeded(self) -> None:
        """Note that a frame could be encoded."""
        if self._encoding_error is not None:
            with self._lock:
                self._encoding_error = None
