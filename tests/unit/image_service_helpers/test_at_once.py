"""What a program calls directly acts at once, as the SDK's does."""

from __future__ import annotations

from typing import Any

import pytest
from bosdyn.api import image_pb2, service_fault_pb2
from bosdyn.client.exceptions import TimedOutError
from bosdyn.client.fault import ServiceFaultAlreadyExistsError, ServiceFaultDoesNotExistError

from spot_webcam.image_service_helpers import VisualImageSource

from .conftest import Camera, FaultClient

CAPTURE = "Image Capture Failure for front"
DECODE = "Decoding Image front Failure"
RESPONSE = image_pb2.ImageResponse
IMAGE = image_pb2.Image
CLEARED_ALL = ("clear", "")


@pytest.fixture
def client() -> FaultClient:
    return FaultClient()


@pytest.fixture
def source(module: Any, camera: Camera, client: FaultClient) -> Any:
    """A source of either module, with a fault client; it serves nothing."""
    made = module.VisualImageSource("front", camera, pixel_formats=[IMAGE.PIXEL_FORMAT_RGB_U8])
    made.initialize_faults(client, "service")
    client.calls.clear()
    return made


def _fault(name: str) -> Any:
    return service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name=name, service_name="service"),
        severity=service_fault_pb2.ServiceFault.SEVERITY_CRITICAL,
    )


def test_start_clears_all_faults_of_the_service(
    module: Any, camera: Camera, client: FaultClient
) -> None:
    source = module.VisualImageSource("front", camera)
    source.initialize_faults(client, "service")
    assert client.calls == [CLEARED_ALL]
    assert source.camera_capture_fault.fault_id.service_name == "service"
    assert source.decode_data_fault.fault_id.service_name == "service"
    assert source.active_fault_id_names == set()


def test_start_for_a_service_without_faults_is_no_error(
    module: Any, camera: Camera, client: FaultClient
) -> None:
    client.error = ServiceFaultDoesNotExistError(None, "none")
    source = module.VisualImageSource("front", camera)
    source.active_fault_id_names.add("of an earlier service")
    source.initialize_faults(client, "service")
    assert client.calls == [CLEARED_ALL]
    assert source.active_fault_id_names == set()


def test_failed_capture_is_a_fault_until_one_succeeds(
    source: Any, camera: Camera, client: FaultClient
) -> None:
    camera.errors = [OSError("unplugged")] * 2
    for count in (1, 2):
        assert source.get_image_and_timestamp() == (None, None)
        assert client.calls == [("trigger", CAPTURE)] * count
    assert "unplugged" in client.protos[0].error_message
    assert source.active_fault_id_names == {CAPTURE}
    assert source.get_image_and_timestamp() == (b"3", 103.0)
    assert client.calls[2:] == [("clear", CAPTURE)]
    assert source.active_fault_id_names == set()
    source.get_image_and_timestamp()
    assert len(client.calls) == 3


def test_capture_function_reports_too(source: Any, camera: Camera, client: FaultClient) -> None:
    camera.errors = [OSError("unplugged")]
    assert source.capture_function() == (None, None)
    assert client.calls == [("trigger", CAPTURE)]
    assert source.capture_function() == (b"2", 102.0)
    assert client.calls[1:] == [("clear", CAPTURE)]


@pytest.mark.parametrize("request_", [None, image_pb2.ImageRequest(image_format=IMAGE.FORMAT_RLE)])
def test_failed_decoding_is_a_fault_until_one_succeeds(
    source: Any, camera: Camera, client: FaultClient, request_: Any
) -> None:
    """Even if only this request fails: the caller decides what that means."""
    camera.decode_error = lambda request: ValueError("no RLE") if request is request_ else None
    image = IMAGE()
    status = source.image_decode_with_error_checking(b"data", image, request_)
    assert status == RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert client.calls == [("trigger", DECODE)]
    assert "no RLE" in client.protos[0].error_message
    assert camera.decodings == [request_]
    plain = image_pb2.ImageRequest()
    status = source.image_decode_with_error_checking(b"data", image, plain)
    assert (status, image.data) == (RESPONSE.STATUS_OK, b"data")
    assert client.calls[1:] == [("clear", DECODE)]


