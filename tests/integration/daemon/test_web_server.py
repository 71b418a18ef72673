"""The server's bounds: slow viewers, silent connections, too many of them, its stop."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.web.ports import Metric, WebOptions
from spot_webcam.adapters.web.server import WebLimits, WebServer
from spot_webcam.adapters.web.site import DaemonSite
from spot_webcam.domain.media.image import CaptureSettings, EncodedImage, ImageFormat, PixelFormat
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.parameter_fields import ParameterField
from spot_webcam.domain.sources.parameters import Given
from tests.integration.daemon.web import write_certificate
from tests.timing import PATIENCE_S, eventually

PICTURE_BYTES = 100_000
STREAM = b"GET /api/v1/sources/cam/stream.mjpg?fps=60 HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Nothing:
    """A daemon without a state."""

    def status(self) -> dict[str, Any]:
        return {"sources": []}

    def schema(self) -> dict[str, Any]:
        return {"properties": {"sources": {}}}

    def metrics(self) -> Iterable[Metric]:
        return []

    def not_alive(self) -> list[str]:
        return []

    def not_ready(self) -> list[str]:
        return ["there is no robot", "there is no source"]


class NumberedPictures:
    """A source `cam` that has a new picture each time; its first bytes are its number."""

    def __init__(self) -> None:
        self.number = 0
        self.go = threading.Event()
        self.go.set()

    def picture(
        self,
        name: str,
        quality: float = 0.0,  # noqa: ARG002 - of the port
        parameters: Mapping[str, Given] | None = None,  # noqa: ARG002 - of the port
        timeout_s: float = 5.0,  # noqa: ARG002 - of the port
    ) -> Answer | None:
        if name != "cam":
            return None
        self.go.wait(PATIENCE_S)
        self.number += 1
        data = b"#%09d" % self.number + bytes(PICTURE_BYTES)
        image = EncodedImage(data, ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6)
        return Answer(Status.OK, None, Capture(image, time.time_ns(), CaptureSettings()))

    def fields(self, name: str) -> tuple[ParameterField, ...] | None:
        return () if name == "cam" else None


def site_of(pictures: NumberedPictures) -> DaemonSite:
    return DaemonSite(Nothing(), pictures, "1.2.3")


def stopped(server: WebServer) -> bool:
    server.ask_to_stop()
    return server.join(PATIENCE_S)


@pytest.fixture
def pictures() -> Iterator[NumberedPictures]:
    pictures = NumberedPictures()
    yield pictures
    pictures.go.set()


@pytest.fixture
def server(pictures: NumberedPictures) -> Iterator[WebServer]:
    server = WebServer(site_of(pictures), WebOptions("127.0.0.1", 0))
    server.start()
    yield server
    assert stopped(server)


@pytest.fixture
def strict_server(pictures: NumberedPictures) -> Iterator[WebServer]:
    """A server of few connections, which closes those on which nothing happens at once."""
    limits = WebLimits(connections=3, look_s=0.02)
    server = WebServer(site_of(pictures), WebOptions("127.0.0.1", 0), limits)
    server.start()
    yield server
    assert stopped(server)


def connect(server: WebServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)


def numbers_in(data: bytes) -> list[int]:
    return [int(part[:9]) for part in data.split(b"\r\n\r\n#")[1:]]


def read_until(connection: socket.socket, count: int) -> list[int]:
    """Return the numbers of that many pictures."""
    data = b""
    while len(numbers_in(data)) < count:
        received = connection.recv(1 << 20)
        assert received
        data += received
    return numbers_in(data)


def read_all(connection: socket.socket) -> bytes:
    """Return what comes until the connection is closed, by a reset or not."""
    data = b""
    with contextlib.suppress(ConnectionResetError):
        while received := connection.recv(4096):
            data += received
    return data


def test_slow_viewer_misses_pictures_and_gets_no_old_ones(
    server: WebServer, pictures: NumberedPictures
) -> None:
    with connect(server) as slow, connect(server) as quick:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.sendall(STREAM)
        [first] = read_until(slow, 1)[:1]
        quick.sendall(STREAM)
        read_until(quick, 60)
        seen = pictures.number
        # What was under way is at most a few pictures; then come the newest.
        later = read_until(slow, 8)
        assert len([number for number in later if first < number < seen - 3]) <= 5
        assert later[-1] >= seen - 3


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: loc", HEALTH])
def test_connection_on_which_nothing_happens_is_closed(
    strict_server: WebServer, sent: bytes
) -> None:
    with connect(strict_server) as silent:
        silent.sendall(sent)
        assert read_all(silent).count(b"HTTP/1.1 200") == (sent == HEALTH)


def test_viewer_that_reads_nothing_is_closed(strict_server: WebServer) -> None:
    with connect(strict_server) as stuck:
        stuck.sendall(STREAM)

        def is_gone() -> bool:
            try:
                stuck.send(b"\r\n")
            except OSError:
                return True
            return False

        assert eventually(is_gone)


def test_body_that_does_not_come_is_not_waited_for(strict_server: WebServer) -> None:
    with connect(strict_server) as asking:
        asking.sendall(b"GET /api/v1/token HTTP/1.1\r\nHost: localhost\r\n\r\n")
        token = read_all(asking).rpartition(b'"token":"')[2].partition(b'"')[0]
    with connect(strict_server) as promising:
        head = b"POST /api/v1/sources/cam/capture HTTP/1.1\r\nHost: localhost\r\n"
        length = b"\r\nContent-Length: 9\r\n\r\n"
        promising.sendall(head + b"X-Spot-Webcam-Token: " + token + length)
        assert read_all(promising) == b""


def test_surplus_connections_are_refused_and_the_others_served(strict_server: WebServer) -> None:
    with connect(strict_server) as one, connect(strict_server) as two, connect(strict_server) as on:
        # Each is served again and again, so that something happens on it.
        for connection in (one, two, on):
            connection.sendall(STREAM)
            read_until(connection, 1)
        with connect(strict_server) as surplus:
            assert read_all(surplus) == b""
        for connection in (one, two, on):
            read_until(connection, 1)


def test_tls_handshake_that_does_not_come_is_not_waited_for(
    pictures: NumberedPictures, tmp_path: Path
) -> None:
    """A connection counts from the moment when it is accepted, or thousands would fit in."""
    files = write_certificate(tmp_path)
    options = WebOptions("127.0.0.1", 0, certificate=files.certificate, key=files.key)
    limits = WebLimits(connections=3, look_s=0.2, looks=5)
    server = WebServer(site_of(pictures), options, limits)
    server.start()
    with connect(server) as one, connect(server) as two, connect(server) as three:
        with connect(server) as surplus:
            assert read_all(surplus) == b""
        for silent in (one, two, three):
            assert read_all(silent) == b""
    assert stopped(server)


def test_request_of_two_lengths_is_refused(server: WebServer) -> None:
    """A proxy in front may take the other length, and pass on another request than this one."""
    with connect(server) as connection:
        connection.sendall(
            b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEALTH
        )
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1


def test_reasons_are_answered_one_a_line(server: WebServer) -> None:
    with connect(server) as connection:
        connection.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 503")
    assert answer.endswith(b"\r\n\r\nthere is no robot\nthere is no source\n")


def test_stop_waits_for_no_picture(server: WebServer, pictures: NumberedPictures) -> None:
    with connect(server) as viewer:
        viewer.sendall(STREAM)
        read_until(viewer, 1)
        pictures.go.clear()
        assert stopped(server)


def test_server_that_was_not_started_can_be_stopped(pictures: NumberedPictures) -> None:
    server = WebServer(site_of(pictures), WebOptions("127.0.0.1", 0))
    assert stopped(server)
    again = WebServer(site_of(pictures), WebOptions("127.0.0.1", server.port))
    assert stopped(again)


def test_port_in_use_is_an_error_that_names_it(server: WebServer) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{server.port}: "):
        WebServer(site_of(NumberedPictures()), WebOptions("127.0.0.1", server.port))
