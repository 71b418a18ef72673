"""A network camera over RTSP: a server of these tests, read by OpenCV's own client."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from spot_webcam.domain.errors import CameraAbsent, CameraPermissionDenied, NoData
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, StreamTimed
from tests.integration.cameras.rtp_jpeg import entropy_coded
from tests.integration.cameras.rtsp_server import RtspServer

MakeCamera = Callable[[str], Camera]

COLS, ROWS = 160, 120
# What may lie in buffers when the server is gone.
MAX_BUFFERED = 500
# OpenCV 4.8 does not tell the times of pictures that it does not decode.
TELLS_TIMES = tuple(map(int, cv2.__version__.split(".")[:2])) > (4, 8)


def take(camera: Camera) -> JpegPicture:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, JpegPicture)
    return picture


def number(server: RtspServer, picture: JpegPicture) -> int:
    """Return which picture of the server's it is, by what was sent as it is."""
    return [entropy_coded(one) for one in server.pictures].index(entropy_coded(picture.data))


def drain(camera: Camera) -> None:
    for _ in range(MAX_BUFFERED):
        camera.grab()


def pixels(jpeg: bytes) -> np.ndarray:
    decoded: np.ndarray = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    return decoded


@pytest.fixture
def camera(rtsp_server: RtspServer, make_camera: MakeCamera) -> Camera:
    return make_camera(rtsp_server.url)


def test_pictures_arrive_in_order_and_as_sent(rtsp_server: RtspServer, camera: Camera) -> None:
    mode = camera.open()
    assert (mode.cols, mode.rows, mode.layout, mode.codec) == (COLS, ROWS, Layout.BGR8, "MJPG")
    taken = [take(camera) for _ in range(10)]
    seen = [number(rtsp_server, one) for one in taken]
    assert set(np.diff(seen) % len(rtsp_server.pictures)) == {1}
    # RTP leaves out the header, which FFmpeg makes again.
    assert np.array_equal(pixels(taken[0].data), pixels(rtsp_server.pictures[seen[0]]))


@pytest.mark.skipif(not TELLS_TIMES, reason="this OpenCV tells no times of packets")
def test_times_of_the_sender_are_reported(rtsp_server: RtspServer, camera: Camera) -> None:
    camera.open()
    assert isinstance(camera, StreamTimed)
    times = []
    for _ in range(10):
        take(camera)
        times.append(camera.stream_time_ns())
    assert None not in times
    assert np.diff(times) == pytest.approx(rtsp_server.period_s * 1e9, abs=1e6)


@pytest.mark.skipif(not TELLS_TIMES, reason="this OpenCV tells no times of packets")
@pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "still"])
def test_frozen_sender_differs_from_a_still_scene_by_its_times(
    rtsp_server: RtspServer, camera: Camera, frozen: bool
) -> None:
    camera.open()
    take(camera)
    rtsp_server.frozen, rtsp_server.still = frozen, not frozen
    assert isinstance(camera, StreamTimed)
    for _ in range(20):  # until what was on its way has come
        camera.grab()
    seen = set()
    for _ in range(5):
        seen.add((take(camera).data, camera.stream_time_ns()))
    assert len({data for data, _ in seen}) == 1
    assert len({time for _, time in seen}) == (1 if frozen else 5)


def test_first_picture_after_opening_is_the_newest(rtsp_server: RtspServer, camera: Camera) -> None:
    camera.open()
    # What FFmpeg took to learn the rate has been skipped.
    assert number(rtsp_server, take(camera)) >= 10


def test_pictures_with_lost_packets_are_left_out(rtsp_server: RtspServer, camera: Camera) -> None:
    rtsp_server.lost = 25
    camera.open()
    for _ in range(20):
        assert number(rtsp_server, take(camera)) >= 0


def test_server_that_stops_is_reported_and_the_camera_opens_again(
    rtsp_server: RtspServer, camera: Camera
) -> None:
    camera.open()
    take(camera)
    rtsp_server.stop()
    with pytest.raises(NoData, match="has stopped sending"):
        drain(camera)
    with pytest.raises(CameraAbsent, match="refused"):
        camera.open()
    rtsp_server.start()
    camera.open()
    assert number(rtsp_server, take(camera)) >= 0


def test_server_that_stalls_times_out(rtsp_server: RtspServer, camera: Camera) -> None:
    camera.open()
    take(camera)
    rtsp_server.stall()
    with pytest.raises(NoData):
        drain(camera)
    with pytest.raises(NoData, match="does not answer"):
        camera.open()
    rtsp_server.resume()
    camera.open()
    assert number(rtsp_server, take(camera)) >= 0


def test_server_learns_that_the_client_left(rtsp_server: RtspServer, camera: Camera) -> None:
    camera.open()
    camera.close()
    assert rtsp_server.torn_down.wait(30.0)


@pytest.mark.parametrize(
    ("meant", "written"),
    [("p@ss/word", "p%40ss%2Fword"), ("p@ss/word", "p@ss/word"), ("2024#Cam 5%", "2024#Cam 5%")],
)
def test_user_and_password_are_asked_for(
    rtsp_server: RtspServer, make_camera: MakeCamera, meant: str, written: str
) -> None:
    rtsp_server.credentials = f"operator:{meant}"
    for wrong in ("", "operator:other@"):
        with pytest.raises(CameraPermissionDenied, match="password") as caught:
            make_camera(rtsp_server.url.replace("//", f"//{wrong}")).open()
        assert "other" not in str(caught.value)
    camera = make_camera(rtsp_server.url.replace("//", f"//operator:{written}@"))
    camera.open()
    assert number(rtsp_server, take(camera)) >= 0
