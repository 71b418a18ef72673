"""What a program calls directly, overrides or starts while a servicer has its sources."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from bosdyn.api import image_pb2, service_fault_pb2

import spot_webcam.image_service_helpers as ours
from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers import ImageCaptureThread, VisualImageSource

from .conftest import Camera, FaultClient, SdkRobot

CAPTURE = "Image Capture Failure for front"
DECODE = "Decoding Image front Failure"
TIMEOUT_S = 20.0
RESPONSE = image_pb2.ImageResponse


class Robot(FaultClient):
    """A fault client whose trigger waits for `go`; tests wait for its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()
        self.go.set()
        self.changed = threading.Condition()

    def trigger_service_fault(self, fault: Any, **options: Any) -> None:
        assert self.go.wait(TIMEOUT_S)
        with self.changed:
            super().trigger_service_fault(fault, **options)
            self.changed.notify_all()

    def clear_service_fault(self, fault_id: Any, **options: Any) -> None:
        with self.changed:
            super().clear_service_fault(fault_id, **options)
            self.changed.notify_all()

    def wait_for(self, kind: str, name: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: (kind, name) in self.calls, TIMEOUT_S)

    def triggers(self) -> list[str]:
        return [name for kind, name in self.calls if kind == "trigger"]


@pytest.fixture
def client(sdk_robot: SdkRobot) -> Iterator[Robot]:
    sdk_robot.faults = made = Robot()
    yield made
    made.go.set()


def _request(**fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name="front", **fields)


def _fault(name: str) -> Any:
    return service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name=name)
    )


def _fail(source: VisualImageSource) -> None:
    source.camera_interface.errors.append(OSError("unplugged"))
    with pytest.raises(NoData, match="unplugged"):
        source.request_shot().get(TIMEOUT_S)


@pytest.fixture
def source(camera: Camera, serve: Any, client: Robot) -> Iterator[VisualImageSource]:
    """A source that captures on demand, and whose start is over."""
    made = VisualImageSource("front", camera)
    servicer = serve(ours, made)
    client.wait_for("clear", DECODE)
    client.calls.clear()
    yield made
    servicer.stop()


def test_no_answer_waits_for_the_report_of_a_fault(
    camera: Camera, serve: Any, get: Any, client: Robot
) -> None:
    servicer = serve(ours, VisualImageSource("front", camera))
    client.go.clear()
    camera.errors = [OSError("unplugged")]
    camera.decode_error = lambda _: ValueError("damaged")
    for status in (
        RESPONSE.STATUS_IMAGE_DATA_ERROR,
        RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED,
    ):
        response = get(servicer, _request())
        assert response.image_responses[0].status == status
        assert response.header.error.message
    assert client.triggers() == []


def test_fault_that_a_program_raises_is_reported_once(
    source: VisualImageSource, client: Robot
) -> None:
    fault = _fault("lens is dirty")
    source.trigger_fault("wipe it", fault)
    assert client.triggers() == ["lens is dirty"]
    _fail(source)
    client.wait_for("trigger", CAPTURE)  # the publisher has seen both
    assert client.triggers() == ["lens is dirty", CAPTURE]
    source.clear_fault(fault)
    assert client.calls[-1] == ("clear", "lens is dirty")


def test_direct_capture_does_not_repeat_what_the_publisher_reported(
    source: VisualImageSource, camera: Camera, client: Robot
) -> None:
    _fail(source)
    client.wait_for("trigger", CAPTURE)
    camera.errors = [OSError("unplugged")] * 2
    for _ in range(2):
        assert source.get_image_and_timestamp() == (None, None)
    assert client.triggers() == [CAPTURE]
    assert source.get_image_and_timestamp()[0] is not None
    assert client.calls[-1] == ("clear", CAPTURE)
    assert source.faults() == []


def test_stop_clears_what_a_program_raised(source: VisualImageSource, client: Robot) -> None:
    source.trigger_fault("wipe it", _fault("lens is dirty"))
    source.stop_capturing()
    assert client.calls == [("trigger", "lens is dirty"), ("clear", "lens is dirty")]


def test_fault_of_a_program_is_raised_again_if_the_robot_loses_it(
    camera: Camera, serve: Any, client: Robot
) -> None:
    class Mine(VisualImageSource):
        fault_repeat_s = 0.05

    source = Mine("front", camera)
    servicer = serve(ours, source)
    source.trigger_fault("wipe it", _fault("lens is dirty"))
    client.calls.clear()
    client.wait_for("trigger", "lens is dirty")
    servicer.stop()


def test_fault_that_could_not_be_raised_is_raised_later(
    source: VisualImageSource, client: Robot
) -> None:
    client.error = ValueError("closed")
    source.trigger_fault("wipe it", _fault("lens is dirty"))
    assert source.active_fault_id_names == set()
    client.error = None
    client.calls.clear()
    client.wait_for("trigger", "lens is dirty")


