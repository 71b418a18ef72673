"""A fake camera over HTTP, as Python's own client sees it."""

from __future__ import annotations

import http.client
import re
import runpy
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from spot_webcam.fakes.cameras.network import (
    KNOWN_MANNERS,
    Guard,
    HttpCameraServer,
    Manners,
    Refusal,
    stream_bytes,
)

PICTURES = [b"\xff\xd8one\xff\xd9", b"\xff\xd8two\xff\xd9"]
SINGLE = KNOWN_MANNERS["single"]


@pytest.fixture
def camera() -> Iterator[HttpCameraServer]:
    with HttpCameraServer(PICTURES, 0.0) as camera:
        yield camera


def get(
    connection: http.client.HTTPConnection, headers: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection.request("GET", "/stream.mjpg", headers=headers or {})
    return connection.getresponse()


def connect(camera: HttpCameraServer) -> closing[http.client.HTTPConnection]:
    return closing(http.client.HTTPConnection("127.0.0.1", camera.port, timeout=10))


def drain(client: socket.socket) -> None:
    """Receive to the end of the connection."""
    while client.recv(65536):
        pass


@pytest.mark.parametrize(
    "name",
    ["standard", "preamble", "boundary-after", "no-headers", "bare-jpegs", "chunked", "stamped"],
)
def test_stream_has_the_bytes_of_its_manners(camera: HttpCameraServer, name: str) -> None:
    camera.manners = manners = KNOWN_MANNERS[name]
    expected = b"".join(stream_bytes(PICTURES, manners))
    with connect(camera) as connection:
        answer = get(connection)
        received = answer.read(1000)
    assert answer.getheader("Content-Type") == manners.content_type
    assert manners.stamped or received.startswith(expected)
    assert received.count(PICTURES[0]) > 1
    assert (received.count(b"X-Timestamp: ") > 1) == manners.stamped
    assert camera.requests[0].target == "/stream.mjpg"


def test_stream_without_a_type_has_none(camera: HttpCameraServer) -> None:
    camera.manners = KNOWN_MANNERS["no-content-type"]
    with connect(camera) as connection:
        assert get(connection).getheader("Content-Type") is None


def test_damage_is_sent_as_it_is(camera: HttpCameraServer) -> None:
    camera.spoil = lambda _: b"damage"
    with connect(camera) as connection:
        assert get(connection).read(400).count(b"damage") > 1


@pytest.mark.parametrize("name", ["single", "single-chunked", "single-no-length", "single-gzip"])
def test_single_pictures_come_one_by_one(camera: HttpCameraServer, name: str) -> None:
    camera.manners = KNOWN_MANNERS[name]
    with connect(camera) as connection:
        answers = []
        for _ in range(2):
            answer = get(connection)
            answers.append(answer.read())
    if name != "single-gzip":
        assert answers == PICTURES
    stays = name in {"single", "single-chunked"}
    assert camera.connections == (1 if stays else 2)


def test_marked_picture_is_sent_until_it_is_known(camera: HttpCameraServer) -> None:
    camera.manners, camera.pictures = SINGLE, PICTURES[:1]
    camera.marks = lambda _: {"ETag": '"1"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    with connect(camera) as connection:
        assert get(connection).read() == PICTURES[0]
        answer = get(connection, {"If-None-Match": '"1"'})
        assert (answer.status, answer.read()) == (304, b"")
        assert get(connection, {"If-None-Match": '"2"'}).read() == PICTURES[0]


def test_refusals_take_the_place_of_pictures(camera: HttpCameraServer) -> None:
    camera.refusals = {"/stream.mjpg": Refusal(302, {"Location": "/x"}, b"")}
    with connect(camera) as connection:
        answer = get(connection)
        assert (answer.status, answer.getheader("Location"), answer.read()) == (302, "/x", b"")
        camera.refusals = {"": Refusal(503, {"Content-Type": "text/plain"}, b"busy")}
        answer = get(connection)
        assert (answer.status, answer.getheader("Content-Type"), answer.read()) == (
            *(503, "text/plain"),
            b"busy",
        )
        camera.refusals = {"": Refusal(raw=b"SSH-2.0-x\r\n")}
        with pytest.raises(http.client.BadStatusLine):
            get(connection)


def test_guarded_camera_challenges_all_but_its_user() -> None:
    guard = Guard("me", "pw", "Basic")
    with HttpCameraServer(PICTURES, manners=SINGLE, guard=guard) as camera:
        with connect(camera) as connection:
            answer = get(connection)
            assert (answer.status, answer.getheader("WWW-Authenticate")) == (
                401,
                'Basic realm="camera"',
            )
            answer.read()
            answer = get(connection, {"Authorization": "Basic bWU6cHc="})
            assert answer.read() == PICTURES[0]
        assert (
            camera.url_of("me:p w", "/x", "localhost") == f"http://me:p w@localhost:{camera.port}/x"
        )


def test_tls_is_that_of_an_authority_of_its_own(tmp_path: Path) -> None:
    with HttpCameraServer(PICTURES, manners=SINGLE, tls=True) as camera:
        camera.write_ca(tmp_path / "ca.pem")
        context = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        connection = http.client.HTTPSConnection("127.0.0.1", camera.port, context=context)
        with closing(connection):
            assert get(connection).read() == PICTURES[0]
        assert camera.url.startswith("https://")
        assert len(bytes.fromhex(camera.fingerprint)) == 32
        with (
            socket.create_connection(("127.0.0.1", camera.port)) as plain,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")


def test_plain_camera_has_no_certificate(camera: HttpCameraServer) -> None:
    with pytest.raises(ValueError, match="no TLS"):
        _ = camera.fingerprint


# Faults of the connection.


def test_stalled_stream_goes_on(camera: HttpCameraServer) -> None:
    camera.stall_within = True
    with connect(camera) as connection:
        answer = get(connection)
        assert camera.stalled.wait(10)
        camera.stall_within = False
        camera.resume()
        assert answer.read(1000).count(b"two") > 1


@pytest.mark.parametrize("manners", [Manners(), SINGLE], ids=["stream", "single"])
def test_stall_holds_every_answer(camera: HttpCameraServer, manners: Manners) -> None:
    camera.manners = manners
    camera.stall()
    with connect(camera) as connection:
        connection.request("GET", "/")
        connection.sock.settimeout(0.05)
        with pytest.raises(TimeoutError):
            drain(connection.sock)
        camera.hang_up()
        connection.sock.settimeout(10)
        assert connection.sock.recv(1000) == b""


@pytest.mark.parametrize("reset", [False, True])
def test_connections_end_on_command_and_new_ones_are_taken(
    camera: HttpCameraServer, reset: bool
) -> None:
    with ExitStack() as stack:
        connection = stack.enter_context(connect(camera))
        connection.request("GET", "/")
        connection.sock.recv(100)
        camera.hang_up(reset=reset)
        if reset:
            with pytest.raises(ConnectionResetError):
                drain(connection.sock)
        else:
            drain(connection.sock)
        connection = stack.enter_context(connect(camera))
        assert get(connection).status == 200


def test_stopped_camera_starts_again_on_its_port(camera: HttpCameraServer) -> None:
    port = camera.port
    camera.stop()
    camera.stop()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    camera.start()
    assert camera.port == port
    with connect(camera) as connection:
        assert get(connection).status == 200


def test_client_that_asks_nothing_is_let_go(camera: HttpCameraServer) -> None:
    with socket.create_connection(("127.0.0.1", camera.port)) as client:
        client.sendall(b"GET / HT")
        client.shutdown(socket.SHUT_WR)
        assert client.recv(100) == b""
    assert camera.requests == []


def test_example_of_the_documentation_works(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = Path(__file__).parents[5] / "docs" / "synthetic-cameras.md"
    *_, example = re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL)
    (tmp_path / "example.py").write_text(example)
    runpy.run_path(str(tmp_path / "example.py"))
    assert capsys.readouterr().out.startswith("http://admin:2024#Cam@127.0.0.1:")
