import pytest
from bosdyn.client.directory_registration import ServiceAlreadyExistsError

TYPE = "bosdyn.api.ImageService"
CAM = ("cam", TYPE, "robot-cam", "127.0.0.1", 9)


@pytest.fixture
def registration(manual_robot, connect):
    robot = connect(manual_robot)
    robot.authenticate("user", "password")
    client = robot.ensure_client("directory-registration")
    client.register(*CAM, liveness_timeout_secs=10)
    return client


def names(robot):
    return [fault.fault_id.fault_name for fault in robot.faults()]


def test_service_without_heartbeat_has_a_fault_raised_by_the_robot(
    manual_robot, manual_time, registration
):
    manual_time.pass_s(10)
    assert names(manual_robot) == []
    manual_time.pass_s(1)
    [fault] = manual_robot.faults()
    assert fault.fault_id.service_name == "cam"
    onset_ns = fault.onset_timestamp.ToNanoseconds()
    assert manual_robot.now_ns() - onset_ns == 1_000_000_000
    assert [event.kind for event in manual_robot.fault_events()] == ["robot-trigger"]


def test_liveness_fault_is_raised_once(manual_robot, manual_time, registration):
    for _ in range(3):
        manual_time.pass_s(11)
        assert len(manual_robot.faults()) == 1
    assert len(manual_robot.fault_events()) == 1


def test_update_is_a_heartbeat(manual_robot, manual_time, registration):
    manual_time.pass_s(11)
    assert names(manual_robot)
    registration.update(*CAM, liveness_timeout_secs=10)
    assert names(manual_robot) == []
    manual_time.pass_s(9)
    assert names(manual_robot) == []
    kinds = [event.kind for event in manual_robot.fault_events()]
    assert kinds == ["robot-trigger", "robot-clear"]


def test_registering_again_is_a_heartbeat(manual_robot, manual_time, registration):
    manual_time.pass_s(11)
    with pytest.raises(ServiceAlreadyExistsError):
        registration.register(*CAM, liveness_timeout_secs=10)
    assert names(manual_robot) == []


def test_unregistered_service_needs_no_heartbeat(manual_robot, manual_time, registration):
    manual_time.pass_s(11)
    registration.unregister("cam")
    manual_time.pass_s(11)
    assert names(manual_robot) == []


def test_service_without_a_liveness_timeout_needs_no_heartbeat(
    manual_robot, manual_time, registration
):
    registration.update(*CAM, liveness_timeout_secs=0)
    manual_time.pass_s(1_000)
    assert names(manual_robot) == []


def test_moving_the_robot_clock_forward_makes_heartbeats_late(manual_robot, registration):
    manual_robot.move_clock(60)
    assert names(manual_robot)


def test_waiting_sees_what_time_alone_has_done(manual_robot, manual_time, registration):
    assert not manual_robot.wait_for(manual_robot.faults, timeout_s=0)
    manual_time.pass_s(11)
    assert manual_robot.wait_for(manual_robot.faults, timeout_s=5)
