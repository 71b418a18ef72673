"""Two daemons of one name: one serves, the other waits, unless a flag says otherwise."""

import re
import signal
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot_access import sdk_robot
from tests.integration.daemon.conftest import calls_of
from tests.timing import PATIENCE_S

SERVICE, AUTHORITY = "web-cam-service", "robot-web-cam"
FAULT = "Image Capture Failure for gone"
GONE = "gone=synthetic:?script=absent@0s"
STEADY = "steady=synthetic:?fps=0.1"
Begin = Callable[..., Any]


def ports(robot: FakeRobot) -> list[int]:
    return [entry.port for entry in robot.services()]


def faults(robot: FakeRobot) -> list[str]:
    return [fault.fault_id.fault_name for fault in robot.faults()]


def several_heartbeats_later(robot: FakeRobot) -> bool:
    beats = calls_of(robot, "UpdateService")
    return robot.wait_for(lambda: calls_of(robot, "UpdateService") > beats + 5, PATIENCE_S)


@pytest.mark.usefixtures("short_heartbeat")
def test_second_daemon_says_so_and_waits_until_the_first_is_gone(
    robot: FakeRobot, start_daemon: Begin, begin_daemon: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    first = start_daemon(robot, GONE)
    second = begin_daemon(robot, STEADY)
    reported = "register: another daemon of this computer serves web-cam-service on this robot"
    assert robot.wait_for(lambda: reported in caplog.text, PATIENCE_S)
    assert several_heartbeats_later(robot)
    assert ports(robot) == [first.port]
    assert faults(robot) == [FAULT]
    assert caplog.text.count(reported) == 1

    first.stop()
    assert second.registered.wait(PATIENCE_S)
    assert ports(robot) == [second.port]
    assert faults(robot) == []


@pytest.mark.usefixtures("short_heartbeat")
def test_daemon_that_takes_over_is_given_way_and_followed(
    robot: FakeRobot, start_daemon: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    first = start_daemon(robot, GONE)
    assert robot.wait_for(robot.faults, PATIENCE_S)
    second = start_daemon(robot, STEADY, takeover=True)
    assert robot.wait_for(lambda: not first.registered.is_set(), PATIENCE_S)
    assert several_heartbeats_later(robot)
    assert ports(robot) == [second.port]
    assert faults(robot) == []
    assert calls_of(robot, "RegisterService") == 2
    # On a busy computer the first one may notice while it registers again.
    assert re.search("another daemon (has taken|serves) web-cam-service", caplog.text)

    second.stop()
    assert first.registered.wait(PATIENCE_S)
    assert ports(robot) == [first.port]
    assert robot.wait_for(lambda: faults(robot) == [FAULT], PATIENCE_S)


@pytest.mark.usefixtures("short_heartbeat")
def test_daemon_that_was_replaced_leaves_the_others_entry_and_faults(
    robot: FakeRobot, start_daemon: Begin
) -> None:
    first = start_daemon(robot, GONE)
    assert robot.wait_for(robot.faults, PATIENCE_S)
    second = start_daemon(robot, GONE, takeover=True)
    first.stop()
    assert robot.wait_for(lambda: faults(robot) == [FAULT], PATIENCE_S)
    assert several_heartbeats_later(robot)
    assert ports(robot) == [second.port]
    assert faults(robot) == [FAULT]


@pytest.mark.usefixtures("short_heartbeat")
def test_reboot_of_the_robot_leaves_one_of_two_registered(
    robot: FakeRobot, start_daemon: Begin, begin_daemon: Begin, caplog: pytest.LogCaptureFixture
) -> None:
    first = start_daemon(robot, STEADY)
    second = begin_daemon(robot, STEADY)
    assert robot.wait_for(lambda: "another daemon" in caplog.text, PATIENCE_S)
    robot.reboot()
    assert robot.wait_for(robot.services, PATIENCE_S)
    assert several_heartbeats_later(robot)
    # The lock of the one that had the name outlasts the robot's memory.
    assert ports(robot) == [first.port]
    assert calls_of(robot, "RegisterService") == 2
    assert not second.registered.is_set()


def test_second_daemon_ends_if_it_must_not_take_over(
    robot: FakeRobot, start_daemon: Begin, command: Any, serve_flags: list[str]
) -> None:
    first = start_daemon(robot, STEADY)
    ended = command.run(*serve_flags, "--no-takeover", f"--device-name={STEADY}")
    assert ended.code == 1
    assert ended.last_line.startswith("spot-webcam serve: another daemon of this computer serves")
    assert "--service-name" in ended.last_line
    assert ports(robot) == [first.port]


def test_killed_daemon_is_replaced_at_once_with_its_faults(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    killed = command.start(*serve_flags, "--no-takeover", f"--device-name={GONE}")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    [dead_port] = ports(robot)
    killed.popen.send_signal(signal.SIGKILL)
    assert killed.end().code == -signal.SIGKILL
    assert faults(robot) == [FAULT]

    # Which would end if it took the entry for a living daemon's.
    again = command.start(*serve_flags, "--no-takeover", f"--device-name={STEADY}")
    log = again.wait_for(": registered")
    assert "replacing the entry of a daemon of this computer that has died" in log
    assert "watching" not in log
    [port] = ports(robot)
    assert port != dead_port
    assert faults(robot) == []


class Foreign:
    """A service of another payload under our name, kept by the SDK's client."""

    def __init__(self, sdk: Any) -> None:
        sdk.authenticate_from_payload_credentials("foreign", "secret", retry_interval=0.0)
        self._client = sdk.ensure_client("directory-registration")
        # After which it counts as dead.
        self.liveness_timeout_s = 3.0
        self._entry = (SERVICE, "bosdyn.api.ImageService", AUTHORITY, "127.0.0.1", 9)

    def register(self) -> None:
        self._client.register(*self._entry, liveness_timeout_secs=self.liveness_timeout_s)

    def beat(self) -> None:
        self._client.update(*self._entry, liveness_timeout_secs=self.liveness_timeout_s)

    def unregister(self) -> None:
        self._client.unregister(SERVICE)


@pytest.fixture
def foreign(robot: FakeRobot) -> Any:
    robot.register_payload("foreign", "secret")
    with sdk_robot(robot) as sdk:
        foreign = Foreign(sdk)
        foreign.register()
        yield foreign


@pytest.mark.usefixtures("short_heartbeat")
@pytest.mark.parametrize("end", ["unregistered", "dead"])
def test_service_of_another_computer_is_waited_for_while_it_lives(
    robot: FakeRobot,
    begin_daemon: Begin,
    foreign: Foreign,
    end: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    daemon = begin_daemon(robot, STEADY)

    def reported() -> bool:
        foreign.beat()
        return "register: another daemon serves web-cam-service on this robot" in caplog.text

    assert robot.wait_for(reported, PATIENCE_S)
    assert ports(robot) == [9]
    if end == "unregistered":
        foreign.unregister()
    assert daemon.registered.wait(PATIENCE_S)
    assert ports(robot) == [daemon.port]


@pytest.mark.usefixtures("short_heartbeat")
def test_service_of_another_computer_is_replaced_where_that_is_asked_for(
    robot: FakeRobot, start_daemon: Begin, foreign: Foreign
) -> None:
    foreign.beat()
    daemon = start_daemon(robot, STEADY, takeover=True)
    assert ports(robot) == [daemon.port]


@pytest.mark.usefixtures("short_heartbeat")
def test_service_that_another_program_replaces_is_left_to_it(
    robot: FakeRobot, start_daemon: Begin, foreign: Foreign
) -> None:
    daemon = start_daemon(robot, STEADY, takeover=True)
    # As the SDK's own services do at their start.
    foreign.liveness_timeout_s = 30.0
    foreign.unregister()
    foreign.register()

    def noticed() -> bool:
        foreign.beat()
        return not daemon.registered.is_set()

    assert robot.wait_for(noticed, PATIENCE_S)
    assert ports(robot) == [9]
    daemon.stop()
    assert ports(robot) == [9]
