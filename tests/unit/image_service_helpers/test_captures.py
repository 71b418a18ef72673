from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bosdyn.client.image_service_helpers as of_the_sdk
import pytest

from spot_webcam.domain.errors import NoData
from spot_webcam.fakes.time.manual import ManualClock
from spot_webcam.image_service_helpers import (
    CameraInterface,
    ImageCaptureThread,
    VisualImageSource,
)
from spot_webcam.image_service_helpers.camera_access import camera_semaphore
from spot_webcam.image_service_helpers.daemon_executor import MAX_WAITING, DaemonExecutor
from spot_webcam.image_service_helpers.request_captures import RequestCaptures

from .conftest import Camera, PacedCapture

TIMEOUT_S = 20.0


class OfBefore33(CameraInterface):  # type: ignore[misc]
    def blocking_capture(self) -> tuple[bytes, float]:
        return b"old", 7.0

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        raise NotImplementedError


class Confused(OfBefore33):
    """A modern camera with a `TypeError` of its own."""

    calls = 0

    def blocking_capture(self, *, custom_params: Any = None) -> tuple[bytes, float]:
        del custom_params
        self.calls += 1
        raise TypeError("a defect")


def test_on_demand_every_request_captures(module: Any, camera: Camera) -> None:
    source = module.VisualImageSource("front", camera)
    assert source.get_image_and_timestamp() == (b"1", 101.0)
    assert source.get_image_and_timestamp() == (b"2", 102.0)


def test_parameters_reach_the_camera(module: Any, camera: Camera, params: Any) -> None:
    source = module.VisualImageSource("front", camera)
    assert source.get_image_and_timestamp(custom_params=params("b")) == (b"b1", 101.0)
    assert camera.captures == [params("b")]


def test_failed_capture_returns_no_picture(module: Any, camera: Camera) -> None:
    source = module.VisualImageSource("front", camera)
    camera.errors = [OSError("unplugged")]
    assert source.get_image_and_timestamp() == (None, None)
    assert "unplugged" in source.last_error_message
    assert source.get_image_and_timestamp() == (b"2", 102.0)
    assert source.last_error_message is None


def test_camera_from_before_3_3_works(module: Any, params: Any) -> None:
    source = module.VisualImageSource("front", OfBefore33())
    assert source.get_image_and_timestamp() == (b"old", 7.0)
    assert source.get_image_and_timestamp(params("b")) == (b"old", 7.0)


def test_ignored_parameters_are_logged_once(params: Any, caplog: pytest.LogCaptureFixture) -> None:
    source = VisualImageSource("front", OfBefore33())
    for _ in range(2):
        source.get_image_and_timestamp(params("b"))
    assert caplog.text.count("takes no custom_params") == 1


def test_type_error_of_the_camera_is_not_taken_for_an_old_signature(params: Any) -> None:
    camera = Confused()
    source = VisualImageSource("front", camera)
    assert source.get_image_and_timestamp(params("b")) == (None, None)
    assert camera.calls == 1
    assert "a defect" in str(source.last_error_message)


def _wrapped(capture: Callable[..., Any]) -> Callable[..., Any]:
    def wrapper(*arguments: Any, **named: Any) -> Any:
        return capture(*arguments, **named)

    return wrapper


class BehindADecorator(OfBefore33):
    blocking_capture = _wrapped(OfBefore33.blocking_capture)


class ConfusedBehindADecorator(Confused):
    blocking_capture = _wrapped(Confused.blocking_capture)