def test_overridden_decoding_acts_as_the_program_wants(
    camera: Camera, serve: Any, get: Any, client: Robot
) -> None:
    class Mine(VisualImageSource):
        def image_decode_with_error_checking(self, data: Any, image: Any, request: Any) -> int:
            status = super().image_decode_with_error_checking(data, image, request)
            statuses.append((status, client.triggers()))
            return status

    statuses: list[Any] = []
    camera.decode_error = lambda _: ValueError("damaged")
    get(serve(ours, Mine("front", camera)), _request())
    failed = RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert statuses == [(failed, [DECODE])]


def test_overridden_start_acts_as_the_program_wants(
    camera: Camera, serve: Any, client: Robot
) -> None:
    class Mine(VisualImageSource):
        def initialize_faults(self, fault_client: Any, image_service: str) -> None:
            super().initialize_faults(fault_client, image_service)
            started.append(image_service)

    started: list[str] = []
    serve(ours, Mine("front", camera))
    assert started == ["service"]
    assert client.calls[0] == ("clear", "")


def test_own_loop_reports_faults(camera: Camera, client: Robot) -> None:
    """A program with a servicer of its own, in the order that it likes."""
    source = VisualImageSource("front", camera)
    camera.errors = [OSError("unplugged")] * 10_000
    source.create_capture_thread()
    source.initialize_faults(client, "service")
    client.wait_for("trigger", CAPTURE)
    client.calls.clear()
    source.stop_capturing()
    assert client.calls == [("clear", CAPTURE)]


def test_background_of_before_the_servicer_is_used(
    camera: Camera, serve: Any, get: Any, client: Robot
) -> None:
    source = VisualImageSource("front", camera)
    source.create_capture_thread()
    servicer = serve(ours, source)
    assert get(servicer, _request()).image_responses[0].status == RESPONSE.STATUS_OK
    assert source.request_shot().is_background
    client.wait_for("clear", CAPTURE)


@pytest.fixture
def background(camera: Camera, params: Any) -> Iterator[VisualImageSource]:
    """A source whose background has parameters."""
    source = VisualImageSource("front", camera)
    source.create_capture_thread(params("c"))
    yield source
    source.stop_capturing()


def _background_params(source: VisualImageSource) -> Any:
    assert isinstance(source.capture_thread, ImageCaptureThread)
    return source.capture_thread.custom_params


def test_request_without_parameters_gets_a_picture_without_them(
    background: VisualImageSource, params: Any
) -> None:
    assert background.get_image_and_timestamp(params("c"))[0].startswith(b"c")
    assert background.get_image_and_timestamp()[0].isdigit()
    empty = type(params("a"))()
    assert background.get_image_and_timestamp(empty)[0].isdigit()


def test_background_follows_requests_without_parameters(
    background: VisualImageSource, params: Any
) -> None:
    """So that they need no captures of their own."""
    assert not background.request_shot().is_background
    shot = background.request_shot()
    assert shot.is_background
    assert shot.get(TIMEOUT_S).image.isdigit()
    assert not background.request_shot(params("c")).is_background
    shot = background.request_shot(params("c"))
    assert shot.is_background
    assert shot.get(TIMEOUT_S).image.startswith(b"c")


def test_background_follows_no_other_parameters(background: VisualImageSource, params: Any) -> None:
    for _ in range(2):
        assert background.get_image_and_timestamp(params("b"))[0].startswith(b"b")
        assert _background_params(background) == params("c")


def test_picture_of_the_background_has_the_parameters_of_its_request(
    background: VisualImageSource, params: Any
) -> None:
    """Though another request changes the background before the first one waits for it."""
    first = background.request_shot(params("c"))
    assert first.is_background
    background.request_shot()
    assert _background_params(background) is None
    assert first.get(TIMEOUT_S).image.startswith(b"c")


def test_background_that_hangs_is_not_changed(
    manual_source: type[VisualImageSource], camera: Camera, clock: Any, params: Any
) -> None:
    """Its fault would be cleared: it would have time to start again."""

    class ManualThread(ImageCaptureThread):
        pass

    ManualThread.clock = clock
    source = manual_source("front", camera)
    source.capture_thread = ManualThread(
        "front", source.capture_function, custom_params=params("c")
    )
    source.capture_thread.set_last_captured_image(b"picture", 1.0)
    camera.go.clear()
    source.capture_thread.start_capturing()
    assert camera.entered.wait(TIMEOUT_S)
    clock.advance(31.0)
    assert [fault.name for fault in source.faults()] == [CAPTURE]
    shot = source.request_shot()
    assert _background_params(source) == params("c")
    source.capture_thread.stop_capturing_event.set()
    camera.go.set()
    assert shot.get(TIMEOUT_S).image.isdigit()
    source.stop_capturing()
