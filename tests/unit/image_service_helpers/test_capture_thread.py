from __future__ import annotations

import threading
from typing import Any

import pytest

from spot_webcam.domain.errors import CameraError, NoData, StaleFrame
from spot_webcam.domain.ports import Event
from spot_webcam.fakes.time.manual import ManualClock
from spot_webcam.image_service_helpers import ImageCaptureThread

PATIENCE_S = 20.0


class Source:
    """A capture function; `outcome` is what it returns, or raises."""

    def __init__(self) -> None:
        self.outcome: Any = (b"picture", 1.0)
        self.asked: list[Any] = []
        self.called = threading.Event()

    def __call__(self, custom_params: Any = None) -> Any:
        self.asked.append(custom_params)
        self.called.set()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def thread(manual_thread: type[ImageCaptureThread], source: Source) -> ImageCaptureThread:
    return manual_thread("front", source)


def _settle(thread: ImageCaptureThread, source: Source, clock: ManualClock) -> None:
    """Let it take some pictures, so that it knows how often they come."""
    for count in range(4):
        clock.advance(0.05)
        source.outcome = (b"picture", float(count))
        thread._capture()


def _latest(thread: ImageCaptureThread, *args: Any) -> tuple[bool, Any, float | None]:
    latest = thread.get_latest_captured_image(*args)
    return latest.is_valid, latest.image, latest.timestamp


def test_captures_run_until_they_are_stopped(module: Any, source: Source) -> None:
    thread = module.ImageCaptureThread("front", source, capture_period_secs=0.0)
    thread.start_capturing()
    assert source.called.wait(PATIENCE_S)
    thread.stop_capturing()
    assert not thread._thread.is_alive()
    assert _latest(thread) == (True, b"picture", 1.0)
    assert (thread.last_captured_image, thread.last_captured_time) == (b"picture", 1.0)


def test_there_is_nothing_before_the_first_capture(module: Any, source: Source) -> None:
    assert _latest(module.ImageCaptureThread("front", source)) == (False, None, None)


def test_what_is_set_is_the_latest(module: Any, source: Source) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    assert _latest(thread) == (True, b"mine", 5.0)


def test_other_parameters_are_not_what_there_is(module: Any, source: Source, params: Any) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    assert _latest(thread, params("b")) == (False, None, None)


def test_a_stop_before_the_start_is_no_error(thread: ImageCaptureThread) -> None:
    thread.stop_capturing()


def test_it_starts_once(source: Source) -> None:
    thread = ImageCaptureThread("front", source)
    thread.start_capturing()
    first = thread._thread
    thread.start_capturing()
    assert thread._thread is first
    thread.stop_capturing()
    source.called.clear()
    thread.start_capturing()
    assert source.called.wait(PATIENCE_S)
    thread.stop_capturing()


def test_a_camera_that_hangs_is_left(
    manual_thread: type[ImageCaptureThread], caplog: pytest.LogCaptureFixture
) -> None:
    go, entered = threading.Event(), threading.Event()
    thread = manual_thread("front", lambda: (entered.set(), go.wait(PATIENCE_S)))
    thread.start_capturing()
    assert entered.wait(PATIENCE_S)
    thread.stop_capturing(timeout_secs=0.01)
    assert "hangs" in caplog.text
    go.set()
    thread.stop_capturing()


def test_one_that_only_pauses_does_not_hang(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    thread = ImageCaptureThread("front", source, capture_period_secs=PATIENCE_S)
    thread.start_capturing()
    assert source.called.wait(PATIENCE_S)
    assert thread.newest(PATIENCE_S)
    thread.stop_capturing(timeout_secs=0)
    thread.stop_capturing()
    assert "hangs" not in caplog.text


def test_the_background_has_the_parameters_that_it_was_given(
    manual_thread: type[ImageCaptureThread], source: Source, params: Any
) -> None:
    thread = manual_thread("front", source, custom_params=params("b"))
    thread._capture()
    assert source.asked == [params("b")]
    assert _latest(thread, params("b")) == (True, b"picture", 1.0)


def test_who_polls_for_other_parameters_gets_them(module: Any, source: Source, params: Any) -> None:
    """Without a word to `maybe_update_thread`, as programs with threads of their own do."""
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"of before", 1.0)
    assert _latest(thread, params("b")) == (False, None, None)
    assert thread.custom_params == params("b")
    thread.set_last_captured_image(*thread.capture_function())
    assert _latest(thread, params("b")) == (True, b"picture", 1.0)
    assert source.asked == [params("b")]


def test_parameters_change_when_they_are_reported_to(
    thread: ImageCaptureThread, source: Source, params: Any
) -> None:
    thread._capture()
    thread.maybe_update_thread(params("b"))
    thread.maybe_update_thread(params("b"))
    assert _latest(thread, params("b")) == (False, None, None)
    thread._capture()
    assert source.asked == [None, params("b")]
    assert _latest(thread, params("b"))[0]


def test_a_capture_that_began_before_the_change_is_not_given_out(
    manual_thread: type[ImageCaptureThread], params: Any
) -> None:
    def capture(custom_params: Any = None) -> tuple[bytes, float]:
        thread.maybe_update_thread(params("b"))
        return b"of before", 1.0

    thread = manual_thread("front", capture)
    thread._capture()
    assert _latest(thread, params("b")) == (False, None, None)


def test_a_picture_of_the_past_is_not_given_out(
    thread: ImageCaptureThread, clock: ManualClock, source: Source
) -> None:
    _settle(thread, source, clock)
    clock.advance(1.0)
    assert thread.newest().image == b"picture"
    clock.advance(0.1)
    assert _latest(thread) == (True, None, None)
    with pytest.raises(StaleFrame, match=r"no new picture for 1\.1 s"):
        thread.newest()


