"""What holds for every test: reproducible properties, no thread left, and small shared fakes."""

from __future__ import annotations

import gc
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import settings

from spot_webcam.app.capture.intake import RawFrame
from spot_webcam.app.capture.jobs import CaptureLatest
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import NotSynchronized
from spot_webcam.domain.frames.frame_store import Frame
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, CaptureSettings, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.fakes.time.manual import ManualClock
from tests.threads import threads_of_python

# Whose levels a command sets.
LOGGERS = (None, "spot_webcam", "bosdyn", "spot-webcam", "urllib3")

# The tests of functions that keep what they returned: after an untraced call, no example would run
# their lines.
CACHING = ("media", "sources")

# Each run tries the same examples, so more of them find nothing new until the code changes.
MAX_EXAMPLES = 50

settings.register_profile(
    "reproducible", max_examples=MAX_EXAMPLES, derandomize=True, deadline=None, database=None
)
settings.load_profile("reproducible")


@pytest.hookimpl(trylast=True)  # after Hypothesis, which marks its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, and trace few properties.

    Longest are tests with a time limit of their own, and the scenarios. Properties take twice as
    long when coverage traces them.
    """

    def is_long(item: pytest.Item) -> bool:
        return (
            item.get_closest_marker("timeout") is not None or item.path.parent.name == "scenarios"
        )

    items.sort(key=is_long, reverse=True)
    for item in items:
        is_property = item.get_closest_marker("hypothesis") is not None
        if is_property and item.path.parent.name not in CACHING:
            item.add_marker("no_cover")


def pytest_collection_finish() -> None:
    """Keep what is there for the whole run out of each collection of garbage, of 0.2 s otherwise.

    Cameras of the SDK's interface are collected when they are closed.
    """
    gc.collect()
    gc.freeze()


# Threads that were asked to end may need this long to do so.
THREADS_GRACE_S = 2.0


@pytest.fixture(autouse=True)
def no_thread_left() -> Iterator[None]:
    """Fail a test whose threads outlive it; those of wider fixtures were there before it."""
    before = threads_of_python()
    yield
    left = _left_behind(before, time.monotonic() + THREADS_GRACE_S)
    if left:
        names = ", ".join(sorted(thread.name for thread in left))
        pytest.fail(f"threads left behind: {names}")


def _left_behind(before: set[threading.Thread], deadline_s: float) -> set[threading.Thread]:
    while left := threads_of_python() - before:
        left_s = deadline_s - time.monotonic()
        if left_s <= 0:
            break
        thread = left.pop()
        if thread.ident is None:  # about to start, and so not to be joined yet
            time.sleep(0)
        else:
            thread.join(left_s)
    return left


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


# Session-wide, being without state: hypothesis refuses fixtures that are made for one test.


def _picture(layout: Layout = Layout.BGR8, cols: int = 8, rows: int = 6, seed: int = 0) -> Picture:
    shape = (rows, cols) if layout.channels == 1 else (rows, cols, layout.channels)
    rng = np.random.default_rng(seed)
    return Picture(rng.integers(0, 1 << layout.bits, shape, layout.dtype), layout)


@pytest.fixture(scope="session")
def make_picture() -> Callable[..., Picture]:
    """Make a picture of noise, a pure function of layout, size and seed."""
    return _picture


@pytest.fixture(scope="session")
def make_frame() -> Callable[..., Frame]:
    """Make a frame of noise with a sequence number and a time."""

    def make(sequence: int = 1, captured_ns: int = 0, picture: Picture | None = None) -> Frame:
        return Frame(picture or _picture(), sequence, captured_ns, captured_ns)

    return make


@pytest.fixture(scope="session")
def deliver() -> Callable[..., None]:
    """Deliver a picture to a source, grabbed this moment, with a new time of its sender."""
    stamps = itertools.count()

    def deliver_now(
        source: CameraSource,
        clock: ManualClock,
        picture: Picture | None = None,
        settings: CaptureSettings | None = None,
    ) -> None:
        raw = RawFrame(
            picture or _picture(),
            now(clock),
            None,
            settings or CaptureSettings(),
            stream_timestamp_ns=next(stamps),
        )
        source.captured(CaptureLatest(must_be_fresh=source.on_demand), raw)

    return deliver_now


@dataclass
class SteppedRobotClock:
    """A `RobotClock` with a skew that the test sets; `None` is not synchronized yet.

    The skew is to monotonic time.
    """

    skew_ns: int | None = 0
    samples: int = 0

    def synchronize(self) -> int:
        self.samples += 1
        return 0

    def robot_time_ns(self, monotonic_ns: int) -> int:
        if self.skew_ns is None:
            raise NotSynchronized("no time sync yet")
        return monotonic_ns + self.skew_ns


@pytest.fixture(scope="session")
def robot_clock_at() -> Callable[[int | None], SteppedRobotClock]:
    """Make a robot clock with a skew."""
    return SteppedRobotClock


_CHANNELS = {
    Layout.RGB8: "RGB",
    Layout.BGR8: "BGR",
    Layout.RGBA8: "RGBA",
    Layout.BGRA8: "BGRA",
}


@dataclass
class NumpyCodec:
    """An `ImageCodec` of numpy alone: the nearest pixel, and a JPEG that is none."""

    jpegs: list[tuple[Layout, int]] = field(default_factory=list)
    error: Exception | None = None
    decoded: int = 0

    def resize(self, picture: Picture, cols: int, rows: int) -> Picture:
        ys = np.arange(rows) * picture.rows // rows
        xs = np.arange(cols) * picture.cols // cols
        return Picture(picture.pixels[ys][:, xs], picture.layout)

    def reorder(self, picture: Picture, layout: Layout) -> Picture:
        order = [_CHANNELS[picture.layout].index(one) for one in _CHANNELS[layout]]
        return Picture(picture.pixels[:, :, order], layout)

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        if self.error is not None:
            raise self.error
        self.jpegs.append((picture.layout, quality))
        return f"jpeg {picture.cols}x{picture.rows} {picture.layout.label} {quality}".encode()

    def examine(
        self, jpeg: JpegPicture, shrink: int = THUMBNAIL_SHRINK
    ) -> tuple[JpegPicture, Picture]:
        return jpeg, self.decode_jpeg(jpeg, shrink)

    def decode_jpeg(self, jpeg: JpegPicture, shrink: int = 1) -> Picture:
        """Return grey pixels that hold the first byte; count the decodings."""
        if self.error is not None:
            raise self.error
        self.decoded += 1
        size = (-(-jpeg.rows // shrink), -(-jpeg.cols // shrink))
        shape = size if jpeg.components == 1 else (*size, jpeg.layout.channels)
        return Picture(np.full(shape, jpeg.data[-3], np.uint8), jpeg.layout)


@pytest.fixture(scope="session")
def make_codec() -> Callable[[], NumpyCodec]:
    return NumpyCodec


@pytest.fixture(autouse=True, scope="module")
def _log_as_before_the_module() -> Iterator[None]:
    """Undo what a command set for its log that a fixture of the module, or of a class, ran."""
    yield from _log_as_before_it()


@pytest.fixture(autouse=True)
def _log_as_before() -> Iterator[None]:
    """Undo what a command, run in this process, set for its log."""
    yield from _log_as_before_it()


def _log_as_before_it() -> Iterator[None]:
    loggers = [logging.getLogger(name) for name in LOGGERS]
    before = [(logger, logger.level, list(logger.handlers)) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers
