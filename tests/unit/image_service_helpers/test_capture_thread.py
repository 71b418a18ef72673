from __future__ import annotations

import threading
from typing import Any

import pytest

from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.ports import Event
from spot_webcam.fakes.time.manual import ManualClock
from spot_webcam.image_service_helpers import ImageCaptureThread
from tests.threads import threads_of_python

from .conftest import PacedCapture

TIMEOUT_S = 20.0


class Source:
    """A capture function."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.called = threading.Event()

    def __call__(self, custom_params: Any = None) -> Any:
        self.asked.append(custom_params)
        self.called.set()
        return b"picture", 1.0


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def thread(manual_thread: type[ImageCaptureThread], paced: PacedCapture) -> ImageCaptureThread:
    return manual_thread("front", paced)


def _settle(thread: ImageCaptureThread, paced: PacedCapture, clock: ManualClock) -> None:
    """Capture some pictures, so that the camera's period is known."""
    for count in range(4):
        paced.outcome = (b"picture", float(count))
        if count > 0:
            clock.advance(0.05)
        paced.capture(thread)


def _latest(thread: ImageCaptureThread, *args: Any) -> tuple[bool, Any, float | None]:
    latest = thread.get_latest_captured_image(*args)
    return latest.is_valid, latest.image, latest.timestamp


def test_captures_run_until_they_are_stopped(module: Any, source: Source) -> None:
    before = threads_of_python()
    thread = module.ImageCaptureThread("front", source, capture_period_secs=0.0)
    thread.start_capturing()
    assert source.called.wait(TIMEOUT_S)
    thread.stop_capturing()
    assert threads_of_python() <= before
    assert _latest(thread) == (True, b"picture", 1.0)
    assert (thread.last_captured_image, thread.last_captured_time) == (b"picture", 1.0)


def test_no_picture_before_the_first_capture(module: Any, source: Source) -> None:
    assert _latest(module.ImageCaptureThread("front", source)) == (False, None, None)


def test_picture_set_by_the_program_is_the_latest(module: Any, source: Source) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    assert _latest(thread) == (True, b"mine", 5.0)


def test_picture_with_other_parameters_is_invalid(module: Any, source: Source, params: Any) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    assert _latest(thread, params("b")) == (False, None, None)


def test_stop_before_start_is_allowed(thread: ImageCaptureThread) -> None:
    thread.stop_capturing()


def test_it_starts_once(source: Source) -> None:
    before = threads_of_python()
    thread = ImageCaptureThread("front", source)
    thread.start_capturing()
    thread.start_capturing()
    assert len(threads_of_python() - before) == 1
    thread.stop_capturing()
    source.called.clear()
    thread.start_capturing()
    assert source.called.wait(TIMEOUT_S)
    thread.stop_capturing()


def test_thread_that_hangs_is_abandoned(
    manual_thread: type[ImageCaptureThread], caplog: pytest.LogCaptureFixture
) -> None:
    go, entered = threading.Event(), threading.Event()
    thread = manual_thread("front", lambda: (entered.set(), go.wait(TIMEOUT_S)))
    thread.start_capturing()
    assert entered.wait(TIMEOUT_S)
    thread.stop_capturing(timeout_secs=0.01)
    assert "hangs" in caplog.text
    go.set()
    thread.stop_capturing()


def test_pause_is_not_reported_as_a_hang(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    thread = ImageCaptureThread("front", source, capture_period_secs=TIMEOUT_S)
    thread.start_capturing()
    assert source.called.wait(TIMEOUT_S)
    assert thread.newest(TIMEOUT_S)
    thread.stop_capturing(timeout_secs=0)
    thread.stop_capturing()
    assert "hangs" not in caplog.text


def test_background_uses_its_parameters(
    manual_thread: type[ImageCaptureThread], paced: PacedCapture, params: Any
) -> None:
    thread = manual_thread("front", paced, custom_params=params("b"))
    paced.capture(thread)
    assert paced.captures[0] == params("b")
    assert _latest(thread, params("b")) == (True, b"picture", 1.0)


def test_polling_with_other_parameters_switches_to_them(
    module: Any, source: Source, params: Any
) -> None:
    """Without `maybe_update_thread`, as programs with their own threads do."""
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"of before", 1.0)
    assert _latest(thread, params("b")) == (False, None, None)
    assert thread.custom_params == params("b")
    thread.set_last_captured_image(*thread.capture_function())
    assert _latest(thread, params("b")) == (True, b"picture", 1.0)
    assert source.asked == [params("b")]


def test_update_changes_the_parameters(
    thread: ImageCaptureThread, paced: PacedCapture, params: Any
) -> None:
    paced.capture(thread)
    thread.maybe_update_thread(params("b"))
    thread.maybe_update_thread(params("b"))
    paced.capture(thread)  # began before the change
    assert _latest(thread, params("b")) == (False, None, None)
    paced.capture(thread)
    assert paced.captures[:3] == [None, None, params("b")]
    assert _latest(thread, params("b"))[0]


def test_stale_picture_is_refused(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture
) -> None:
    _settle(thread, paced, clock)
    clock.advance(1.0)
    assert thread.newest().image == b"picture"
    clock.advance(0.1)
    assert _latest(thread) == (True, None, None)
    with pytest.raises(StaleFrame, match=r"no new picture for 1\.1 s"):
        thread.newest()


def test_staleness_limit_follows_a_slow_camera(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture
) -> None:
    def capture(_: Any) -> tuple[bytes, float]:
        clock.advance(2.0)
        return b"picture", float(len(paced.captures))

    paced.outcome = capture
    for _ in range(4):
        paced.capture(thread)
    clock.advance(10.0)
    assert thread.newest().timestamp == 4.0
    assert thread.is_recent(thread.newest().taken_ns)
    clock.advance(0.1)
    assert thread.error() is not None


