from __future__ import annotations

import logging
from typing import Any

import pytest
from bosdyn.api import image_pb2, service_fault_pb2
from bosdyn.client.exceptions import TimedOutError, UnauthenticatedError, UnimplementedError
from bosdyn.client.fault import ServiceFaultAlreadyExistsError, ServiceFaultDoesNotExistError

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.health.faults import Fault
from spot_webcam.fakes.time.manual import ManualClock
from spot_webcam.image_service_helpers import VisualImageSource
from spot_webcam.image_service_helpers.fault_publisher import FaultPublisher, SdkFaultSink

from .conftest import Camera, FaultClient

CAPTURE = "Image Capture Failure for front"
DECODE = "Decoding Image front Failure"
REPEAT_S = 30.0
TIMEOUT_S = 20.0


@pytest.fixture
def client() -> FaultClient:
    return FaultClient()


@pytest.fixture
def source(
    manual_source: type[VisualImageSource], camera: Camera, client: FaultClient
) -> VisualImageSource:
    made = manual_source("front", camera)
    made.fault_client = client
    return made


@pytest.fixture
def publisher(source: VisualImageSource, client: FaultClient, clock: ManualClock) -> FaultPublisher:
    return FaultPublisher("test", source, client, clock, repeat_s=REPEAT_S)


def _publisher(
    source: VisualImageSource, client: FaultClient, clock: ManualClock, stale_names: list[str]
) -> FaultPublisher:
    return FaultPublisher("test", source, client, clock, stale_names=stale_names, repeat_s=REPEAT_S)


def _fail(source: VisualImageSource) -> None:
    source.camera_interface.errors = [OSError("unplugged")]
    with pytest.raises(NoData, match="unplugged"):
        source.request_shot().get(TIMEOUT_S)


def _error(kind: type[Exception]) -> Exception:
    return kind(None, "said")


def test_own_faults_of_an_earlier_run_are_cleared_and_no_others(
    source: VisualImageSource, client: FaultClient, clock: ManualClock
) -> None:
    publisher = _publisher(source, client, clock, [CAPTURE, DECODE])
    for _ in range(3):
        publisher.step()
    assert client.calls == [("clear", CAPTURE), ("clear", DECODE)]


def test_clearing_waits_for_the_robot(
    source: VisualImageSource, client: FaultClient, clock: ManualClock
) -> None:
    publisher = _publisher(source, client, clock, [CAPTURE])
    client.error = _error(TimedOutError)
    assert publisher.step() == 1.0
    client.error = None
    publisher.step()
    publisher.step()
    assert client.calls == [("clear", CAPTURE)] * 2


def test_unreachable_robot_is_logged_once_by_the_source_s_logger(
    source: VisualImageSource,
    client: FaultClient,
    clock: ManualClock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.set_logger(logging.getLogger("of the program"))
    publisher = _publisher(source, client, clock, [CAPTURE])
    client.error = _error(UnauthenticatedError)
    for _ in range(3):
        publisher.step()
    [reported] = caplog.records
    assert (reported.name, reported.levelname) == ("of the program", "ERROR")
    assert "token" in reported.getMessage()


@pytest.mark.parametrize("kind", [ServiceFaultDoesNotExistError, UnimplementedError])
def test_refused_clear_is_not_repeated(
    source: VisualImageSource, client: FaultClient, clock: ManualClock, kind: type[Exception]
) -> None:
    publisher = _publisher(source, client, clock, [CAPTURE])
    client.error = _error(kind)
    publisher.step()
    publisher.step()
    assert len(client.calls) == 1


def test_a_camera_that_fails_costs_one_raise_and_one_clear(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient, clock: ManualClock
) -> None:
    camera = source.camera_interface
    camera.errors = [OSError("unplugged")] * 50
    for _ in range(50):
        with pytest.raises(NoData, match="unplugged"):
            source.request_shot().get(TIMEOUT_S)
        publisher.step()
    assert client.calls == [("trigger", CAPTURE)]
    assert "unplugged" in client.protos[0].error_message
    assert source.active_fault_id_names == {CAPTURE}
    source.request_shot().get(TIMEOUT_S)
    publisher.step()
    clock.advance(10.0)
    publisher.step()
    assert client.calls == [("trigger", CAPTURE), ("clear", CAPTURE)]
    assert source.active_fault_id_names == set()


def test_fault_has_the_attributes_of_its_proto(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient
) -> None:
    fault = source.camera_capture_fault
    fault.severity = service_fault_pb2.ServiceFault.SEVERITY_CRITICAL
    fault.fault_id.service_name = "service"
    _fail(source)
    publisher.step()
    [reported] = client.protos
    assert (reported.severity, reported.fault_id) == (fault.severity, fault.fault_id)
    assert "unplugged" in reported.error_message


def test_pictures_that_cannot_be_decoded_are_a_fault_of_their_own(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient
) -> None:
    source.camera_interface.decode_error = lambda _: OSError("damaged")
    source.decode_image(b"", image_pb2.Image(), None)
    publisher.step()
    assert client.calls == [("trigger", DECODE)]


def test_without_a_client_or_a_fault_nothing_is_raised(
    module: Any, camera: Camera, client: FaultClient
) -> None:
    source = module.VisualImageSource("front", camera)
    source.trigger_fault("nobody hears", source.camera_capture_fault)
    source.clear_fault(source.camera_capture_fault)
    source.initialize_faults(None, "service")
    assert source.active_fault_id_names == set()
    source.fault_client = client
    source.trigger_fault("of what", None)
    source.clear_fault(None)
    assert client.calls == []


def test_a_good_picture_takes_back_what_was_raised_by_hand(source: VisualImageSource) -> None:
    source.trigger_fault("by hand", source.camera_capture_fault)
    assert source.faults() == [Fault(CAPTURE, "by hand")]
    source.request_shot().get(TIMEOUT_S)
    assert source.faults() == []


def test_active_fault_is_triggered_periodically(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient, clock: ManualClock
) -> None:
    """The robot forgets faults when the program registers its service."""
    _fail(source)
    publisher.step()
    client.error = _error(ServiceFaultAlreadyExistsError)
    clock.advance(REPEAT_S)
    publisher.step()
    publisher.step()
    assert client.calls == [("trigger", CAPTURE)] * 2


def test_cleared_fault_is_not_triggered_again(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient, clock: ManualClock
) -> None:
    _fail(source)
    publisher.step()
    source.request_shot().get(TIMEOUT_S)
    clock.advance(REPEAT_S)
    publisher.step()
    assert client.calls == [("trigger", CAPTURE)]


def test_source_publishes_on_its_own_thread(camera: Camera, client: FaultClient) -> None:
    source = VisualImageSource("front", camera)
    source.publish_faults(client, "service")
    assert source.camera_capture_fault.fault_id.service_name == "service"
    source.publish_faults(client, "another")
    source.set_logger(logging.getLogger("test"))
    source.set_logger(None)
    assert source.logger.name == "test"
    source.stop_capturing()
    assert ("clear", CAPTURE) in client.calls


def test_faults_of_other_sources_are_never_cleared(
    source: VisualImageSource, client: FaultClient
) -> None:
    SdkFaultSink(client, source).clear_all()
    assert client.calls == []


def test_reported_faults_are_cleared_at_the_end(
    source: VisualImageSource, publisher: FaultPublisher, client: FaultClient
) -> None:
    _fail(source)
    publisher.step()
    publisher.finish()
    assert client.calls[-1] == ("clear", CAPTURE)
