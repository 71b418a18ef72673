"""The daemon with network cameras that stop, stall and come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import cv2
import pytest
from bosdyn.api import image_pb2

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.domain.health.staleness import REMEMBERED_INTERVALS
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind
from spot_webcam.fakes.cameras.network import (
    KNOWN_MANNERS,
    Guard,
    HttpCameraServer,
    LoopbackServer,
    Refusal,
)
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from tests.integration.cameras.h264 import H264Server
from tests.integration.cameras.rtp_jpeg import entropy_coded
from tests.integration.cameras.rtsp_server import RtspServer

OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
JPEG = image_pb2.Image.FORMAT_JPEG
# A rate low enough for a loaded machine.
FPS = 10.0
CAPTURE, DECODING = "Image Capture Failure for front", "Decoding Image front Failure"

Trouble = Callable[[Any], None]


def spoil(server: HttpCameraServer) -> None:
    server.spoil = lambda jpeg: damage(jpeg, [FaultKind.TRUNCATE])


def freeze(server: HttpCameraServer) -> None:
    one = server.pictures[0]
    server.spoil = lambda _: one


def stall_within(server: HttpCameraServer) -> None:
    server.stall_within = True


def refuse(server: HttpCameraServer) -> None:
    server.refusals = {"": Refusal(503)}
    server.hang_up()


def restore(server: Any, trouble: Trouble) -> None:
    """End the trouble; a server that fell silent is restarted, its connections are not."""
    server.refusals, server.spoil, server.stall_within = {}, bytes, False
    if trouble in {spoil, freeze}:
        return
    server.resume()
    server.stop()
    server.start()


MJPEG: list[tuple[Trouble, str]] = [
    (HttpCameraServer.stop, CAPTURE),
    (HttpCameraServer.stall, CAPTURE),
    (stall_within, CAPTURE),
    (refuse, CAPTURE),
    (freeze, CAPTURE),
    (spoil, DECODING),
]
RTSP: list[tuple[Trouble, str]] = [(RtspServer.stop, CAPTURE), (RtspServer.stall, CAPTURE)]


@pytest.fixture(scope="module")
def jpegs() -> list[bytes]:
    pattern = Pattern(64, 48, 0, Layout.BGR8, FPS)
    return [bytes(cv2.imencode(".jpg", pattern.frame(number))[1]) for number in range(50)]


@pytest.fixture(params=[Isolation.NEVER, Isolation.AUTO], ids=lambda one: one.value)
def isolation(request: pytest.FixtureRequest) -> Isolation:
    chosen: Isolation = request.param
    return chosen


def running(server: LoopbackServer) -> Iterator[LoopbackServer]:
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mjpeg_server(jpegs: list[bytes]) -> Iterator[LoopbackServer]:
    yield from running(HttpCameraServer(jpegs, 1 / FPS))


@pytest.fixture
def rtsp_server(jpegs: list[bytes]) -> Iterator[LoopbackServer]:
    yield from running(RtspServer(jpegs, 1 / FPS))


def wait_until_rate_is_known(serving: Any) -> None:
    """Until then a stream that declares none is stale after ten seconds."""
    seen = set()

    def has_enough() -> bool:
        seen.add(serving.client.ask("front").shot.acquisition_time.ToNanoseconds())
        return len(seen) > REMEMBERED_INTERVALS + 1

    assert serving.eventually(has_enough)


def assert_one_trigger_and_one_clear(
    serving: Any, server: Any, trouble: Trouble, fault: str
) -> None:
    serving.wait_for_status("front", OK)
    trouble(server)

    def events() -> list[str]:
        return [one.kind for one in serving.robot.fault_events() if one.fault_name == fault]

    assert serving.eventually(lambda: "trigger" in events())
    serving.wait_for_status("front", IMAGE_DATA_ERROR)
    restore(server, trouble)
    serving.wait_for_status("front", OK)
    assert serving.eventually(lambda: "clear" in events())
    assert events() == ["trigger", "clear"]
    # On a busy computer the rest of the picture that was cut off may be a fault for a moment.
    assert serving.eventually(lambda: serving.faults() == [])


@pytest.mark.parametrize(("trouble", "fault"), MJPEG, ids=lambda one: getattr(one, "__name__", ""))
def test_trouble_over_http_costs_one_trigger_and_one_clear(
    serve: Callable[..., Any],
    mjpeg_server: HttpCameraServer,
    isolation: Isolation,
    trouble: Trouble,
    fault: str,
) -> None:
    serving = serve(f"front={mjpeg_server.url}", isolation=isolation)
    wait_until_rate_is_known(serving)
    assert_one_trigger_and_one_clear(serving, mjpeg_server, trouble, fault)


@pytest.mark.parametrize(("trouble", "fault"), RTSP, ids=lambda one: getattr(one, "__name__", ""))
def test_trouble_over_rtsp_costs_one_trigger_and_one_clear(
    serve: Callable[..., Any],
    rtsp_server: RtspServer,
    isolation: Isolation,
    trouble: Trouble,
    fault: str,
) -> None:
    serving = serve(f"front={rtsp_server.url}", isolation=isolation)
    assert_one_trigger_and_one_clear(serving, rtsp_server, trouble, fault)


def test_clients_get_the_bytes_that_came_over_http(
    serve: Callable[..., Any], mjpeg_server: HttpCameraServer, isolation: Isolation
) -> None:
    serving = serve(f"front={mjpeg_server.url}", isolation=isolation)
    serving.wait_for_status("front", OK)
    image = serving.client.ask("front", image_format=JPEG).shot.image
    assert image.data in mjpeg_server.pictures


MANNERS = [
    "boundary-after",
    "line-feeds",
    "length-too-large",
    "bare-jpegs",
    "chunked",
    "single",
    "single-no-length",
]


def test_clients_get_the_bytes_of_cameras_of_all_manners(
    serve: Callable[..., Any], jpegs: list[bytes]
) -> None:
    with ExitStack() as stack:
        servers = {
            name: stack.enter_context(HttpCameraServer(jpegs, 1 / FPS, KNOWN_MANNERS[name]))
            for name in MANNERS
        }
        for server in servers.values():
            server.guard = Guard("admin", "2024#Cam", "Digest SHA-256", "Digest MD5")
        urls = [f"{name}={one.url_of('admin:2024#Cam')}" for name, one in servers.items()]
        serving = serve(*urls)
        for name, server in servers.items():
            serving.wait_for_status(name, OK)
            image = serving.client.ask(name, image_format=JPEG).shot.image
            assert image.data in server.pictures
        assert serving.faults() == []


@pytest.mark.parametrize(
    ("refusal", "says"),
    [
        (Refusal(404), "has no such stream or picture (404): check the path"),
        (Refusal(200), "is a web page"),
        (Refusal(401), "put its user and password into the address"),
    ],
    ids=lambda one: getattr(one, "status", ""),
)
def test_fault_says_what_is_wrong_with_an_address(
    serve: Callable[..., Any], mjpeg_server: HttpCameraServer, refusal: Refusal, says: str
) -> None:
    mjpeg_server.refusals = {"": refusal}
    serving = serve(f"front={mjpeg_server.url}")
    assert serving.eventually(lambda: says in str(serving.robot.faults()))
    mjpeg_server.refusals = {}
    serving.wait_for_status("front", OK)


@pytest.mark.slow
def test_key_frames_ten_seconds_apart_are_waited_for(serve: Callable[..., Any]) -> None:
    with H264Server(0.05, 200) as server:
        serving = serve(f"front={server.url}")
        says = "is waiting for a key frame"
        assert serving.eventually(lambda: says in str(serving.robot.faults()))
        serving.wait_for_status("front", OK)
        assert serving.eventually(lambda: serving.faults() == [])


def test_recording_behind_http_answers_every_request(
    serve: Callable[..., Any], mjpeg_server: HttpCameraServer, clip: Any
) -> None:
    page = Refusal(200, {"Content-Type": "video/x-msvideo"}, clip.read_bytes())
    mjpeg_server.refusals = {"": page}
    serving = serve(f"clip={mjpeg_server.url}")
    serving.wait_for_status("clip", OK)
    answers = [serving.client.ask("clip", image_format=JPEG) for _ in range(30)]
    assert {answer.status for answer in answers} == {OK}
    assert all(answer.shot.image.data in page.body for answer in answers)


def test_clients_get_the_entropy_coded_data_that_came_over_rtsp(
    serve: Callable[..., Any], rtsp_server: RtspServer, isolation: Isolation
) -> None:
    serving = serve(f"front={rtsp_server.url}", isolation=isolation)
    serving.wait_for_status("front", OK)
    image = serving.client.ask("front", image_format=JPEG).shot.image
    assert entropy_coded(image.data) in [entropy_coded(one) for one in rtsp_server.pictures]


def test_clients_get_the_bytes_of_a_recording(serve: Callable[..., Any], clip: Any) -> None:
    serving = serve(f"clip={clip}")
    serving.wait_for_status("clip", OK)
    image = serving.client.ask("clip", image_format=JPEG).shot.image
    assert image.data in clip.read_bytes()
