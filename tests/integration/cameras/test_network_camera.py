"""A network camera over HTTP that stops, stalls, refuses and sends damage."""

from __future__ import annotations

import socket
from collections.abc import Callable

import numpy as np
import pytest

from spot_webcam.adapters.http_camera import HttpCamera
from spot_webcam.adapters.http_camera.picture_timeout import PictureTimeout
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
)
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import Camera, ModeRequest, StreamTimed
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind
from spot_webcam.fakes.cameras.network import HttpCameraServer, Manners, Refusal

MakeCamera = Callable[[str], Camera]

COLS, ROWS = 160, 120
# How many pictures may still lie in buffers when the server is gone.
MAX_BUFFERED = 200
VISIBLE = [FaultKind.TRUNCATE, FaultKind.GARBAGE, FaultKind.HEADER, FaultKind.EMPTY, FaultKind.TINY]


def take(camera: Camera) -> bytes:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, JpegPicture)
    return picture.data


def take_or_none(camera: Camera) -> bytes | None:
    try:
        return take(camera)
    except CorruptFrame:
        return None


def drain(camera: Camera) -> None:
    """Grab what may still lie in buffers."""
    for _ in range(MAX_BUFFERED):
        camera.grab()


@pytest.fixture
def camera(mjpeg_server: HttpCameraServer, make_camera: MakeCamera) -> Camera:
    return make_camera(mjpeg_server.url)


@pytest.mark.parametrize("sizes", [True, False], ids=["with-sizes", "without-sizes"])
def test_the_servers_own_bytes_arrive_in_order(
    mjpeg_server: HttpCameraServer, camera: Camera, sizes: bool
) -> None:
    mjpeg_server.manners = Manners(length_error=0 if sizes else None)
    mode = camera.open()
    assert (mode.cols, mode.rows, mode.layout, mode.codec) == (COLS, ROWS, Layout.BGR8, "MJPG")
    seen = [mjpeg_server.pictures.index(take(camera)) for _ in range(10)]
    assert set(np.diff(seen) % len(mjpeg_server.pictures)) == {1}
    assert camera.settings() == CaptureSettings()


def test_rate_and_times_that_the_camera_does_not_send_are_not_reported(camera: Camera) -> None:
    assert camera.open().fps is None
    take(camera)
    assert isinstance(camera, StreamTimed)
    assert camera.stream_time_ns() is None


@pytest.mark.parametrize("kind", VISIBLE)
def test_damaged_picture_is_reported_and_the_next_good_one_comes(
    mjpeg_server: HttpCameraServer, camera: Camera, kind: FaultKind
) -> None:
    bad = mjpeg_server.pictures[::5]
    mjpeg_server.spoil = lambda jpeg: damage(jpeg, [kind]) if jpeg in bad else jpeg
    camera.open()
    seen = [take_or_none(camera) for _ in range(15)]
    assert seen.count(None) == 3
    good = set(seen) - {None}
    assert good <= set(mjpeg_server.pictures)
    assert not good & set(bad)


def test_damage_within_is_handed_over_as_it_is(
    mjpeg_server: HttpCameraServer, camera: Camera
) -> None:
    mjpeg_server.spoil = lambda jpeg: damage(jpeg, [FaultKind.FLIP])
    camera.open()
    assert take(camera) in [mjpeg_server.spoil(jpeg) for jpeg in mjpeg_server.pictures]


def test_damaged_pictures_from_the_start_are_reported(
    mjpeg_server: HttpCameraServer, camera: Camera
) -> None:
    mjpeg_server.spoil = lambda jpeg: damage(jpeg, [FaultKind.TRUNCATE])
    with pytest.raises(CorruptFrame, match="cut off"):
        camera.open()


def test_pictures_report_a_new_size(
    mjpeg_server: HttpCameraServer, camera: Camera, larger_jpegs: list[bytes]
) -> None:
    camera.open()
    take(camera)
    mjpeg_server.pictures = larger_jpegs
    sizes = set()
    for _ in range(20):
        camera.grab()
        picture = camera.retrieve()
        sizes.add((picture.cols, picture.rows))
    assert sizes >= {(2 * COLS, 2 * ROWS)}
    assert sizes <= {(COLS, ROWS), (2 * COLS, 2 * ROWS)}