def test_decorated_camera_from_before_3_3_works(
    module: Any, params: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = module.VisualImageSource("front", BehindADecorator())
    for _ in range(2):
        assert source.get_image_and_timestamp(params("b")) == (b"old", 7.0)
    assert caplog.text.count("takes no custom_params") == (module is not of_the_sdk)


def test_type_error_of_a_decorated_camera_is_reported(params: Any) -> None:
    camera = ConfusedBehindADecorator()
    source = VisualImageSource("front", camera)
    assert source.get_image_and_timestamp(params("b")) == (None, None)
    assert camera.calls == 1


class Looking(OfBefore33):
    """Read a missing parameter, which inserts it."""

    def blocking_capture(self, *, custom_params: Any = None) -> tuple[bytes, float]:
        custom_params.values["absent"].SetInParent()
        return b"picture", 7.0


def test_camera_that_reads_missing_parameters_changes_no_request(params: Any) -> None:
    source = VisualImageSource("front", Looking())
    asked = params("b")
    assert source.request_shot(asked).get(TIMEOUT_S).custom_params == params("b") == asked


def test_sources_that_share_a_camera_call_it_one_at_a_time(camera: Camera) -> None:
    one, other = (VisualImageSource(name, camera) for name in ("one", "other"))
    camera.go.clear()
    first = one.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    second = other.request_shot()
    assert not camera_semaphore(camera).acquire(0.0)
    assert camera_semaphore(camera) is not camera_semaphore(Camera())
    assert len(camera.captures) == 1
    camera.go.set()
    assert {first.get(TIMEOUT_S).image, second.get(TIMEOUT_S).image} == {b"1", b"2"}


def test_semaphore_is_released_with_its_camera() -> None:
    camera = Camera()
    semaphore = weakref.ref(camera_semaphore(camera))
    assert camera_semaphore(camera) is semaphore() is not None
    del camera
    gc.collect()
    assert semaphore() is None
    assert camera_semaphore(object()) is not None


def test_idle_capture_thread_is_not_used(module: Any, camera: Camera) -> None:
    source = module.VisualImageSource("front", camera)
    source.capture_thread = module.ImageCaptureThread("front", source.capture_function)
    assert source.get_image_and_timestamp() == (b"1", 101.0)
    source.capture_thread.set_last_captured_image(b"mine", 5.0)
    assert source.get_image_and_timestamp() == (b"mine", 5.0)
    source.capture_thread = None


def test_background_starts_without_invalid_parameters(
    camera: Camera, params: Any, spec: Any, caplog: pytest.LogCaptureFixture
) -> None:
    source = VisualImageSource("front", camera, param_spec=spec)
    source.create_capture_thread(params("x"))
    assert source.capture_thread is not None
    assert source.capture_thread.custom_params is None
    assert "not allowed" in caplog.text
    source.stop_capturing()


def test_background_answers_requests_for_its_parameters(camera: Camera, params: Any) -> None:
    source = VisualImageSource("front", camera)
    source.create_capture_thread(params("b"))
    image, _ = source.get_image_and_timestamp(params("b"))
    assert str(image).startswith("b'b")
    assert source.capture_thread is not None
    assert source.capture_thread.custom_params == params("b")
    source.stop_capturing()
    assert None not in camera.captures


def test_request_with_other_parameters_is_captured_with_them(camera: Camera, params: Any) -> None:
    source = VisualImageSource("front", camera)
    source.create_capture_thread()
    with ThreadPoolExecutor(4) as pool:
        modes = ["a", "b", "c", "a"]
        images = list(pool.map(lambda mode: source.get_image_and_timestamp(params(mode))[0], modes))
        assert [chr(image[0]) for image in images] == modes
    assert source.get_image_and_timestamp()[0].isdigit()
    source.stop_capturing()


def test_background_can_be_replaced(camera: Camera, params: Any) -> None:
    source = VisualImageSource("front", camera)
    source.create_capture_thread()
    first = source.capture_thread
    source.create_capture_thread(params("b"))
    assert source.get_image_and_timestamp(params("b"))[0].startswith(b"b")
    assert first is not None
    first.stop_capturing()
    source.stop_capturing()


def test_last_error_explains_a_missing_background_picture(camera: Camera) -> None:
    camera.errors = [OSError("unplugged")] * 1000
    source = VisualImageSource("front", camera)
    source.create_capture_thread()
    with pytest.raises(NoData, match="unplugged"):
        source.request_shot().get(TIMEOUT_S)
    assert "unplugged" in source.faults()[0].message
    source.stop_capturing()
    assert source.faults() == []


def test_one_thread_at_a_time_calls_the_camera(camera: Camera, params: Any) -> None:
    inside = threading.Semaphore()
    taken = camera.blocking_capture

    def capture(*, custom_params: Any = None) -> tuple[bytes, float]:
        assert inside.acquire(blocking=False)
        try:
            return taken(custom_params=custom_params)
        finally:
            inside.release()

    camera.blocking_capture = capture  # type: ignore[method-assign]
    source = VisualImageSource("front", camera)
    source.create_capture_thread()
    for mode in ("a", "b", "c"):
        assert source.get_image_and_timestamp(params(mode))[0] is not None
    assert source.capture_function()[0] is not None
    source.stop_capturing()


def test_equal_requests_that_wait_share_a_capture(camera: Camera) -> None:
    source = VisualImageSource("front", camera)
    camera.go.clear()
    first = source.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    second, third = source.request_shot(), source.request_shot()
    camera.go.set()
    assert first.get(TIMEOUT_S).image == b"1"
    assert second.get(TIMEOUT_S) is third.get(TIMEOUT_S)
    assert second.get(TIMEOUT_S).image == b"2"


def test_request_that_timed_out_is_not_captured(camera: Camera, params: Any) -> None:
    source = VisualImageSource("front", camera)
    camera.go.clear()
    first = source.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    with pytest.raises(NoData, match="in time"):
        source.request_shot(params("b")).get(0.0)
    last = source.request_shot(params("c"))
    camera.go.set()
    assert first.get(TIMEOUT_S).image == b"1"
    assert last.get(TIMEOUT_S).image == b"c2"


def test_requests_for_a_hanging_camera_fail_at_once(
    manual_source: type[VisualImageSource], camera: Camera, clock: ManualClock
) -> None:
    source = manual_source("front", camera)
    camera.go.clear()
    waiting = source.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    clock.advance(10.1)
    with pytest.raises(NoData, match="hangs"):
        source.request_shot()
    with pytest.raises(NoData, match="hangs"):
        waiting.get(TIMEOUT_S)
    assert "hangs" in source.faults()[0].message
    camera.go.set()
    assert source.request_captures.executor.submit(lambda: 1).result(TIMEOUT_S) == 1
    assert source.faults() == []


def test_slow_camera_does_not_hang(
    manual_source: type[VisualImageSource], camera: Camera, clock: ManualClock
) -> None:
    source = manual_source("front", camera)
    source.request_captures.hang_detector.record(4.0)
    camera.go.clear()
    waiting = source.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    clock.advance(19.9)
    source.request_shot()
    clock.advance(0.2)
    with pytest.raises(NoData, match="hangs"):
        source.request_shot()
    camera.go.set()
    assert waiting.get(TIMEOUT_S).image == b"1"


def test_few_requests_wait_for_a_camera_that_became_slow(
    manual_source: type[VisualImageSource], camera: Camera, clock: ManualClock
) -> None:
    source = manual_source("front", camera)
    source.request_shot().get(TIMEOUT_S)
    camera.go.clear()
    camera.entered.clear()
    pending = source.request_shot()
    assert camera.entered.wait(TIMEOUT_S)
    detector = source.request_captures.hang_detector
    with detector.waiting() as one, detector.waiting() as another:
        one()
        clock.advance(1.1)
        one()
        one()
        with pytest.raises(NoData, match="too many"):
            another()
    with detector.waiting() as another:
        another()
    camera.go.set()
    assert pending.get(TIMEOUT_S).image == b"2"


def test_requests_delay_the_background_without_making_it_stale(
    manual_source: type[VisualImageSource],
    manual_thread: type[ImageCaptureThread],
    paced: PacedCapture,
    camera: Camera,
    clock: ManualClock,
    params: Any,
) -> None:
    source = manual_source("front", camera)
    source.capture_thread = thread = manual_thread("front", paced)
    for count in range(4):
        paced.outcome = (b"picture", float(count))
        paced.capture(thread)
    camera.go.clear()
    pending = source.request_shot(params("b"))
    assert camera.entered.wait(TIMEOUT_S)
    clock.advance(5.0)
    assert source.faults() == []
    newest = source.request_shot()
    with ThreadPoolExecutor(1) as pool:
        others = pool.submit(newest.get, TIMEOUT_S)
        camera.go.set()
        assert pending.get(TIMEOUT_S).image == b"b1"
        assert others.result(TIMEOUT_S).image == b"2"
    assert source.faults() == []
    clock.advance(1.1)
    assert "stalled" in source.faults()[0].message
    with pytest.raises(NoData, match="stalled"):
        source.request_shot().get(TIMEOUT_S)


def test_source_without_a_background_can_be_stopped(camera: Camera) -> None:
    VisualImageSource("front", camera).stop_capturing()
    VisualImageSource("front", camera).ask_to_stop()


def test_waiting_calls_are_bounded(clock: ManualClock) -> None:
    go, entered = threading.Event(), threading.Event()
    executor = DaemonExecutor("test", 1, clock)
    executor.submit(lambda: entered.set() or go.wait(TIMEOUT_S))
    assert entered.wait(TIMEOUT_S)
    for _ in range(MAX_WAITING):
        executor.submit(lambda: None)
    with pytest.raises(NoData, match="too many"):
        executor.submit(lambda: None)
    go.set()


def test_system_exit_fails_only_its_request(clock: ManualClock) -> None:
    def capture(*_: Any) -> tuple[Any, float]:
        raise SystemExit("of a camera")

    captures = RequestCaptures("test", capture, clock)
    with pytest.raises(NoData, match="of a camera"):
        captures.request(None, {}).get(TIMEOUT_S)


def test_error_of_a_call_is_raised_by_its_future(clock: ManualClock) -> None:
    def job() -> None:
        raise KeyError("of a job")

    outcome = DaemonExecutor("test", 1, clock).submit(job)
    with pytest.raises(KeyError, match="of a job"):
        outcome.result(TIMEOUT_S)
