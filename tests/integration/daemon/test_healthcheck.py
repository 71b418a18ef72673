"""What `spot-webcam healthcheck` asks a daemon, by the kinds of its ports."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from spot_webcam.adapters.system.listeners import Listener
from spot_webcam.app.web import WebOptions
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.healthcheck import not_alive
from tests.integration.daemon.conftest import StartDaemon
from tests.integration.daemon.web import write_certificate
from tests.timing import PATIENCE_S

UNPLUGGED = "front=synthetic:?script=unplug@0s"


def local(port: int, host: str = "127.0.0.1") -> Listener:
    return Listener(host, port, "7")


def test_image_service_without_pictures_is_alive(
    robot: FakeRobot, start_daemon: StartDaemon
) -> None:
    port = start_daemon(robot, UNPLUGGED).port
    assert not_alive([local(port, "0.0.0.0")], PATIENCE_S) == ""
    assert not_alive([local(port)], PATIENCE_S) == ""


def test_page_is_asked_despite_its_password_and_certificate(
    robot: FakeRobot, start_daemon: StartDaemon, tmp_path: Path
) -> None:
    files = write_certificate(tmp_path)
    http = WebOptions("127.0.0.1", 0, "correct horse", files.certificate, files.key)
    daemon = start_daemon(robot, UNPLUGGED, http=http)
    assert daemon.web is not None
    assert not_alive([local(daemon.web.port)], PATIENCE_S) == ""


class UnhealthyPage(BaseHTTPRequestHandler):
    """Says what a daemon with a dead and a hanging thread says."""

    def do_GET(self) -> None:
        self.send_response(503 if self.path == "/healthz" else 404)
        self.end_headers()
        self.wfile.write(b"the thread log has ended\nthe thread http has hung for 61 s\n")

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def unhealthy_port() -> Iterator[int]:
    """Port of a page that says why the daemon should be restarted."""
    with HTTPServer(("127.0.0.1", 0), UnhealthyPage) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_reasons_of_the_page_are_reported(unhealthy_port: int) -> None:
    reasons = not_alive([local(unhealthy_port)], PATIENCE_S)
    assert reasons == "the thread log has ended; the thread http has hung for 61 s"


def test_daemon_that_does_not_answer_is_not_alive() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        assert not_alive([local(port)], 0.2) == f"port {port} does not answer"
    assert not_alive([local(port)], PATIENCE_S) == "its image service does not answer"
    assert not_alive([]) == "its image service does not answer"