@pytest.mark.parametrize(("first_s", "limit_s"), [(0.0, 10.0), (4.0, 20.0), (9.0, 30.0)])
def test_first_picture_does_not_define_the_period(
    thread: ImageCaptureThread,
    clock: ManualClock,
    paced: PacedCapture,
    first_s: float,
    limit_s: float,
) -> None:
    """It may come from a buffer."""

    def capture(_: Any) -> tuple[bytes, float]:
        clock.advance(first_s)
        return b"picture", 1.0

    thread.capture_period_secs = 0.0
    paced.outcome = capture
    paced.capture(thread)
    clock.advance(limit_s)
    assert thread.error() is None
    clock.advance(0.1)
    assert isinstance(thread.error(), StaleFrame)


def test_long_capture_period_extends_the_limit(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture
) -> None:
    _settle(thread, paced, clock)
    thread.capture_period_secs = 20.0
    clock.advance(100.0)
    assert thread.newest().image == b"picture"
    clock.advance(0.1)
    assert isinstance(thread.error(), StaleFrame)


def test_repeated_picture_is_not_new(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture
) -> None:
    _settle(thread, paced, clock)
    for _ in range(3):
        clock.advance(0.5)
        paced.capture(thread)
    assert isinstance(thread.error(), StaleFrame)


def test_different_picture_is_new_even_with_the_same_time(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture
) -> None:
    """Some cameras report whole seconds."""
    for count in range(9):
        clock.advance(0.5)
        paced.outcome = (b"%d" % count, 1.0)
        paced.capture(thread)
        assert thread.newest().image == b"%d" % count


def test_picture_set_by_the_program_never_becomes_stale(
    thread: ImageCaptureThread, clock: ManualClock
) -> None:
    """Only the program knows its rate."""
    thread.set_last_captured_image(b"mine", 5.0)
    clock.advance(100.0)
    assert _latest(thread) == (True, b"mine", 5.0)


def test_failure_clears_the_last_capture(module: Any, source: Source) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    thread.set_last_captured_image(None, None)
    assert (thread.last_captured_image, thread.last_captured_time) == (None, None)


def test_camera_that_reads_missing_parameters_does_not_change_them(
    manual_thread: type[ImageCaptureThread], paced: PacedCapture, params: Any
) -> None:
    def capture(custom_params: Any) -> tuple[bytes, float]:
        return custom_params.values["absent"].string_value.value.encode(), 1.0

    given = params("b")
    thread = manual_thread("front", paced, custom_params=given)
    paced.outcome = capture
    paced.capture(thread)
    assert given == params("b") == thread.newest().custom_params
    assert _latest(thread, params("b"))[0]


def test_system_exit_of_a_camera_is_a_failure(
    thread: ImageCaptureThread, paced: PacedCapture
) -> None:
    paced.outcome = SystemExit(1)
    paced.capture(thread)
    with pytest.raises(NoData, match="SystemExit"):
        thread.newest()


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (OSError("unplugged"), "OSError: unplugged"),
        (None, "a picture and its time"),
        ((b"", None), "no picture, or no time"),
        ((b"", float("nan")), "nan for a time"),
        ((None, None), "the last capture failed"),
    ],
)
def test_single_failure_is_hidden_and_a_lasting_one_reported(
    thread: ImageCaptureThread, clock: ManualClock, paced: PacedCapture, outcome: Any, text: str
) -> None:
    _settle(thread, paced, clock)
    paced.outcome = outcome
    paced.capture(thread)
    assert thread.newest().image == b"picture"
    clock.advance(1.1)
    with pytest.raises(CameraError, match=text):
        thread.newest()


def test_failure_of_the_first_capture_is_reported_at_once(
    thread: ImageCaptureThread, paced: PacedCapture
) -> None:
    paced.outcome = OSError("unplugged")
    paced.capture(thread)
    with pytest.raises(NoData, match="unplugged"):
        thread.newest(5.0)


def test_repeated_failure_is_logged_once(
    thread: ImageCaptureThread, paced: PacedCapture, caplog: pytest.LogCaptureFixture
) -> None:
    paced.outcome = OSError("unplugged")
    for _ in range(3):
        paced.capture(thread)
    assert caplog.text.count("unplugged") == 1


def test_newest_waits_for_the_first_picture(thread: ImageCaptureThread) -> None:
    with pytest.raises(NoData, match="starting"):
        thread.newest(5.0)


def test_camera_without_a_first_picture_is_an_error(
    thread: ImageCaptureThread, clock: ManualClock
) -> None:
    assert thread.error() is None
    clock.advance(10.1)
    assert "since the start" in str(thread.error())


def test_failures_back_off(manual_thread: type[ImageCaptureThread]) -> None:
    """Not at 20 a second, as captures are."""
    waits = []

    class Watching(ManualClock):
        def wait(self, event: Event, timeout_s: float) -> bool:
            waits.append(timeout_s)
            if len(waits) == 8:
                event.set()
            return super().wait(event, timeout_s)

    def capture() -> None:
        raise OSError("unplugged")

    manual_thread.clock = Watching()
    thread = manual_thread("front", capture)
    thread.start_capturing()
    assert thread.stop_capturing_event.wait(TIMEOUT_S)
    thread.stop_capturing()
    assert 1.0 <= waits[-1] <= 2.0


def test_capture_function_may_stop_the_thread() -> None:
    def capture() -> tuple[bytes, float]:
        thread.stop_capturing()
        return b"last", 1.0

    thread = ImageCaptureThread("front", capture)
    thread.start_capturing()
    assert thread.stop_capturing_event.wait(TIMEOUT_S)
    thread.stop_capturing()
    assert thread.last_captured_image == b"last"
