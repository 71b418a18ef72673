"""Cameras in trouble: what clients are answered, and which faults the robot gets."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bosdyn.api import image_pb2, service_fault_pb2

from spot_webcam.fakes.robot import FakeRobot

OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
UNSUPPORTED_PIXELS = image_pb2.ImageResponse.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED
WARN = service_fault_pb2.ServiceFault.SEVERITY_WARN
SERVICE = "web-cam-service"
# Ten seconds between pictures, which are good for half a minute: no load makes them stale.
STEADY = "steady=synthetic:?fps=0.1"


def test_an_unplugged_camera_costs_one_trigger_and_one_clear(serve: Callable[..., Any]) -> None:
    # At four pictures a second the last one is good for 1.25 s.
    serving = serve("flaky=synthetic:?fps=4&script=unplug@0.3s+2s", STEADY)
    serving.wait_for_status("steady", OK)
    asked = [image_pb2.ImageRequest(image_source_name=name) for name in ("flaky", "steady")]
    seen: list[tuple[int, int]] = []

    def events() -> list[tuple[str, str]]:
        return [
            (event.kind, event.outcome)
            for event in serving.robot.fault_events()
            if event.fault_name == "Image Capture Failure for flaky"
        ]

    def cleared() -> bool:
        flaky, steady = serving.client.get(*asked)
        seen.append((flaky.status, steady.status))
        return ("clear", "OK") in events()

    assert serving.eventually(cleared)
    assert set(seen) == {(OK, OK), (IMAGE_DATA_ERROR, OK)}
    assert seen[-1] == (OK, OK)
    assert events() == [("trigger", "OK"), ("clear", "OK")]
    assert serving.faults() == []


def test_failed_picture_is_a_fault_of_its_source_only(serve: Callable[..., Any]) -> None:
    serving = serve("gone=synthetic:?script=absent@0s")
    serving.wait_for_status("gone", IMAGE_DATA_ERROR)
    response = serving.client.call(image_pb2.ImageRequest(image_source_name="gone"))
    [answer] = response.image_responses
    assert answer.source.name == "gone"
    assert not answer.HasField("shot")
    assert response.header.error.message == "gone: scripted: there is no such camera"


def test_fault_of_a_device_whose_name_is_no_unicode_is_reported(serve: Callable[..., Any]) -> None:
    serving = serve("gone=/dev/x\udcff")
    assert serving.eventually(serving.robot.faults)
    [fault] = serving.robot.faults()
    assert "no /dev/x\\udcff" in fault.error_message
    response = serving.client.call(image_pb2.ImageRequest(image_source_name="gone"))
    assert "no /dev/x\\udcff" in response.header.error.message


def test_fault_says_who_is_in_trouble_and_why(serve: Callable[..., Any]) -> None:
    serving = serve("gone=synthetic:?script=absent@0s")
    assert serving.eventually(serving.robot.faults)
    [fault] = serving.robot.faults()
    assert fault.fault_id.fault_name == "Image Capture Failure for gone"
    assert fault.fault_id.service_name == SERVICE
    assert fault.severity == WARN
    assert fault.error_message == "scripted: there is no such camera"


def test_pictures_that_do_not_decode_have_a_fault_of_their_own(serve: Callable[..., Any]) -> None:
    serving = serve("damaged=synthetic:?script=corrupt@0s")
    serving.wait_for_status("damaged", IMAGE_DATA_ERROR)
    assert serving.eventually(serving.faults)
    assert serving.faults() == ["Decoding Image damaged Failure"]


def test_a_camera_that_hangs_does_not_delay_the_others(serve: Callable[..., Any]) -> None:
    serving = serve("hangs=synthetic:?script=hang@0.2s", STEADY)
    serving.wait_for_status("steady", OK)
    serving.wait_for_status("hangs", IMAGE_DATA_ERROR)
    asked = [image_pb2.ImageRequest(image_source_name=name) for name in ("hangs", "steady")]
    assert [one.status for one in serving.client.get(*asked)] == [IMAGE_DATA_ERROR, OK]
    assert serving.eventually(lambda: serving.faults() == ["Image Capture Failure for hangs"])


def test_a_missing_device_comes_alive_when_it_appears(
    serve: Callable[..., Any], tmp_path: Path, make_clip: Callable[[Path], None]
) -> None:
    path = tmp_path / "later.avi"
    serving = serve(f"later={path}")
    assert list(serving.client.list()) == ["later"]
    serving.wait_for_status("later", IMAGE_DATA_ERROR)
    assert serving.eventually(serving.faults)
    [fault] = serving.robot.faults()
    assert fault.fault_id.fault_name == "Image Capture Failure for later"
    assert str(path) in fault.error_message

    make_clip(path)
    serving.wait_for_status("later", OK)
    assert serving.eventually(lambda: not serving.faults())
    source = serving.client.list()["later"]
    assert (source.cols, source.rows) == (64, 48)


def test_a_camera_that_was_never_there_refuses_no_format(serve: Callable[..., Any]) -> None:
    # What it can do is not known: that the picture is missing is all that can be said.
    serving = serve("gone=synthetic:?layout=depth16&script=absent@0s")
    for pixel_format in (
        image_pb2.Image.PIXEL_FORMAT_DEPTH_U16,
        image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U16,
    ):
        answer = serving.client.ask("gone", pixel_format=pixel_format)
        assert answer.status == IMAGE_DATA_ERROR


def test_a_camera_that_changes_its_size_says_so(serve: Callable[..., Any]) -> None:
    serving = serve("zoom=synthetic:?size=128x96&fps=20&script=resize=64x48@0.5s")
    serving.wait_for_pictures()

    def sizes() -> tuple[int, int, int, int]:
        answer = serving.client.ask("zoom")
        image, source = answer.shot.image, answer.source
        return image.cols, image.rows, source.cols, source.rows

    assert serving.eventually(lambda: sizes() == (64, 48, 64, 48))
    source = serving.client.list()["zoom"]
    assert (source.cols, source.rows) == (64, 48)


def _as_payload(sdk_robot: Any, guid: str) -> Any:
    sdk_robot.authenticate_from_payload_credentials(guid, "secret", retry_interval=0.0)
    sdk_robot.sync_with_directory()
    return sdk_robot


def _raise_fault(payload: Any, fault_name: str, service_name: str) -> None:
    fault = service_fault_pb2.ServiceFault(severity=WARN)
    fault.fault_id.fault_name = fault_name
    fault.fault_id.service_name = service_name
    payload.ensure_client("fault").trigger_service_fault(fault)


def _register(payload: Any, name: str, authority: str) -> None:
    payload.ensure_client("directory-registration").register(
        name, "bosdyn.api.ImageService", authority, "127.0.0.1", 1234
    )


def test_what_an_earlier_life_left_is_replaced_at_start(
    robot: FakeRobot, sdk: Any, serve: Callable[..., Any]
) -> None:
    robot.register_payload("earlier", "secret")
    payload = _as_payload(sdk, "earlier")
    _register(payload, SERVICE, "an-older-authority")
    _raise_fault(payload, "Image Capture Failure for removed", SERVICE)
    _raise_fault(payload, "Not ours", "another-service")
    robot.move_clock(60)  # a service that has been silent for so long is dead

    serving = serve("synthetic:")

    [entry] = robot.services()
    assert (entry.name, entry.authority, entry.port) == (
        SERVICE,
        "robot-web-cam",
        serving.daemon.port,
    )
    assert entry.type == "bosdyn.api.ImageService"
    assert entry.user_token_required
    assert serving.faults() == ["Not ours"]


def test_old_faults_are_cleared_where_the_old_entry_is_gone(
    robot: FakeRobot, sdk: Any, serve: Callable[..., Any]
) -> None:
    robot.register_payload("earlier", "secret")
    _raise_fault(_as_payload(sdk, "earlier"), "Image Capture Failure for removed", SERVICE)
    serving = serve("synthetic:")
    assert serving.eventually(lambda: not serving.faults())
