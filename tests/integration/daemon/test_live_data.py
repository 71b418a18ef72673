"""The daemon's data acquisition plugin under the robot's data acquisition."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.client.data_acquisition import UnknownCaptureTypeError
from bosdyn.client.data_acquisition_helpers import acquire_and_process_request
from bosdyn.client.signals_helpers import get_data
from google.protobuf import json_format

from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S, eventually

from .conftest import GUID, SECRET, calls_of

SERVICE = "web-cam-service-health"
PLUGIN_TYPE = "bosdyn.api.DataAcquisitionPluginService"
FRONT, BACK = f"{SERVICE}_front", f"{SERVICE}_back"
DEVICES = ("front=synthetic:?size=320x240&fps=30", "back=synthetic:?size=160x120&fps=15")


@pytest.fixture
def acquisition(robot: FakeRobot, sdk: Any) -> Any:
    """The SDK's client of the robot's data acquisition."""
    assert robot.is_up
    sdk.authenticate("user", "password")
    sdk.time_sync.wait_for_sync()
    return sdk.ensure_client("data-acquisition")


def capabilities(acquisition: Any) -> list[Any]:
    return list(acquisition.get_service_info().data_sources)


def values(acquisition: Any, name: str) -> dict[str, Any]:
    request = api.LiveDataRequest(data_captures=[api.DataCapture(name=name)])
    [live] = acquisition.get_live_data(request).live_data
    assert (live.name, live.status) == (name, live.STATUS_OK)
    return {identifier: get_data(signal.signal_data) for identifier, signal in live.signals.items()}


def test_live_data_of_each_camera_come_through_the_robot(
    robot: FakeRobot, start_daemon: Callable[..., Any], acquisition: Any
) -> None:
    start_daemon(robot, *DEVICES, live_data=True)
    listed = capabilities(acquisition)
    assert [source.name for source in listed] == [FRONT, BACK]
    assert {source.service_name for source in listed} == {SERVICE}
    assert all(source.has_live_data for source in listed)
    assert eventually(lambda: "sharpness" in values(acquisition, FRONT))
    assert eventually(lambda: values(acquisition, FRONT).get("fps", 0) > 0)
    shown = values(acquisition, FRONT)
    assert (shown["state"], shown["delivers"], shown["reconnects"]) == ("good", True, 0)
    assert 0 < shown["brightness"] < 100
    assert shown["age"] < 30
    request = api.LiveDataRequest(data_captures=[api.DataCapture(name=f"{SERVICE}_side")])
    with pytest.raises(UnknownCaptureTypeError):
        acquisition.get_live_data(request)


def test_capture_stores_camera_health_beside_the_picture(
    serve: Callable[..., Any], acquisition: Any
) -> None:
    serving = serve(*DEVICES, live_data=True)
    serving.wait_for_status("front", 1)
    captures = api.AcquisitionRequestList(data_captures=[api.DataCapture(name=FRONT)])
    captures.image_captures.add(image_service="web-cam-service", image_source="front")
    assert acquire_and_process_request(acquisition, captures, "mission", "gauge")
    stored = {capture.channel: capture for capture in serving.robot.stored_captures()}
    assert stored.keys() == {FRONT, "web-cam-service_front"}
    metadata = api.AssociatedMetadata.FromString(stored[FRONT].content)
    assert metadata.reference_id.action_id.action_name == "gauge"
    health = json_format.MessageToDict(metadata.metadata.data)["camera_health"]
    assert (health["source"], health["state"]) == ("front", "good")
    assert {"age_s", "staleness_limit_s", "reconnects"} <= health.keys()
    assert stored[FRONT].action_name == stored["web-cam-service_front"].action_name


def test_plugin_is_registered_and_removed_with_the_service(
    robot: FakeRobot, start_daemon: Callable[..., Any]
) -> None:
    daemon = start_daemon(robot, DEVICES[0], live_data=True)
    entries = {service.name: service for service in robot.services()}
    assert entries.keys() == {"web-cam-service", SERVICE}
    assert entries[SERVICE].type == PLUGIN_TYPE
    assert entries[SERVICE].port == daemon.port
    daemon.stop()
    assert not robot.services()
    assert not robot.faults()


def test_plugin_that_the_robot_lost_is_registered_again(
    robot: FakeRobot, short_heartbeat: None, start_daemon: Callable[..., Any], sdk: Any
) -> None:
    start_daemon(robot, DEVICES[0], live_data=True)
    before = calls_of(robot, "RegisterService")
    sdk.authenticate_from_payload_credentials(GUID, SECRET)
    sdk.ensure_client("directory-registration").unregister(SERVICE)
    assert eventually(lambda: calls_of(robot, "RegisterService") > before)
    assert eventually(lambda: SERVICE in {service.name for service in robot.services()})
    # The image service was not registered again, which would have cleared its faults.
    assert calls_of(robot, "RegisterService") == before + 1


def test_without_the_flag_there_is_no_plugin(
    robot: FakeRobot, start_daemon: Callable[..., Any], acquisition: Any
) -> None:
    start_daemon(robot, DEVICES[0])
    assert [service.name for service in robot.services()] == ["web-cam-service"]
    assert capabilities(acquisition) == []


def test_asking_keeps_an_idle_source_idle(
    robot: FakeRobot, start_daemon: Callable[..., Any], acquisition: Any
) -> None:
    daemon = start_daemon(robot, DEVICES[0], live_data=True)
    assert eventually(lambda: "sharpness" in values(acquisition, FRONT))
    before = daemon.monitor.snapshot().sources[0].counts
    # Until a picture that nobody needs was skipped, while live data are asked for.
    questions = itertools.count()
    assert eventually(
        lambda: (
            values(acquisition, FRONT)
            and next(questions) > 5
            and daemon.monitor.snapshot().sources[0].counts.idle > before.idle + 20
        )
    )
    assert daemon.monitor.snapshot().requests.calls == 0


def test_process_offers_live_data_and_leaves_nothing(
    robot: FakeRobot, acquisition: Any, command: Any, serve_flags: list[str]
) -> None:
    process = command.start(*serve_flags, f"--device-name={DEVICES[0]}", "--live-data")
    assert robot.wait_for(lambda: len(robot.services()) == 2, PATIENCE_S)
    assert eventually(lambda: "sharpness" in values(acquisition, FRONT))
    process.popen.terminate()
    assert process.end().code == 0
    assert robot.services() == []


def test_reboot_of_the_robot_brings_the_plugin_back(
    robot: FakeRobot, short_heartbeat: None, start_daemon: Callable[..., Any]
) -> None:
    daemon = start_daemon(robot, DEVICES[0], live_data=True)
    robot.reboot()
    assert eventually(lambda: len(robot.services()) == 2 and daemon.registered.is_set())


def test_plugin_that_the_robot_refuses_does_not_impair_the_service(
    robot: FakeRobot,
    short_heartbeat: None,
    begin_daemon: Callable[..., Any],
    sdk: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sdk.authenticate_from_payload_credentials(GUID, SECRET)
    registration = sdk.ensure_client("directory-registration")
    registration.register("other", PLUGIN_TYPE, "robot-web-cam-health", "127.0.0.1", 9)
    daemon = begin_daemon(robot, DEVICES[0], live_data=True)
    assert daemon.registered.wait(PATIENCE_S)
    assert eventually(lambda: calls_of(robot, "RegisterService") > 4)
    assert {service.name for service in robot.services()} == {"other", "web-cam-service"}
    refused = [line for line in caplog.messages if line.startswith("a further service")]
    assert len(refused) == 1
    assert "another service has the authority 'robot-web-cam-health'" in refused[0]
    registration.unregister("other")
    assert eventually(lambda: SERVICE in {service.name for service in robot.services()})
