"""Acquisitions of pictures, through the SDK's data-acquisition clients."""

from itertools import pairwise

import grpc
import pytest
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.api import image_pb2
from bosdyn.api.data_acquisition_service_pb2_grpc import DataAcquisitionServiceStub
from bosdyn.api.data_acquisition_store_pb2 import ActionIdQuery, DataQueryParams, QueryParameters
from bosdyn.client.data_acquisition import (
    CancellationFailedError,
    RequestIdDoesNotExistError,
    UnknownCaptureTypeError,
)
from bosdyn.client.data_acquisition_helpers import acquire_and_process_request
from bosdyn.client.exceptions import InvalidRequestError
from google.protobuf.duration_pb2 import Duration

from tests.integration.robot.acquisition.requests import Status, ended, of, tiny_picture


def test_every_image_service_is_a_source(fake_robot_sdk, client, tiny):
    before = client.get_service_info()
    assert [service.service_name for service in before.image_sources] == ["image", "cam"]
    assert list(before.image_sources[1].image_source_names) == ["tiny"]
    assert before.image_sources[1].image_sources[0].name == "tiny"
    assert "frontleft_depth" in before.image_sources[0].image_source_names
    fake_robot_sdk.ensure_client("directory-registration").unregister("cam")
    assert [service.service_name for service in client.get_service_info().image_sources] == [
        "image"
    ]


def test_service_that_cannot_be_reached_is_no_source(fake_robot, client, tiny):
    fake_robot.refuse("cam", grpc.StatusCode.UNAVAILABLE)
    assert [service.service_name for service in client.get_service_info().image_sources] == [
        "image"
    ]


def test_pictures_and_metadata_are_stored_under_their_action(fake_robot, client, store):
    metadata = api.Metadata()
    metadata.data.update({"weather": "fine"})
    names = ["frontleft_fisheye_image", "frontleft_depth"]
    assert acquire_and_process_request(client, of(*names), "group", "action", metadata)
    pictures = fake_robot.stored_captures()[:2]
    assert [picture.channel for picture in pictures] == [f"image_{name}" for name in names]
    assert {(picture.group_name, picture.action_name) for picture in pictures} == {
        ("group", "action")
    }
    shot = image_pb2.ImageCapture.FromString(pictures[0].content)
    assert shot.image.format == image_pb2.Image.FORMAT_JPEG
    action = pictures[0].data_id().action_id
    query = DataQueryParams(action_ids=ActionIdQuery(action_ids=[action]))
    assert len(store.list_stored_images(query)) == 2
    (about,) = store.list_stored_metadata(query)
    assert about.channel == "metadata"
    (found,) = store.query_stored_captures(QueryParameters(include_metadata=True)).results
    assert found.metadata.metadata.data["weather"] == "fine"
    assert found.metadata.reference_id.action_id == action


def test_status_goes_from_acquiring_to_complete_and_names_what_was_saved(
    fake_robot, client, tiny, store
):
    request_id = client.acquire_data(tiny_picture(), "action", "group")
    assert tiny.entered.wait(20)
    assert client.get_status(request_id).status == Status.STATUS_ACQUIRING
    assert store.query_max_capture_id() == 0
    tiny.go.set()
    status = ended(client, request_id)
    assert status.status == Status.STATUS_COMPLETE
    (saved,) = status.data_saved
    assert (saved.channel, saved.id) == ("cam_tiny", store.query_max_capture_id())


def test_action_without_a_time_gets_the_robots(fake_robot, client, store):
    request = api.AcquireDataRequest(acquisition_requests=of("frontleft_depth"))
    request.action_id.action_name, request.action_id.group_name = "action", "group"
    request.min_timeout.CopyFrom(Duration(seconds=60))
    stub = DataAcquisitionServiceStub(client.channel)
    response = client.call(stub.AcquireData, request, copy_request=False)
    ended(client, response.request_id)
    (action,) = store.list_capture_actions(DataQueryParams())
    assert 0 <= fake_robot.now_ns() - action.timestamp.ToNanoseconds() < 10e9


def test_picture_is_taken_as_it_was_asked_for(fake_robot, client):
    wanted = image_pb2.ImageRequest(
        image_source_name="hand_color_image",
        image_format=image_pb2.Image.FORMAT_RAW,
        resize_ratio=0.1,
    )
    captures = api.AcquisitionRequestList()
    captures.image_captures.add(image_service="image", image_request=wanted)
    captures.image_captures.add(
        image_service="image",
        image_source="hand_color_image",
        pixel_format=image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8,
    )
    ended(client, client.acquire_data(captures, "action", "group"))
    raw, grey = (
        image_pb2.ImageCapture.FromString(capture.content).image
        for capture in fake_robot.stored_captures()
    )
    assert (raw.cols, raw.format) == (64, image_pb2.Image.FORMAT_RAW)
    assert grey.pixel_format == image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8


def test_low_orders_are_taken_first(fake_robot, client):
    captures = of("left_fisheye_image", "right_fisheye_image", "back_fisheye_image")
    for order, capture in zip((2, 0, 1), captures.image_captures, strict=True):
        capture.order.value = order
    ended(client, client.acquire_data(captures, "action", "group"))
    stored = fake_robot.stored_captures()
    sides = [capture.channel.split("_")[1] for capture in stored]
    assert sides == ["right", "back", "left"]
    taken = [
        image_pb2.ImageCapture.FromString(capture.content).acquisition_time for capture in stored
    ]
    assert all(a.ToNanoseconds() <= b.ToNanoseconds() for a, b in pairwise(taken))


def test_unknown_service_data_and_computation_are_unknown_captures(client):
    for captures in (
        of("any", service="absent"),
        api.AcquisitionRequestList(data_captures=[api.DataCapture(name="absent")]),
        api.AcquisitionRequestList(network_compute_captures=[api.NetworkComputeCapture()]),
    ):
        with pytest.raises(UnknownCaptureTypeError):
            client.acquire_data(captures, "action", "group")


def test_action_needs_names(client):
    with pytest.raises(InvalidRequestError, match="action name"):
        client.acquire_data(of("left_fisheye_image"), "", "group")


def test_cancelled_acquisition_stores_nothing(fake_robot, client, tiny):
    captures = tiny_picture()
    captures.image_captures.extend(of("left_fisheye_image").image_captures)
    captures.image_captures.add(
        image_service="image", image_source="left_fisheye_image"
    ).order.value = 1
    request_id = client.acquire_data(captures, "action", "group")
    assert tiny.entered.wait(20)
    client.cancel_acquisition(request_id)
    client_status = ended(client, request_id).status
    assert client_status == Status.STATUS_ACQUISITION_CANCELLED
    assert fake_robot.stored_captures() == []
    with pytest.raises(CancellationFailedError):
        client.cancel_acquisition(request_id)


def test_unknown_numbers_are_refused(client):
    with pytest.raises(RequestIdDoesNotExistError):
        client.cancel_acquisition(99)
    with pytest.raises(RequestIdDoesNotExistError):
        client.get_status(99)