def test_server_that_stops_is_reported_and_the_camera_opens_again(
    mjpeg_server: HttpCameraServer, camera: Camera
) -> None:
    camera.open()
    take(camera)
    mjpeg_server.stop()
    with pytest.raises(NoData, match="has stopped sending"):
        drain(camera)
    with pytest.raises(CameraAbsent, match=r"no answer from http://127\.0\.0\.1.*refused"):
        camera.open()
    mjpeg_server.start()
    camera.open()
    assert take(camera) in mjpeg_server.pictures


@pytest.mark.parametrize("reset", [False, True], ids=["end", "reset"])
def test_connection_that_ends_is_reported(
    mjpeg_server: HttpCameraServer, camera: Camera, reset: bool
) -> None:
    camera.open()
    take(camera)
    mjpeg_server.hang_up(reset=reset)
    with pytest.raises(NoData):
        drain(camera)
    camera.open()
    assert take(camera) in mjpeg_server.pictures


@pytest.mark.parametrize("within", [False, True], ids=["between", "within"])
def test_server_that_stalls_times_out(
    mjpeg_server: HttpCameraServer, camera: Camera, within: bool
) -> None:
    camera.open()
    take(camera)
    if within:
        mjpeg_server.stall_within = True
    else:
        mjpeg_server.stall()
    # Ends by itself, although the connection stands: the test's own timeout is far off.
    with pytest.raises(NoData):
        drain(camera)
    mjpeg_server.stall_within = False
    mjpeg_server.resume()
    camera.open()
    assert take(camera) in mjpeg_server.pictures


@pytest.mark.parametrize(
    ("refusal", "kind", "says"),
    [
        (Refusal(401), CameraPermissionDenied, "user and password"),
        (Refusal(404), CameraAbsent, "no such stream"),
        (Refusal(503), CameraBusy, "busy"),
        (Refusal(200), CameraMisconfigured, "web page"),
        (Refusal(raw=b""), NoData, "does not answer"),
    ],
    ids=lambda one: str(one.status) if isinstance(one, Refusal) else "",
)
def test_server_that_refuses_is_reported_with_the_remedy(
    mjpeg_server: HttpCameraServer,
    camera: Camera,
    refusal: Refusal,
    kind: type[CameraError],
    says: str,
) -> None:
    mjpeg_server.refusals = {"": refusal}
    if refusal.raw is not None:
        mjpeg_server.stall()
    with pytest.raises(CameraError, match=says) as caught:
        camera.open()
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    mjpeg_server.refusals = {}
    mjpeg_server.resume()
    camera.open()
    assert take(camera) in mjpeg_server.pictures


def test_camera_too_slow_for_the_timeouts_is_waited_for_at_the_second_try(
    mjpeg_server: HttpCameraServer,
) -> None:
    mjpeg_server.period_s = 0.4
    address = DeviceAddress(mjpeg_server.url)
    timeout = PictureTimeout(short_s=0.2, long_s=2.0)
    camera = HttpCamera(address, ModeRequest(), SystemClock(), timeout=timeout)
    try:
        with pytest.raises(NoData, match="answers but sends no picture"):
            camera.open()
        camera.open()
        assert {take(camera) for _ in range(3)} <= set(mjpeg_server.pictures)
    finally:
        camera.close()


def test_host_that_takes_no_connection_times_out(make_camera: MakeCamera) -> None:
    # A full queue of connections drops all others, as a host that is off does.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        address = full.getsockname()
        with socket.create_connection(address), socket.socket() as second:
            second.setblocking(False)
            second.connect_ex(address)
            with pytest.raises(CameraAbsent, match="check the address"):
                make_camera(f"http://127.0.0.1:{address[1]}/x").open()


@pytest.mark.parametrize(
    "url",
    [
        "http://operator:hunter2@127.0.0.1:1/stream",
        "rtsp://operator:hunter2@127.0.0.1:1/stream",
        "rtsp://operator:hunter2/@127.0.0.1:1/stream",
        "rtsp://operator:hun@ter2@127.0.0.1:1/stream",
    ],
)
def test_passwords_are_not_reported(url: str, make_camera: MakeCamera) -> None:
    with pytest.raises(CameraError) as failure:
        make_camera(url).open()
    assert "127.0.0.1:1/stream" in str(failure.value)
    for secret in ("hun", "ter2", "operator"):
        assert secret not in str(failure.value)
