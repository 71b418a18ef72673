"""Control API: queries and commands."""

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import service_fault_pb2
from bosdyn.client.exceptions import RpcError, UnauthenticatedError

from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

Ask = Callable[..., tuple[int, Any]]


def test_list_of_what_there_is(ask: Ask) -> None:
    for path in ("/", "/v1", "/v1/"):
        status, reported = ask("GET", path)
        assert status == 200
        assert "faults" in reported["GET"]
        assert reported["POST"]["reboot"] == ["seconds"]


def test_robot_is_reported_with_all_that_a_client_needs(fake_robot: FakeRobot, ask: Ask) -> None:
    status, reported = ask("GET", "/v1/robot")
    assert status == 200
    assert (reported["address"], reported["port"]) == (fake_robot.address, fake_robot.port)
    assert reported["rest_port"] == fake_robot.rest_port
    assert reported["ca"] == fake_robot.ca_file.read_text()
    assert (reported["user"], reported["password"]) == ("user", "password")
    assert reported["up"] is True


@pytest.mark.fake_robot(users={})
def test_robot_without_users_is_reported(ask: Ask) -> None:
    reported = ask("GET", "/v1/robot")[1]
    assert (reported["user"], reported["password"]) == (None, None)


def test_faults_services_payloads_and_calls_are_reported(
    fake_robot: FakeRobot, ask: Ask, tiny_service: Any, as_payload: Any
) -> None:
    robot = as_payload(fake_robot, "the-guid")
    tiny_service.register(robot, "tiny")
    fault_id = service_fault_pb2.ServiceFaultId(fault_name="broken", service_name="tiny")
    robot.ensure_client("fault").trigger_service_fault(
        service_fault_pb2.ServiceFault(
            fault_id=fault_id,
            error_message="mend it",
            severity=service_fault_pb2.ServiceFault.SEVERITY_WARN,
        )
    )
    [fault] = ask("GET", "/v1/faults")[1]
    assert (fault["name"], fault["service"]) == ("broken", "tiny")
    assert (fault["severity"], fault["message"]) == ("WARN", "mend it")
    [service] = ask("GET", "/v1/services")[1]
    assert service["endpoint"] == f"127.0.0.1:{tiny_service.port}"
    [payload] = ask("GET", "/v1/payloads")[1]
    assert (payload["guid"], payload["authorized"]) == ("the-guid", True)
    assert "secret" not in str(payload)
    [call] = ask("GET", "/v1/calls?last=1")[1]
    assert call["method"].endswith("/TriggerServiceFault")
    assert len(ask("GET", "/v1/calls")[1]) > 1


def test_reboot_power_off_and_boot(fake_robot: FakeRobot, do: Callable[..., Any]) -> None:
    assert do("reboot")["up"] is True
    assert do("power-off")["up"] is False
    assert do("boot")["up"] is True
    assert do("boot")["up"] is True
    assert do("reboot", seconds=86400)["up"] is False
    assert do("boot")["up"] is True
    assert fake_robot.is_up


def test_silence_begins_and_ends(
    fake_robot: FakeRobot, do: Callable[..., Any], connect: Any
) -> None:
    do("silent", seconds=3600)
    answer = connect(fake_robot).ensure_client("robot-id").get_id_async(timeout=PATIENCE_S)
    assert fake_robot.wait_for(fake_robot.unanswered_calls, PATIENCE_S)
    do("speak")
    assert answer.result().serial_number


def test_clock_is_moved(fake_robot: FakeRobot, do: Callable[..., Any]) -> None:
    before_ns = fake_robot.now_ns()
    do("clock", seconds=3600)
    assert fake_robot.now_ns() - before_ns > 3590e9
    do("clock", seconds=-7200.5)
    assert fake_robot.now_ns() < before_ns


@pytest.mark.parametrize("order", ["expire", "revoke"])
def test_tokens_end(fake_robot_sdk: Any, do: Callable[..., Any], order: str) -> None:
    do(order)
    with pytest.raises(UnauthenticatedError):
        fake_robot_sdk.ensure_client("directory").list()


def test_payload_is_shut_out_and_let_in(fake_robot: FakeRobot, do: Callable[..., Any]) -> None:
    fake_robot.register_payload("guid", "secret")
    do("revoke", guid="guid")
    assert [payload.authorized for payload in fake_robot.payloads()] == [False]
    do("authorize", guid="guid")
    assert [payload.authorized for payload in fake_robot.payloads()] == [True]


def test_service_is_refused_and_accepted(
    fake_robot_sdk: Any, fake_robot: FakeRobot, do: Callable[..., Any]
) -> None:
    do("refuse", service="directory", code="resource_exhausted", details="too much")
    with pytest.raises(RpcError):
        fake_robot_sdk.ensure_client("directory").list()
    assert fake_robot.calls()[-1].code == "RESOURCE_EXHAUSTED"
    do("accept", service="directory")
    assert fake_robot_sdk.ensure_client("directory").list()
