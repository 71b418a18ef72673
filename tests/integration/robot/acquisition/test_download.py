"""Downloads over HTTPS, by the SDK's helper and by a plain client."""

import io
import json
import socket
import zipfile

import grpc
import pytest
from bosdyn.api import alerts_pb2, image_pb2
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.client.data_acquisition_helpers import (
    acquire_and_process_request,
    download_data_REST,
    make_time_query_params,
    make_time_query_params_from_group_name,
)

from spot_webcam.fakes.robot.acquisition.downloads import DOWNLOAD_PATH
from tests.integration.robot.acquisition.requests import of


def files_in(body):
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def identifier(channel="channel", **more):
    action = api.CaptureActionId(action_name="action", group_name="group")
    return api.DataIdentifier(action_id=action, channel=channel, **more)


def test_sdk_downloads_a_group(fake_robot, fake_robot_sdk, client, store, tmp_path):
    metadata = api.Metadata()
    metadata.data.update({"weather": "fine"})
    captures = of("left_fisheye_image", "frontleft_depth")
    assert acquire_and_process_request(client, captures, "group", "action", metadata)
    query = make_time_query_params_from_group_name("group", store)
    host = f"{fake_robot.address}:{fake_robot.rest_port}"
    assert download_data_REST(query, host, fake_robot_sdk.user_token, str(tmp_path))
    files = files_in((tmp_path / "REST" / "daq-data.zip").read_bytes())
    assert {name.partition("/")[0] for name in files} == {"group"}
    assert all(name.split("/")[1].startswith("action 20") for name in files)
    files = {name.rpartition("/")[2]: content for name, content in files.items()}
    assert files["image_left_fisheye_image 1.jpg"][:2] == b"\xff\xd8"
    depth = fake_robot.stored_captures()[1]
    pixels = image_pb2.ImageCapture.FromString(depth.content).image.data
    header, first = files["image_frontleft_depth 2.pgm"].split(b"\n", 1)
    assert header == b"P5 424 240 65535"
    assert first[:2] == pixels[1::-1]
    assert json.loads(files["metadata 3.json"])["metadata"]["data"] == {"weather": "fine"}


def test_time_without_captures_is_reported_to_the_sdk(fake_robot, fake_robot_sdk, client, tmp_path):
    query = make_time_query_params(1000.0, 2000.0, fake_robot_sdk)
    host = f"{fake_robot.address}:{fake_robot.rest_port}"
    assert not download_data_REST(query, host, fake_robot_sdk.user_token, str(tmp_path))


def test_stored_data_keep_their_extensions_and_odd_names_are_made_safe(get, store):
    store.store_data(b"1", identifier("a/../b\n", data_name="..x"), ".bin")
    store.store_data(b"2", api.DataIdentifier())
    store.store_alertdata(
        api.AssociatedAlertData(alert_data=alerts_pb2.AlertData(title="hot")), identifier("alarm")
    )
    status, body, headers = get(DOWNLOAD_PATH)
    assert status == 200
    assert headers["Content-Type"] == "application/zip"
    files = {name.rpartition("/")[2]: content for name, content in files_in(body).items()}
    assert files["a_.._b_ ..x 1.bin"] == b"1"
    assert files["2.bin"] == b"2"
    assert json.loads(files["alarm 3.json"])["alert_data"]["title"] == "hot"
    assert any(name.startswith("no group/") for name in files_in(body))


@pytest.mark.parametrize(
    ("image", "name", "content"),
    [
        ({"format": 2, "pixel_format": 1, "data": b"g"}, "c 1.pgm", b"P5 1 1 255\ng"),
        ({"format": 2, "pixel_format": 3, "data": b"rgb"}, "c 1.ppm", b"P6 1 1 255\nrgb"),
        ({"format": 2, "pixel_format": 6, "data": b"hl"}, "c 1.pgm", b"P5 1 1 65535\nhl"),
        ({"format": 2, "pixel_format": 4, "data": b"rgba"}, "c 1.raw", b"rgba"),
        ({"format": 3, "pixel_format": 1, "data": b"\1g"}, "c 1.raw", b"\1g"),
        ({"format": 2, "pixel_format": 5, "data": b"odd"}, "c 1.raw", b"odd"),
    ],
)
def test_raw_pictures_become_files_that_viewers_know(get, store, image, name, content):
    store.store_image(
        image_pb2.ImageCapture(image=image_pb2.Image(cols=1, rows=1, **image)), identifier("c")
    )
    ((path, stored),) = files_in(get(DOWNLOAD_PATH)[1]).items()
    assert (path.rpartition("/")[2], stored) == (name, content)


def test_times_select(get, fake_robot, store):
    store.store_data(b"1", identifier())
    now_ns = fake_robot.now_ns()
    second = 10**9
    assert get(f"{DOWNLOAD_PATH}?from_nsec={now_ns - 60 * second}")[0] == 200
    assert get(f"{DOWNLOAD_PATH}?to_nsec={now_ns - 60 * second}")[0] == 204
    assert get(f"{DOWNLOAD_PATH}?from_nsec={now_ns + 60 * second}&channel=any")[0] == 204


def test_other_requests_are_refused(get, fake_robot):
    assert get("/")[0] == 404
    assert get(DOWNLOAD_PATH, token="forged")[0] == 401
    assert get(f"{DOWNLOAD_PATH}?from_nsec=today")[0] == 400
    fake_robot.refuse("data-buffer", grpc.StatusCode.UNAVAILABLE)
    assert get(DOWNLOAD_PATH)[0] == 503
    fake_robot.accept("data-buffer")
    fake_robot.revoke_tokens()
    assert get(DOWNLOAD_PATH)[0] == 401


def test_robot_that_is_down_serves_nothing_and_has_its_port_again(fake_robot, fake_robot_sdk, get):
    port = fake_robot.rest_port
    fake_robot.power_off()
    with pytest.raises(ConnectionRefusedError):
        get(DOWNLOAD_PATH)
    fake_robot.boot()
    assert fake_robot.rest_port == port
    fake_robot_sdk.authenticate("user", "password")
    assert get(DOWNLOAD_PATH)[0] == 204


def test_robot_whose_port_was_taken_meanwhile_does_not_come_back(fake_robot):
    fake_robot.power_off()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind((fake_robot.address, fake_robot.rest_port))
        thief.listen()
        with pytest.raises(OSError, match="in use"):
            fake_robot.boot()
    assert not fake_robot.is_up
    fake_robot.boot()
    assert fake_robot.is_up