def test_unsupported_pixel_format_is_refused_whatever_the_fallback(
    source: Any, camera: Camera, client: FaultClient
) -> None:
    request = image_pb2.ImageRequest(
        pixel_format=IMAGE.PIXEL_FORMAT_DEPTH_U16,
        fallback_formats=[IMAGE.PIXEL_FORMAT_RGB_U8],
    )
    status = source.image_decode_with_error_checking(b"data", IMAGE(), request)
    assert status == RESPONSE.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED
    assert (camera.decodings, client.calls) == ([], [])


def test_program_raises_and_clears_faults_of_its_own(source: Any, client: FaultClient) -> None:
    fault = _fault("lens is dirty")
    source.clear_fault(fault)
    assert client.calls == []
    source.trigger_fault("wipe it", fault)
    assert client.calls == [("trigger", "lens is dirty")]
    [reported] = client.protos
    assert (reported.error_message, reported.severity) == ("wipe it", fault.severity)
    assert source.active_fault_id_names == {"lens is dirty"}
    for _ in range(2):
        source.clear_fault(fault)
        assert client.calls[1:] == [("clear", "lens is dirty")]
    assert source.active_fault_id_names == set()


def test_robot_that_does_not_answer_is_logged(
    source: Any, client: FaultClient, caplog: pytest.LogCaptureFixture
) -> None:
    client.error = TimedOutError(None, "late")
    source.trigger_fault("wipe it", _fault("lens is dirty"))
    source.initialize_faults(client, "service")
    assert source.active_fault_id_names == set()
    assert [record.levelname for record in caplog.records] == ["ERROR"] * 2


def test_clear_that_is_not_answered_is_repeated(source: Any, client: FaultClient) -> None:
    fault = _fault("lens is dirty")
    source.trigger_fault("wipe it", fault)
    client.error = TimedOutError(None, "late")
    source.clear_fault(fault)
    client.error = None
    source.clear_fault(fault)
    assert client.calls[1:] == [("clear", "lens is dirty")] * 2
    assert source.active_fault_id_names == set()


def test_source_that_serves_nothing_leaves_no_thread(
    source: Any, camera: Camera, client: FaultClient
) -> None:
    camera.errors = [OSError("unplugged")]
    source.get_image_and_timestamp()
    source.stop_capturing()
    assert client.calls == [("trigger", CAPTURE)]
    assert getattr(source, "fault_publisher", None) is None


def test_fault_that_somebody_else_raised_is_cleared(camera: Camera) -> None:
    """With the SDK's it stays: only a fault that the robot did not have yet becomes active."""

    class Knows(FaultClient):
        def trigger_service_fault(self, fault: Any, **options: Any) -> None:
            super().trigger_service_fault(fault, **options)
            raise ServiceFaultAlreadyExistsError(None, "known")

    client = Knows()
    source = VisualImageSource("front", camera)
    source.initialize_faults(client, "service")
    camera.errors = [OSError("unplugged")]
    source.get_image_and_timestamp()
    source.get_image_and_timestamp()
    assert client.calls == [CLEARED_ALL, ("trigger", CAPTURE), ("clear", CAPTURE)]


def test_start_forgets_what_was_raised_before(camera: Camera, client: FaultClient) -> None:
    """It is cleared on the robot; the SDK's clears it once more, after the next picture."""
    source = VisualImageSource("front", camera)
    source.initialize_faults(client, "service")
    source.trigger_fault("wipe it", source.camera_capture_fault)
    assert [fault.message for fault in source.faults()] == ["wipe it"]
    source.initialize_faults(client, "service")
    assert source.faults() == []
    assert source.active_fault_id_names == set()
