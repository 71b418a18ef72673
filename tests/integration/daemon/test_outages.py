"""A robot that reboots, falls silent, forgets tokens, or is not there."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2
from bosdyn.client.common import BaseClient

from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.conftest import calls_of
from tests.timing import PATIENCE_S

OK = image_pb2.ImageResponse.STATUS_OK
FAULT = "Image Capture Failure for gone"
GONE = "gone=synthetic:?script=absent@0s"
# Ten seconds between pictures, which are good for half a minute: no load makes them stale.
STEADY = "steady=synthetic:?fps=0.1"

pytestmark = pytest.mark.usefixtures("short_heartbeat")
Begin = Callable[..., Any]


def lost(robot: FakeRobot, daemon: Any) -> bool:
    return robot.wait_for(lambda: not daemon.registered.is_set(), PATIENCE_S)


def test_heartbeats_keep_the_entry_alive(serve: Callable[..., Any]) -> None:
    serving = serve(STEADY)
    [entry] = serving.robot.services()
    assert entry.liveness_timeout_s > 0

    def is_younger() -> bool:
        [now] = serving.robot.services()
        return bool(now.last_update_ns > entry.last_update_ns)

    assert serving.eventually(is_younger)
    assert calls_of(serving.robot, "RegisterService") == 1


def test_reboot_is_followed_by_a_registration_and_by_the_standing_faults(
    serve: Callable[..., Any], connect: Callable[..., Any]
) -> None:
    serving = serve(GONE, STEADY)
    assert serving.eventually(lambda: serving.faults() == [FAULT])

    serving.robot.reboot(downtime_s=0.5)
    assert serving.faults() == []
    assert serving.robot.services() == []

    assert serving.eventually(serving.robot.services)
    assert serving.eventually(lambda: serving.faults() == [FAULT])
    assert serving.daemon.registered.wait(PATIENCE_S)
    # The reboot took the old client's token and time sync with it.
    client = connect(serving.robot)
    assert serving.eventually(lambda: client.status("steady") == OK)
    assert client.ask("steady").shot.acquisition_time.seconds > 0


def test_pictures_are_served_while_the_robot_is_away(
    robot: FakeRobot, start_daemon: Begin, ask_directly: Callable[..., int]
) -> None:
    daemon = start_daemon(robot, STEADY)
    robot.power_off()
    assert lost(robot, daemon)
    assert ask_directly(daemon, "steady") == OK
    robot.boot()
    assert daemon.registered.wait(PATIENCE_S)


@pytest.mark.parametrize("end", [FakeRobot.revoke_tokens, FakeRobot.expire_tokens])
def test_daemon_logs_in_again_when_its_token_ends(
    end: Callable[[FakeRobot], None], robot: FakeRobot, start_daemon: Begin
) -> None:
    daemon = start_daemon(robot, GONE)
    assert robot.wait_for(robot.faults, PATIENCE_S)
    logins = calls_of(robot, "GetPayloadAuthToken")

    end(robot)

    assert robot.wait_for(lambda: calls_of(robot, "GetPayloadAuthToken") > logins, PATIENCE_S)
    [entry] = robot.services()
    assert robot.wait_for(
        lambda: robot.services()[0].last_update_ns > entry.last_update_ns, PATIENCE_S
    )
    assert daemon.registered.wait(PATIENCE_S)
    # The robot still knew the service and its fault: neither is reported again.
    assert calls_of(robot, "RegisterService") == 1
    assert [event.kind for event in robot.fault_events() if event.fault_name == FAULT] == [
        "trigger"
    ]


def test_unauthorized_payload_waits_and_registers_once_it_is_authorized(
    fake_robot: FakeRobot, begin_daemon: Begin, credentials: tuple[str, str]
) -> None:
    guid, secret = credentials
    fake_robot.register_payload(guid, secret, authorized=False)
    daemon = begin_daemon(fake_robot, STEADY)
    assert fake_robot.wait_for(lambda: calls_of(fake_robot, "GetPayloadAuthToken") >= 1, PATIENCE_S)
    assert not daemon.registered.is_set()
    assert fake_robot.services() == []

    fake_robot.authorize(guid)
    assert daemon.registered.wait(PATIENCE_S)
    assert [entry.payload_guid for entry in fake_robot.services()] == [guid]


def test_revoked_payload_waits_for_the_operator_and_comes_back(
    robot: FakeRobot, start_daemon: Begin, credentials: tuple[str, str]
) -> None:
    daemon = start_daemon(robot, STEADY)
    robot.revoke(credentials[0])
    assert lost(robot, daemon)
    robot.authorize(credentials[0])
    assert daemon.registered.wait(PATIENCE_S)


def test_wrong_secret_is_reported_and_tried_again_until_the_operator_has_corrected_it(
    fake_robot: FakeRobot,
    begin_daemon: Begin,
    credentials: tuple[str, str],
    timeouts: dict[str, float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    timeouts["credentials_retry_s"] = 0.1
    daemon = begin_daemon(fake_robot, STEADY)
    tries = lambda: calls_of(fake_robot, "GetPayloadAuthToken")  # noqa: E731
    assert fake_robot.wait_for(lambda: tries() >= 3, PATIENCE_S)
    assert not daemon.registered.is_set()
    [reported] = [one for one in caplog.messages if "GUID and secret" in one]
    assert reported.startswith("authenticate: ")
    fake_robot.register_payload(*credentials)
    assert daemon.registered.wait(PATIENCE_S)


def test_calls_to_a_silent_robot_end_and_the_daemon_recovers(
    robot: FakeRobot, start_daemon: Begin, ask_directly: Callable[..., int]
) -> None:
    daemon = start_daemon(robot, STEADY)
    robot.stop_responding(600)
    assert lost(robot, daemon)
    assert ask_directly(daemon, "steady") == OK
    robot.resume()
    assert daemon.registered.wait(PATIENCE_S)
    assert calls_of(robot, "RegisterService") == 1


def test_daemon_that_starts_before_the_robot_waits_for_it(
    robot: FakeRobot, begin_daemon: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    robot.power_off()
    daemon = begin_daemon(robot, GONE)
    assert robot.wait_for(lambda: "connect: " in caplog.text, PATIENCE_S)
    assert not daemon.registered.is_set()
    robot.boot()
    assert daemon.registered.wait(PATIENCE_S)
    assert robot.wait_for(robot.faults, PATIENCE_S)


def test_daemon_that_starts_while_the_robot_is_silent_waits_for_it(
    robot: FakeRobot, begin_daemon: Begin
) -> None:
    robot.stop_responding(600)
    daemon = begin_daemon(robot, STEADY)
    assert robot.wait_for(robot.unanswered_calls, PATIENCE_S)
    assert not daemon.registered.is_set()
    robot.resume()
    assert daemon.registered.wait(PATIENCE_S)


@pytest.mark.parametrize(
    "service", ["robot-id", "payload-registration", "time-sync", "directory-registration", "fault"]
)
def test_daemon_gets_over_a_service_that_refuses(
    service: str, robot: FakeRobot, begin_daemon: Begin
) -> None:
    robot.refuse(service, grpc.StatusCode.UNAVAILABLE, "starting up")
    daemon = begin_daemon(robot, STEADY)
    refused = lambda: any(call.code == "UNAVAILABLE" for call in robot.calls())  # noqa: E731
    assert robot.wait_for(refused, PATIENCE_S)
    assert not daemon.registered.is_set()
    robot.accept(service)
    assert daemon.registered.wait(PATIENCE_S)


def test_faults_that_change_while_the_robot_is_away_are_reported_when_it_is_back(
    robot: FakeRobot, start_daemon: Begin, ask_directly: Callable[..., int], tmp_path: Any
) -> None:
    robot_was_reported = lambda: [  # noqa: E731
        event.kind for event in robot.fault_events() if event.fault_name
    ]
    daemon = start_daemon(robot, "flaky=synthetic:?fps=10&script=fail@1s")
    assert ask_directly(daemon, "flaky") == OK
    robot.power_off()
    assert robot.wait_for(lambda: ask_directly(daemon, "flaky") != OK, PATIENCE_S)
    assert robot_was_reported() == []
    robot.boot()
    assert robot.wait_for(robot.faults, PATIENCE_S)
    assert robot_was_reported() == ["trigger"]


def test_fault_that_came_and_went_while_the_robot_was_away_is_not_reported(
    robot: FakeRobot,
    start_daemon: Begin,
    ask_directly: Callable[..., int],
    clip: Path,
    make_clip: Callable[[Path], None],
) -> None:
    daemon = start_daemon(robot, f"clip={clip}", STEADY)
    assert robot.wait_for(lambda: ask_directly(daemon, "clip") == OK, PATIENCE_S)
    robot.power_off()
    assert lost(robot, daemon)
    clip.unlink()
    assert robot.wait_for(lambda: ask_directly(daemon, "clip") != OK, PATIENCE_S)
    make_clip(clip)
    assert robot.wait_for(lambda: ask_directly(daemon, "clip") == OK, PATIENCE_S)
    robot.boot()
    assert daemon.registered.wait(PATIENCE_S)
    beats = calls_of(robot, "UpdateService")
    assert robot.wait_for(lambda: calls_of(robot, "UpdateService") > beats + 3, PATIENCE_S)
    assert [event for event in robot.fault_events() if event.fault_name] == []


def test_payload_that_is_registered_only_later_is_waited_for(
    fake_robot: FakeRobot,
    begin_daemon: Begin,
    credentials: tuple[str, str],
    timeouts: dict[str, float],
) -> None:
    timeouts["credentials_retry_s"] = 0.1
    guid, secret = credentials
    daemon = begin_daemon(fake_robot, STEADY)
    tries = lambda: calls_of(fake_robot, "GetPayloadAuthToken")  # noqa: E731
    assert fake_robot.wait_for(tries, PATIENCE_S)
    fake_robot.register_payload(guid, secret, authorized=False)
    before = tries()
    # One may have been under way; the next is of a known payload.
    assert fake_robot.wait_for(lambda: tries() >= before + 2, PATIENCE_S)
    assert not daemon.registered.is_set()
    fake_robot.authorize(guid)
    assert daemon.registered.wait(PATIENCE_S)


def test_robot_that_loses_the_entry_alone_is_registered_with_and_reported_again(
    serve: Callable[..., Any], sdk: Any
) -> None:
    serving = serve(GONE, STEADY)
    assert serving.eventually(lambda: serving.faults() == [FAULT])
    sdk.authenticate("user", "password")
    sdk.ensure_client("directory-registration").unregister("web-cam-service")
    assert serving.eventually(lambda: serving.calls("RegisterService") == 2)
    assert serving.eventually(lambda: serving.faults() == [FAULT])


def test_robot_is_called_by_the_session_and_the_reporter_alone(
    robot: FakeRobot,
    start_daemon: Begin,
    ask_directly: Callable[..., int],
    timeouts: dict[str, float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    callers: list[tuple[str, str]] = []
    call = BaseClient.call

    def noted(client: Any, rpc_method: Any, request: Any, *args: Any, **options: Any) -> Any:
        callers.append((threading.current_thread().name, type(request).__name__))
        return call(client, rpc_method, request, *args, **options)

    monkeypatch.setattr(BaseClient, "call", noted)
    timeouts["robot_rpc_s"] = 1.0
    daemon = start_daemon(robot, GONE, STEADY, "hangs=synthetic:?script=hang@0s")

    def ask_for_all() -> None:
        for source in ("gone", "steady", "hangs", "unknown"):
            ask_directly(daemon, source)

    assert robot.wait_for(lambda: len(robot.faults()) == 2, PATIENCE_S)
    for begin, end in (
        (robot.reboot, robot.boot),
        (robot.power_off, robot.boot),
        (lambda: robot.stop_responding(600), robot.resume),
    ):
        begin()
        assert lost(robot, daemon)
        ask_for_all()
        end()
        assert daemon.registered.wait(PATIENCE_S)
        ask_for_all()
    assert robot.wait_for(lambda: len(robot.faults()) == 2, PATIENCE_S)
    assert {thread for thread, _ in callers} == {"robot-session", "fault-reporter"}
    assert {request for thread, request in callers if thread == "fault-reporter"} == {
        "TriggerServiceFaultRequest"
    }
