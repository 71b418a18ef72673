"""The robot's own cameras, through the SDK's image client."""

import numpy as np
import pytest
from bosdyn.api import image_pb2
from bosdyn.client.frame_helpers import (
    BODY_FRAME_NAME,
    GRAV_ALIGNED_BODY_FRAME_NAME,
    ODOM_FRAME_NAME,
    VISION_FRAME_NAME,
    get_a_tform_b,
)
from bosdyn.client.image import (
    UnknownImageSourceError,
    UnsupportedPixelFormatRequestedError,
    build_image_request,
    pixel_to_camera_space,
)

from spot_webcam.fakes.cameras import read_sequence


@pytest.fixture
def client(fake_robot_sdk):
    return fake_robot_sdk.ensure_client("image")


def pixels_of(response):
    image = response.shot.image
    channels = {image_pb2.Image.PIXEL_FORMAT_RGB_U8: 3}.get(image.pixel_format, 1)
    depth = image.pixel_format == image_pb2.Image.PIXEL_FORMAT_DEPTH_U16
    flat = np.frombuffer(image.data, "<u2" if depth else np.uint8)
    return flat.reshape((image.rows, image.cols, channels)).squeeze()


def take(client, name, **options):
    return client.get_image([build_image_request(name, **options)])[0]


def test_sources_are_a_spots(client):
    sources = {source.name: source for source in client.list_image_sources()}
    assert {"frontleft_fisheye_image", "hand_color_image", "frontleft_depth"} <= set(sources)
    depth = sources["frontleft_depth"]
    assert depth.depth_scale == 1000
    assert list(depth.image_formats) == [image_pb2.Image.FORMAT_RAW]
    assert all(source.pinhole.intrinsics.focal_length.x > 0 for source in sources.values())


def test_pictures_are_answered_in_order_in_robot_time_and_as_the_source_is(fake_robot, client):
    names = [source.name for source in client.list_image_sources()]
    responses = client.get_image_from_sources(names)
    assert [response.source.name for response in responses] == names
    for response in responses:
        assert (response.shot.image.cols, response.shot.image.rows) == (
            response.source.cols,
            response.source.rows,
        )
        age_ns = fake_robot.now_ns() - response.shot.acquisition_time.ToNanoseconds()
        assert 0 <= age_ns < 10e9


@pytest.mark.parametrize("name", ["frontleft_fisheye_image", "hand_color_image", "frontleft_depth"])
def test_picture_is_a_function_of_the_robots_time(manual_robot, manual_time, connect, name):
    robot = connect(manual_robot)
    robot.authenticate("user", "password")
    client = robot.ensure_client("image")
    raw = image_pb2.Image.FORMAT_RAW
    first, again = (take(client, name, image_format=raw) for _ in range(2))
    assert first.shot.image.data == again.shot.image.data
    manual_time.pass_s(1.0)
    later = take(client, name, image_format=raw)
    one, two = (read_sequence(pixels_of(response)) for response in (first, later))
    assert two - one == 15


def test_jpeg_is_smaller_at_lower_quality(client):
    best, worst = (take(client, "hand_color_image", quality_percent=quality) for quality in (95, 5))
    assert best.shot.image.data[:2] == worst.shot.image.data[:2] == b"\xff\xd8"
    assert len(worst.shot.image.data) < len(best.shot.image.data)


def test_resized_grey_of_a_colour_camera(client):
    response = take(
        client,
        "hand_color_image",
        image_format=image_pb2.Image.FORMAT_RAW,
        pixel_format=image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8,
        resize_ratio=0.5,
    )
    assert pixels_of(response).shape == (240, 320)


def test_run_lengths_are_served_though_not_listed(client):
    response = take(client, "frontleft_depth", image_format=image_pb2.Image.FORMAT_RLE)
    assert response.shot.image.format == image_pb2.Image.FORMAT_RLE
    assert len(response.shot.image.data) % 3 == 0


def test_bad_requests_have_statuses(client):
    with pytest.raises(UnknownImageSourceError):
        take(client, "tail_image")
    with pytest.raises(UnsupportedPixelFormatRequestedError):
        take(
            client,
            "frontleft_fisheye_image",
            pixel_format=image_pb2.Image.PIXEL_FORMAT_DEPTH_U16,
        )


def test_frames_of_picture_and_robot_state_agree(fake_robot_sdk, client):
    tree = fake_robot_sdk.get_frame_tree_snapshot()
    for name in ("frontleft_fisheye_image", "frontleft_depth", "hand_color_image"):
        shot = take(client, name).shot
        for frame in (BODY_FRAME_NAME, VISION_FRAME_NAME, ODOM_FRAME_NAME):
            sensor = shot.frame_name_image_sensor
            there = get_a_tform_b(shot.transforms_snapshot, frame, sensor)
            assert there.to_proto() == get_a_tform_b(tree, frame, sensor).to_proto()
    assert get_a_tform_b(tree, GRAV_ALIGNED_BODY_FRAME_NAME, "gpe").z < 0


@pytest.mark.parametrize(
    ("source", "ahead"),
    [
        ("frontleft_fisheye_image", (1, 0)),
        ("back_fisheye_image", (-1, 0)),
        ("left_fisheye_image", (0, 1)),
        ("right_fisheye_image", (0, -1)),
    ],
)
def test_cameras_look_where_they_are_named_for_and_stand_upright(client, source, ahead):
    response = take(client, source)
    shot = response.shot
    pose = get_a_tform_b(shot.transforms_snapshot, BODY_FRAME_NAME, shot.frame_name_image_sensor)
    model = response.source.pinhole.intrinsics.principal_point
    x, y, z = pose.rot.transform_point(
        *pixel_to_camera_space(response.source, model.x, model.y, depth=1.0)
    )
    assert (x, y, z) == pytest.approx((*ahead, 0), abs=1e-6)
    assert pose.rot.transform_point(0, 1, 0) == pytest.approx((0, 0, -1), abs=1e-6)