def test_a_slow_camera_s_pictures_last_longer(
    thread: ImageCaptureThread, clock: ManualClock, source: Source
) -> None:
    for second in range(4):
        source.outcome = (b"picture", float(second))
        clock.advance(2.0)
        thread._capture()
    clock.advance(10.0)
    assert thread.newest().timestamp == 3.0
    assert thread.is_recent(thread.newest().taken_ns)
    clock.advance(0.1)
    assert thread.error() is not None


@pytest.mark.parametrize(("first_s", "limit_s"), [(0.0, 10.0), (4.0, 20.0), (9.0, 30.0)])
def test_the_first_picture_does_not_tell_how_often_they_come(
    thread: ImageCaptureThread, clock: ManualClock, first_s: float, limit_s: float
) -> None:
    """It may have been at hand, in a buffer."""
    clock.advance(first_s)
    thread._capture()
    clock.advance(limit_s)
    assert thread.error() is None
    clock.advance(0.1)
    assert isinstance(thread.error(), StaleFrame)


def test_a_camera_that_is_spared_is_not_stale(
    thread: ImageCaptureThread, clock: ManualClock, source: Source
) -> None:
    _settle(thread, source, clock)
    thread.capture_period_secs = 20.0
    clock.advance(100.0)
    assert thread.newest().image == b"picture"
    clock.advance(0.1)
    assert isinstance(thread.error(), StaleFrame)


def test_the_same_picture_again_is_no_younger(
    thread: ImageCaptureThread, clock: ManualClock, source: Source
) -> None:
    _settle(thread, source, clock)
    for _ in range(3):
        clock.advance(0.5)
        thread._capture()
    assert isinstance(thread.error(), StaleFrame)


def test_a_new_picture_is_one_whatever_its_time(
    thread: ImageCaptureThread, clock: ManualClock, source: Source
) -> None:
    """Some cameras tell whole seconds."""
    for count in range(9):
        clock.advance(0.5)
        source.outcome = (b"%d" % count, 1.0)
        thread._capture()
        assert thread.newest().image == b"%d" % count


def test_what_is_set_from_outside_stays(thread: ImageCaptureThread, clock: ManualClock) -> None:
    """Only who sets it knows when there is something new."""
    thread.set_last_captured_image(b"mine", 5.0)
    clock.advance(100.0)
    assert _latest(thread) == (True, b"mine", 5.0)


def test_after_a_failure_there_is_no_last_capture(module: Any, source: Source) -> None:
    thread = module.ImageCaptureThread("front", source)
    thread.set_last_captured_image(b"mine", 5.0)
    thread.set_last_captured_image(None, None)
    assert (thread.last_captured_image, thread.last_captured_time) == (None, None)


def test_a_camera_that_looks_for_parameters_does_not_give_itself_any(
    manual_thread: type[ImageCaptureThread], params: Any
) -> None:
    def capture(custom_params: Any = None) -> tuple[bytes, float]:
        return custom_params.values["absent"].string_value.value.encode(), 1.0

    given = params("b")
    thread = manual_thread("front", capture, custom_params=given)
    thread._capture()
    assert given == params("b") == thread.newest().custom_params
    assert _latest(thread, params("b"))[0]


def test_what_would_end_a_thread_is_a_failure(thread: ImageCaptureThread, source: Source) -> None:
    source.outcome = SystemExit(1)
    assert not thread._capture()


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
def test_a_hiccup_costs_no_picture_and_lasting_trouble_is_reported(
    thread: ImageCaptureThread, clock: ManualClock, source: Source, outcome: Any, text: str
) -> None:
    _settle(thread, source, clock)
    source.outcome = outcome
    assert not thread._capture()
    assert thread.newest().image == b"picture"
    clock.advance(1.1)
    with pytest.raises(CameraError, match=text):
        thread.newest()


def test_trouble_from_the_start_is_reported_at_once(
    thread: ImageCaptureThread, source: Source
) -> None:
    source.outcome = OSError("unplugged")
    thread._capture()
    with pytest.raises(NoData, match="unplugged"):
        thread.newest(5.0)


def test_one_cause_is_logged_once(
    thread: ImageCaptureThread, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.outcome = OSError("unplugged")
    for _ in range(3):
        thread._capture()
    assert caplog.text.count("unplugged") == 1


def test_the_first_picture_is_waited_for(thread: ImageCaptureThread) -> None:
    with pytest.raises(NoData, match="starting"):
        thread.newest(5.0)


def test_a_camera_that_never_gave_one_is_in_trouble(
    thread: ImageCaptureThread, clock: ManualClock
) -> None:
    assert thread.error() is None
    clock.advance(10.1)
    assert "since the start" in str(thread.error())


def test_failures_are_paced(source: Source, manual_thread: type[ImageCaptureThread]) -> None:
    """Not at 20 a second, as captures are."""
    waits = []

    class Watching(ManualClock):
        def wait(self, event: Event, timeout_s: float) -> bool:
            waits.append(timeout_s)
            if len(waits) == 8:
                event.set()
            return super().wait(event, timeout_s)

    manual_thread.clock = Watching()
    source.outcome = OSError("unplugged")
    thread = manual_thread("front", source)
    thread.start_capturing()
    thread._thread.join(PATIENCE_S)  # type: ignore[union-attr]
    assert 1.0 <= waits[-1] <= 2.0


def test_it_may_be_stopped_by_its_own_capture_function() -> None:
    def capture() -> tuple[bytes, float]:
        thread.stop_capturing()
        return b"last", 1.0

    thread = ImageCaptureThread("front", capture)
    thread.start_capturing()
    assert thread._thread is not None
    thread._thread.join(PATIENCE_S)
    assert thread.last_captured_image == b"last"
