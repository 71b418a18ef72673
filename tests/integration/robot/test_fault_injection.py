import time

import grpc
import pytest
from bosdyn.client.exceptions import RpcError, TimedOutError, TooManyRequestsError

from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES


def test_refused_service_answers_with_the_status_until_it_is_accepted(fake_robot, fake_robot_sdk):
    other = fake_robot_sdk.ensure_client("robot-state")
    fake_robot.refuse("directory", grpc.StatusCode.UNAVAILABLE, "429 too many")
    with pytest.raises(TooManyRequestsError):
        fake_robot_sdk.list_services()
    assert fake_robot.calls()[-1].code == "UNAVAILABLE"
    assert other.get_robot_state()
    fake_robot.accept("directory")
    assert fake_robot_sdk.list_services()


def test_registered_service_is_refused_by_its_name(fake_robot, fake_robot_sdk, tiny_service):
    tiny_service.register(fake_robot_sdk, "cam", authority="robot-cam")
    fake_robot_sdk.sync_with_directory()
    client = fake_robot_sdk.ensure_client("cam")
    fake_robot.refuse("cam", grpc.StatusCode.RESOURCE_EXHAUSTED)
    with pytest.raises(RpcError) as caught:
        client.list_image_sources()
    assert caught.value.error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    fake_robot.accept("cam")
    assert client.list_image_sources()


@pytest.mark.fake_robot(clock_offset_s=0)
def test_calls_are_delayed_on_both_ways(fake_robot, fake_robot_sdk):
    client = fake_robot_sdk.ensure_client("time-sync")
    fake_robot.delay_calls(0.1, 0.05)
    sent_ns = fake_robot.now_ns()
    header = client.get_time_sync_update(None, "").header
    arrived_ns = fake_robot.now_ns()
    assert header.request_received_timestamp.ToNanoseconds() - sent_ns >= 0.1e9
    assert arrived_ns - header.response_timestamp.ToNanoseconds() >= 0.05e9
    fake_robot.delay_calls(0.0)


def test_ok_is_no_refusal(fake_robot):
    with pytest.raises(ValueError, match="other than OK"):
        fake_robot.refuse("directory", grpc.StatusCode.OK)


def test_accepting_what_was_not_refused_changes_nothing(fake_robot, fake_robot_sdk):
    fake_robot.accept("directory")
    assert fake_robot_sdk.list_services()


def test_silent_robot_lets_clients_time_out(fake_robot, fake_robot_sdk):
    client = fake_robot_sdk.ensure_client("directory")
    fake_robot.stop_responding(60)
    with pytest.raises(TimedOutError):
        client.list(timeout=0.2)
    assert fake_robot.wait_for(lambda: fake_robot.calls()[-1].code == "CANCELLED", 10)
    assert fake_robot.unanswered_calls() == 0


def test_held_call_is_answered_when_the_robot_speaks(fake_robot, fake_robot_sdk):
    client = fake_robot_sdk.ensure_client("directory")
    fake_robot.stop_responding(60)
    future = client.list_async(timeout=30)
    assert fake_robot.wait_for(fake_robot.unanswered_calls, 10)
    fake_robot.stop_responding(120)
    assert fake_robot.unanswered_calls() == 1
    fake_robot.resume()
    assert len(future.result(timeout=10)) == len(OWN_SERVICES)


def test_silence_ends_by_itself(fake_robot, fake_robot_sdk):
    started_s = time.monotonic()
    fake_robot.stop_responding(0.2)
    assert fake_robot_sdk.list_services()
    assert time.monotonic() - started_s >= 0.2
    assert fake_robot_sdk.list_services()


def test_stop_does_not_wait_for_held_calls(fake_robot, fake_robot_sdk):
    fake_robot.stop_responding(60)
    future = fake_robot_sdk.ensure_client("directory").list_async(timeout=30)
    assert fake_robot.wait_for(fake_robot.unanswered_calls, 10)
    started_s = time.monotonic()
    fake_robot.stop()
    assert time.monotonic() - started_s < 5
    with pytest.raises(RpcError):
        future.result(timeout=10)


def test_calls_are_recorded_in_order(fake_robot, fake_robot_sdk):
    fake_robot_sdk.get_id()
    fake_robot_sdk.list_services()
    assert [(call.authority, call.method) for call in fake_robot.calls()] == [
        ("auth.spot.robot", "/bosdyn.api.AuthService/GetAuthToken"),
        ("id.spot.robot", "/bosdyn.api.RobotIdService/GetRobotId"),
        ("api.spot.robot", "/bosdyn.api.DirectoryService/ListServiceEntries"),
    ]
