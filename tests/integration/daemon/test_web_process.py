"""`serve --http` as a process."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.tools.healthcheck import daemons_in, not_alive, ports_of
from tests.integration.daemon.conftest import Command, Ended, Process
from tests.integration.daemon.web import Page, next_picture
from tests.timing import PATIENCE_S, eventually

FRONT = "front=synthetic:?size=64x48&fps=30"
STREAM = "/api/v1/sources/front/stream.mjpg"
# Runs the command with the libraries of the extra hidden.
WITHOUT_EXTRA = """
import sys
sys.modules["uvicorn"] = None
from spot_webcam.app.cli.main import main
sys.exit(main())
"""


def page_of(process: Process) -> Page:
    printed = process.wait_for("page at http://")
    return Page(printed.partition("page at ")[2].split()[0])


def test_page_of_a_process_serves_and_ends_with_it(
    command: Command, serve_flags: list[str]
) -> None:
    process = command.start(*serve_flags, "--device-name", FRONT, "--http", "0")
    page = page_of(process)
    assert eventually(lambda: page.get("/readyz").code == 200)
    if sys.platform == "linux":  # what `spot-webcam healthcheck` asks
        running = Path("/proc", str(process.popen.pid))
        assert running in daemons_in(Path("/proc"))
        assert not_alive(ports_of(running), PATIENCE_S) == ""
    with page.open(STREAM) as stream:
        assert next_picture(stream)
        process.popen.send_signal(signal.SIGTERM)
        ended = process.end()
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert "blocked at shutdown" not in ended.err


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_nothing_listens_that_was_not_asked_for(command: Command, serve_flags: list[str]) -> None:
    process = command.start(*serve_flags, "--device-name", FRONT)
    printed = process.wait_for("registered")
    port = int(printed.partition("serving on port ")[2].split()[0])
    running = Path("/proc", str(process.popen.pid))
    assert [listener.port for listener in ports_of(running)] == [port]


@pytest.mark.skipif(sys.platform != "linux", reason="127.0.0.2 is an address on Linux only")
def test_page_listens_on_its_own_address_only(command: Command, serve_flags: list[str]) -> None:
    process = command.start(*serve_flags, "--device-name", FRONT, "--http", "127.0.0.2:0")
    page = page_of(process)
    assert page.get("/healthz").code == 200
    port = int(page.url.rstrip("/").rpartition(":")[2])
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_port_in_use_is_one_line(run_here: Callable[..., Ended], serve_flags: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run_here(*serve_flags, "--device-name", FRONT, "--http", str(port))
    assert ended.code == 1
    assert ended.last_line == (
        f"spot-webcam serve: cannot listen on 127.0.0.1:{port}: Address already in use:"
        " choose another port with --http"
    )


def test_network_without_a_password_is_refused(
    run_here: Callable[..., Ended], serve_flags: list[str]
) -> None:
    ended = run_here(*serve_flags, "--device-name", FRONT, "--http", "0.0.0.0:8080")
    assert ended.code == 2
    assert "--http-password-file" in ended.last_line


def test_missing_extra_is_one_line(
    command: Command, serve_flags: list[str], program: Callable[[str], str]
) -> None:
    file = program(WITHOUT_EXTRA)
    ended = command.run(
        *serve_flags, "--device-name", FRONT, "--http", "0", program=(sys.executable, file)
    )
    assert ended.code == 2
    assert ended.last_line == (
        "spot-webcam serve: --http: the page needs further packages:"
        " pip install 'spot-webcam[http]'"
    )
