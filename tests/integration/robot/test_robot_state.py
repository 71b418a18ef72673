import pytest
from bosdyn.api import robot_state_pb2
from bosdyn.api.robot_state_pb2 import PowerState
from bosdyn.api.robot_state_service_pb2_grpc import RobotStateServiceStub
from bosdyn.client.exceptions import InvalidRequestError
from bosdyn.client.frame_helpers import BODY_FRAME_NAME, VISION_FRAME_NAME, get_a_tform_b


@pytest.fixture
def client(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("robot-state")


def test_robot_stands_still_with_its_motors_off(fake_robot, client):
    state = client.get_robot_state()
    assert state.power_state.motor_power_state == PowerState.MOTOR_POWER_STATE_OFF
    age_ns = fake_robot.now_ns() - state.power_state.timestamp.ToNanoseconds()
    assert 0 <= age_ns < 10e9


def test_frame_tree_is_whole(fake_robot_sdk):
    snapshot = fake_robot_sdk.get_frame_tree_snapshot()
    pose = get_a_tform_b(snapshot, VISION_FRAME_NAME, BODY_FRAME_NAME)
    assert (pose.x, pose.y, pose.z, pose.rot.w) == (0, 0, 0, 1)


def test_metrics_are_in_robot_time(fake_robot, client):
    metrics = client.get_robot_metrics()
    assert metrics.metrics[0].label == "distance"
    assert 0 <= fake_robot.now_ns() - metrics.timestamp.ToNanoseconds() < 10e9


def test_hardware_has_link_models(client):
    hardware = client.get_hardware_config_with_link_info()
    assert [link.obj_model.file_name for link in hardware.skeleton.links] == ["body.obj"]


def test_unknown_link_is_invalid(client):
    with pytest.raises(InvalidRequestError):
        client.get_robot_link_model("tail")


def test_header_carries_request_and_times_of_the_robot(fake_robot, client):
    before_ns = fake_robot.now_ns()
    request = robot_state_pb2.RobotMetricsRequest()
    stub = RobotStateServiceStub(client.channel)
    header = client.call(stub.GetRobotMetrics, request, copy_request=False).header
    assert header.error.code == header.error.CODE_OK
    assert header.request_header == request.header
    received_ns = header.request_received_timestamp.ToNanoseconds()
    assert before_ns <= received_ns <= header.response_timestamp.ToNanoseconds()
