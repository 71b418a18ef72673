"""Failing acquisitions, and a robot that goes down during them."""

import grpc
import pytest
from bosdyn.api import image_pb2
from bosdyn.api.data_acquisition_pb2 import AcquireDataRequest
from bosdyn.api.data_acquisition_service_pb2_grpc import DataAcquisitionServiceStub
from bosdyn.client.data_acquisition import RequestIdDoesNotExistError
from bosdyn.client.exceptions import RpcError

from spot_webcam.fakes.robot.acquisition.job import RUNNING_LIMIT
from tests.integration.robot.acquisition.requests import Status, ended, of, tiny_picture

OK = image_pb2.ImageResponse.STATUS_OK


def answer(*statuses, code=1, message=""):
    response = image_pb2.GetImageResponse()
    response.header.error.code, response.header.error.message = code, message
    for status in statuses:
        response.image_responses.add(status=status)
    return response


@pytest.mark.parametrize("bad", [{"seconds": 10**15}, {"nanos": -1}])
def test_acquisition_at_a_time_out_of_range_is_refused_and_none_is_under_way(
    fake_robot, client, bad
):
    for _ in range(RUNNING_LIMIT + 1):
        request = AcquireDataRequest(acquisition_requests=of("left_fisheye_image"))
        request.action_id.action_name, request.action_id.group_name = "action", "group"
        for name, value in bad.items():
            setattr(request.action_id.timestamp, name, value)
        response = DataAcquisitionServiceStub(client.channel).AcquireData(request)
        assert response.header.error.code == response.header.error.CODE_INVALID_REQUEST
    request_id = client.acquire_data(of("left_fisheye_image"), "action", "group")
    assert ended(client, request_id).status == Status.STATUS_COMPLETE


def test_unknown_source_is_a_data_error(fake_robot, client):
    captures = of("left_fisheye_image", "tail_image")
    status = ended(client, client.acquire_data(captures, "action", "group"))
    assert status.status == Status.STATUS_DATA_ERROR
    (error,) = status.data_errors
    assert error.data_id.channel == "image_tail_image"
    assert error.error_message == "STATUS_UNKNOWN_CAMERA"
    assert [data_id.channel for data_id in status.data_saved] == ["image_left_fisheye_image"]


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (answer(image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR), "STATUS_IMAGE_DATA_ERROR"),
        (answer(77), "number 77"),
        (answer(), "the response has no image"),
        (answer(OK, code=2, message="broken"), "CODE_INTERNAL_SERVER_ERROR broken"),
    ],
)
def test_service_that_answers_badly_is_a_data_error(fake_robot, client, tiny, response, message):
    tiny.answer = response
    tiny.go.set()
    request_id = client.acquire_data(tiny_picture(), "action", "group")
    status = ended(client, request_id)
    assert status.status == Status.STATUS_DATA_ERROR
    assert [error.error_message for error in status.data_errors] == [message]
    assert fake_robot.stored_captures() == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (grpc.StatusCode.UNAVAILABLE, Status.STATUS_DATA_ERROR),
        (grpc.StatusCode.DEADLINE_EXCEEDED, Status.STATUS_TIMEDOUT),
    ],
)
def test_refused_service_fails_its_captures(fake_robot, client, tiny, code, status):
    fake_robot.refuse("cam", code, "no")
    request_id = client.acquire_data(tiny_picture(), "action", "group")
    failed = ended(client, request_id)
    assert failed.status == status
    assert failed.data_errors[0].error_message == "no"


def test_service_that_is_gone_is_reported_by_name(fake_robot, client, tiny_service, tiny):
    tiny_service.close()
    request_id = client.acquire_data(tiny_picture(), "action", "group")
    failed = ended(client, request_id)
    assert failed.data_errors[0].error_message.startswith("cam: UNAVAILABLE")


def test_robot_that_goes_down_ends_acquisitions_and_forgets_them(
    fake_robot, fake_robot_sdk, client, tiny
):
    request_id = client.acquire_data(tiny_picture(), "action", "group")
    assert tiny.entered.wait(20)
    fake_robot.reboot()
    fake_robot_sdk.authenticate("user", "password")
    with pytest.raises(RequestIdDoesNotExistError):
        client.get_status(request_id)
    assert fake_robot.stored_captures() == []
    again = client.acquire_data(of("left_fisheye_image"), "action", "group")
    assert ended(client, again).status == Status.STATUS_COMPLETE
    assert again > request_id


def test_too_many_at_a_time_are_refused(fake_robot, client, tiny):
    for _ in range(RUNNING_LIMIT):
        last = client.acquire_data(tiny_picture(), "action", "group")
    with pytest.raises(RpcError) as caught:
        client.acquire_data(tiny_picture(), "action", "group")
    assert caught.value.error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    client.cancel_acquisition(last)
    client.cancel_acquisition(last)
    tiny.go.set()
    assert ended(client, last).status == Status.STATUS_ACQUISITION_CANCELLED
