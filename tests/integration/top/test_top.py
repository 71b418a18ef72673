"""`spot-webcam top` of a daemon as a process, by its page and by its robot."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from spot_webcam.fakes.pytest_fixtures import fake_robot
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.conftest import (
    command,
    credentials,
    robot,
    run_here,
    serve_flags,
)
from tests.integration.daemon.web import write_certificate
from tests.timing import PATIENCE_S

__all__ = ["command", "credentials", "fake_robot", "robot", "run_here", "serve_flags"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
def devices() -> tuple[str, ...]:
    """A camera that is well, and one whose lens is covered."""
    return ("--device-name=front=synthetic:", "--device-name=dark=synthetic:?script=black@0s")


def test_page_shows_what_the_daemon_knows(
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    devices: tuple[str, ...],
    run_here: Callable[..., Any],
    tmp_path: Path,
) -> None:
    pytest.importorskip("uvicorn", reason="needs the extra http")
    port = _free_port()
    password = tmp_path / "password"
    password.write_text("correct horse\n")
    password.chmod(0o600)
    files = write_certificate(tmp_path)
    file = tmp_path / "spot-webcam.toml"
    file.write_text(
        f'[robot]\nhostname = 7\n[http]\nlisten = "0.0.0.0:{port}"\npassword_file = "password"\n'
        f'certificate = "{files.certificate}"\nkey = "{tmp_path / "not-ours.pem"}"\n'
    )
    words = ("--http", f"0.0.0.0:{port}", "--http-password-file", str(password))
    certificate = ("--http-certificate", files.certificate, "--http-key", files.key)
    process = command.start(*serve_flags, *devices, *words, *certificate)
    process.wait_for("page at")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    url = f"https://127.0.0.1:{port}/"
    authority = tmp_path / "authority.pem"
    authority.write_bytes(files.authority)

    doubted = run_here("top", url, "--count", "1")
    refused = run_here("top", url, "--count", "1", "--http-ca", str(authority))
    given = ("--http-ca", str(authority), "--http-password-file", str(password))
    accepted = run_here("top", url, "--count", "1", *given)
    shown = run_here("top", "--config", str(file), "--count", "2", "--period", "0.1")

    assert (doubted.code, "give it with --http-ca" in doubted.last_line) == (1, True)
    assert (refused.code, "--http-password-file" in refused.last_line) == (1, True)
    assert (accepted.code, "source front good" in accepted.out) == (0, True)
    assert shown.code == 0
    assert shown.err == ""
    assert "service web-cam-service registered with" in shown.out
    assert "source front good 640x480" in shown.out
    assert "source dark damaged 640x480" in shown.out
    assert "fault Decoding Image dark Failure" in shown.out
    process.popen.terminate()
    assert process.end().code == 0


def test_robot_shows_what_clients_see(
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    devices: tuple[str, ...],
    run_here: Callable[..., Any],
) -> None:
    flags = [robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)]
    empty = run_here("top", *flags, "--count", "1")
    assert empty.code == 0
    assert "NOT registered" in empty.out

    process = command.start(*serve_flags, *devices)
    process.wait_for("front: opened")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    shown = run_here("top", *flags, "--count", "1")
    assert shown.code == 0
    assert "registered with fake-robot" in shown.out
    assert "source front good 640x480" in shown.out
    assert "source dark failed 640x480" in shown.out
    assert "is the lens covered" in shown.out
    process.popen.terminate()
    assert process.end().code == 0


def test_robot_that_goes_away_and_comes_back_is_followed(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    flags = [robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)]
    process = command.start("top", *flags, "--period", "0.2")
    process.wait_for("NOT registered", process.out_file)
    robot.power_off()
    process.wait_for("(last state", process.out_file)
    robot.boot()
    serving = command.start(*serve_flags, "--device-name=front=synthetic:")
    process.wait_for("source front good", process.out_file)
    process.popen.terminate()
    assert process.end().code == 0
    serving.popen.terminate()
    assert serving.end().code == 0


@pytest.fixture
def other_site() -> Iterator[str]:
    """An HTTP server of another program."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = 503 if self.path.startswith("/busy") else 200
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_what_is_no_daemon_is_named(run_here: Callable[..., Any], other_site: str) -> None:
    # Any address that may hold a password is shown without it.
    for words, code, text in (
        ([other_site], 1, "is no spot-webcam"),
        ([f"{other_site}/busy"], 1, "answers 503"),
        ([other_site.replace("http:", "https:")], 1, "is it http://?"),
        (["http://user:hunter2@127.0.0.1:1"], 1, "does serve run there, with --http?"),
        (["ftp://127.0.0.1"], 2, "expected a robot"),
        ([other_site, "--http-password-file", os.devnull], 2, "is a pipe or a device"),
    ):
        ended = run_here("top", *words, "--count", "1")
        assert ended.code == code, ended.err
        assert text in ended.last_line
        assert "hunter2" not in ended.err


@pytest.mark.parametrize("words", [("--period", "soon"), ("--count", "0")])
def test_misuse_costs_one_line(words: tuple[str, ...], run_here: Callable[..., Any]) -> None:
    ended = run_here("top", *words)
    assert ended.code == 2
    assert words[0] in ended.last_line


@pytest.mark.parametrize(
    ("text", "words", "reason"),
    [
        (None, (), "does not exist"),
        ("[http]\nlisten = 8080\n", (), "spot.toml:2: http.listen = 8080: expected [HOST:]PORT"),
        ("[robot]\n", (), "spot.toml has no page: expected listen in [http]"),
        ('[http]\nlisten = "1"\npassword_file = "no"\n', (), "cannot read password_file of "),
        ('[http]\nlisten = "1"\n', ("http://127.0.0.1:1",), "--config names the page"),
    ],
)
def test_file_without_a_page_costs_one_line(
    text: str | None,
    words: tuple[str, ...],
    reason: str,
    run_here: Callable[..., Any],
    tmp_path: Path,
) -> None:
    file = tmp_path / "spot.toml"
    if text is not None:
        file.write_text(text)
    ended = run_here("top", *words, "--config", str(file))
    assert (ended.code, reason in ended.last_line) == (2, True), ended.err
