"""Answers of cameras over HTTP that never end, and addresses that lead nowhere."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator

import pytest

from spot_webcam.adapters.http_camera import HttpCamera
from spot_webcam.adapters.http_camera.camera import MIN_STREAM_NS
from spot_webcam.adapters.http_camera.picture_timeout import PictureTimeout
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.errors import CameraAbsent, CameraError, CameraMisconfigured, NoData
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.cameras.network import HttpCameraServer, Manners, Refusal
from spot_webcam.fakes.time.manual import ManualClock

OK = b"HTTP/1.1 200 OK\r\n"


@pytest.fixture
def server(jpegs: list[bytes]) -> Iterator[HttpCameraServer]:
    with HttpCameraServer(jpegs, 0.002) as server:
        yield server


def first_picture(url: str) -> bytes:
    camera = HttpCamera(
        DeviceAddress(url), ModeRequest(fps=200.0), SystemClock(), timeout=PictureTimeout(20.0)
    )
    try:
        camera.open()
        camera.grab()
        return camera.retrieve().data
    finally:
        camera.close()


def scripted(server: HttpCameraServer, *answers: Callable[[socket.socket], object]) -> None:
    """Let each connection get the next answer, and stay open."""
    left = iter(answers)

    def serve(client: socket.socket) -> None:
        client.recv(65536)
        next(left)(client)
        server.pause(60.0)

    server.serve = serve  # type: ignore[method-assign]


@pytest.mark.parametrize(
    "head",
    [
        b"401 Unauthorized\r\nWWW-Authenticate: Basic",
        b"401 Unauthorized\r\nContent-Length: 999\r\nWWW-Authenticate: Basic",
        b"302 Found\r\nLocation: /other",
    ],
    ids=["no-length", "wrong-length", "redirect"],
)
def test_page_without_end_is_left(server: HttpCameraServer, head: bytes) -> None:
    picture = server.pictures[0]
    scripted(
        server,
        lambda client: client.sendall(b"HTTP/1.1 " + head + b"\r\n\r\n<html>"),
        lambda client: client.sendall(OK + b"Content-Type: video/mjpeg\r\n\r\n" + picture),
    )
    assert first_picture(server.url_of("admin:secret")) == picture


@pytest.mark.parametrize("length", [b"", b"Content-Length: 99999\r\n"], ids=["none", "too-large"])
def test_single_picture_ends_where_its_markers_say(server: HttpCameraServer, length: bytes) -> None:
    def send(client: socket.socket) -> None:
        client.sendall(OK + b"Content-Type: image/jpeg\r\n" + length + b"\r\n" + server.pictures[0])

    scripted(server, send)
    assert first_picture(server.url) == server.pictures[0]


def test_stream_without_type_may_begin_with_an_empty_line(server: HttpCameraServer) -> None:
    part = Manners().part(server.pictures[0], 0.0, is_first=True)

    def send(client: socket.socket) -> None:
        client.sendall(OK + b"\r\n")
        for piece in (b"\r\n", part):
            server.pause(0.05)
            client.sendall(piece)

    scripted(server, send)
    assert first_picture(server.url) == server.pictures[0]


@pytest.mark.parametrize("location", ["http://[bad/", "http://h:99999/", "rtsp://h/", "mailto:x"])
def test_redirect_to_no_address_is_reported_as_one(server: HttpCameraServer, location: str) -> None:
    server.refusals = {"": Refusal(302, {"Location": location})}
    with pytest.raises(CameraMisconfigured, match="redirects to what is no address of HTTP"):
        first_picture(server.url)


@pytest.mark.parametrize(
    ("location", "kind", "says"),
    [
        ("http://user:secret@127.0.0.1:1/x", CameraAbsent, "redirected to http://127.0.0.1:1 "),
        ("http://nobody.invalid/", CameraAbsent, "redirected to http://nobody.invalid:"),
    ],
)
def test_message_names_where_a_redirect_leads(
    server: HttpCameraServer, location: str, kind: type[CameraError], says: str
) -> None:
    server.refusals = {"": Refusal(302, {"Location": location})}
    with pytest.raises(kind, match=says) as failure:
        first_picture(server.url)
    assert "secret" not in str(failure.value)


def test_address_of_a_family_that_this_computer_lacks_is_skipped(
    server: HttpCameraServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = socket.getaddrinfo("127.0.0.1", server.port, type=socket.SOCK_STREAM)
    missing = [(12345, socket.SOCK_STREAM, 0, "", ("::1", server.port))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [*missing, *found])
    assert first_picture(server.url) in server.pictures


@pytest.mark.parametrize("tail", [b"", b"0\r\n\r\n", b"no size"], ids=["cut", "ended", "damaged"])
def test_stream_that_ends_after_a_time_is_requested_again_at_once(
    server: HttpCameraServer, tail: bytes
) -> None:
    head = OK + b"Content-Type: video/mjpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
    answers = iter([server.pictures[:3], server.pictures[3:4]])

    def serve(client: socket.socket) -> None:
        client.recv(65536)
        chunks = [b"%x\r\n%b\r\n" % (len(one), one) for one in next(answers, ())]
        client.sendall(head + b"".join(chunks) + tail)

    server.serve = serve  # type: ignore[method-assign]
    clock = ManualClock()
    timeout = PictureTimeout(20.0)
    camera = HttpCamera(DeviceAddress(server.url), ModeRequest(), clock, timeout=timeout)
    taken = []
    try:
        camera.open()
        for _ in range(4):
            camera.grab()
            taken.append(camera.retrieve().data)
            clock.advance(MIN_STREAM_NS / NANOSECONDS / 2)
        # The second one ended sooner.
        with pytest.raises(NoData, match="the connection ended"):
            camera.grab()
    finally:
        camera.close()
    assert taken == server.pictures[:4]
    assert server.connections == 2
