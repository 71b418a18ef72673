import threading

import pytest
from bosdyn.api.service_fault_pb2 import ServiceFault, ServiceFaultId
from bosdyn.client.exceptions import RetryableRpcError, UnauthenticatedError

from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from tests.timing import eventually

GUID = "11111111-2222-3333-4444-555555555555"
SECRET = "secret"


def test_reboot_forgets_entries_faults_and_tokens(fake_robot, fake_robot_sdk, tiny_service):
    tiny_service.register(fake_robot_sdk)
    fault_id = ServiceFaultId(fault_name="broken", service_name="tiny-images")
    fault_client = fake_robot_sdk.ensure_client("fault")
    fault_client.trigger_service_fault(ServiceFault(fault_id=fault_id))
    fake_robot.reboot()
    assert fake_robot.services() == []
    assert fake_robot.faults() == []
    with pytest.raises(UnauthenticatedError):
        fake_robot_sdk.list_services()
    fake_robot_sdk.authenticate("user", "password")
    assert len(fake_robot_sdk.list_services()) == len(OWN_SERVICES)
    state = fake_robot_sdk.ensure_client("robot-state").get_robot_state()
    assert not state.service_fault_state.historical_faults


def test_payloads_and_records_survive_a_reboot(fake_robot, as_payload):
    robot = as_payload(fake_robot)
    calls = len(fake_robot.calls())
    fake_robot.reboot()
    assert len(fake_robot.calls()) == calls > 0
    robot.authenticate_from_payload_credentials(GUID, SECRET, retry_interval=0.0)
    assert robot.list_services()


def test_robot_comes_back_on_its_port_by_itself(fake_robot, connect):
    port = fake_robot.port
    fake_robot.reboot(downtime_s=0.2)
    assert not fake_robot.is_up
    assert fake_robot.wait_up(timeout_s=10)
    assert fake_robot.port == port
    assert connect(fake_robot).get_id()


def test_robot_that_is_down_does_not_answer(fake_robot, connect):
    robot = connect(fake_robot)
    robot.get_id()
    fake_robot.power_off()
    with pytest.raises(RetryableRpcError):
        robot.get_id()
    assert not fake_robot.wait_up(timeout_s=0)
    fake_robot.boot()
    assert fake_robot.wait_up(timeout_s=0)
    assert connect(fake_robot).get_id()


def test_client_finds_the_robot_again(fake_robot, connect):
    robot = connect(fake_robot)
    robot.get_id()
    fake_robot.reboot(downtime_s=0.1)

    def answers() -> bool:
        try:
            return bool(robot.get_id())
        except RetryableRpcError:
            return False

    assert fake_robot.wait_for(answers, timeout_s=15)


def test_boot_of_a_running_robot_changes_nothing(fake_robot, fake_robot_sdk):
    fake_robot.boot()
    assert fake_robot_sdk.list_services()


def test_last_word_about_the_downtime_counts(fake_robot):
    fake_robot.reboot(downtime_s=0.05)
    fake_robot.power_off()
    assert eventually(lambda: "fake-robot-boot" not in {one.name for one in threading.enumerate()})
    assert not fake_robot.is_up


def test_timer_that_fires_too_late_boots_nothing(fake_robot, monkeypatch):
    stale = []

    class Late(threading.Timer):
        """A timer that has just fired when it is cancelled."""

        def start(self):
            stale.append(self.function)

        def join(self, timeout=None):
            """It was not started."""

    monkeypatch.setattr(threading, "Timer", Late)
    fake_robot.reboot(downtime_s=0.05)
    fake_robot.power_off()
    [boot] = stale
    boot()
    assert not fake_robot.is_up


def test_stop_during_the_downtime_ends_the_timer(fake_robot):
    fake_robot.reboot(downtime_s=60)
    fake_robot.stop()
    assert "fake-robot-boot" not in [thread.name for thread in threading.enumerate()]


def test_reboot_ends_a_silence(fake_robot, connect):
    fake_robot.stop_responding(60)
    fake_robot.reboot()
    assert connect(fake_robot).get_id()
