"""Control API with slow and broken clients, and clients at its end."""

import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from typing import Any

import pytest
from bosdyn.api import service_fault_pb2

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control import commands as control_commands
from spot_webcam.fakes.robot.control.server import CONNECTION_LIMIT, ControlServer
from tests.timing import PATIENCE_S

Ask = Callable[..., tuple[int, Any]]
Send = Callable[..., tuple[int, Any]]


@pytest.fixture
def connection(control: ControlServer) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", control.port), PATIENCE_S) as connection:
        yield connection


@pytest.fixture
def send(control: ControlServer, connection: socket.socket) -> Send:
    """Send a request with these headers only; return its status and answer."""

    def send(order: str, head: str, body: bytes) -> tuple[int, Any]:
        host = f"Host: 127.0.0.1:{control.port}"
        request = f"POST /v1/{order} HTTP/1.1\r\n{host}\r\n{head}\r\n\r\n".encode()
        connection.sendall(request + body)
        connection.shutdown(socket.SHUT_WR)
        return answer_on(connection)

    return send


def answer_on(connection: socket.socket) -> tuple[int, Any]:
    head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)


@pytest.mark.parametrize("control", [{"read_timeout_s": 0.3}], indirect=True)
@pytest.mark.parametrize("head", [b"GET / HTTP/1.1\r\nX: ", b""])
def test_client_that_drips_is_answered_and_holds_up_nobody(
    connection: socket.socket, ask: Ask, head: bytes
) -> None:
    over = threading.Event()

    def drip() -> None:
        with suppress(OSError):
            connection.sendall(head)
            while not over.wait(0.05):
                connection.send(b"a")

    dripper = threading.Thread(target=drip)
    dripper.start()
    try:
        assert ask("GET", "/v1/faults") == (200, [])
        status = connection.recv(100)
    except ConnectionResetError:  # what it went on sending may have overtaken the answer
        status = b"HTTP/1.0 408"
    finally:
        over.set()
        dripper.join()
    assert status.startswith(b"HTTP/1.0 408")


@pytest.mark.parametrize("control", [{"read_timeout_s": 3600.0}], indirect=True)
def test_silent_clients_hold_up_nobody(control: ControlServer, ask: Ask) -> None:
    with ExitStack() as stack:

        def connect() -> socket.socket:
            place = ("127.0.0.1", control.port)
            return stack.enter_context(socket.create_connection(place, PATIENCE_S))

        for _ in range(CONNECTION_LIMIT - 1):
            connect()
        assert ask("GET", "/v1/faults") == (200, [])
        # Of two more, one finds no room; the other is closed with the rest at the end.
        more = [connect(), connect()]
        refused, _, _ = select.select(more, [], [], PATIENCE_S)
        assert len(refused) >= 1
        control.stop()
        assert all(map(ended, more))


@pytest.mark.parametrize("control", [{"read_timeout_s": 0.3}], indirect=True)
def test_client_that_stops_amidst_its_body_is_reported(
    control: ControlServer, connection: socket.socket, fake_robot: FakeRobot
) -> None:
    host = f"Host: 127.0.0.1:{control.port}"
    head = f"POST /v1/power-off HTTP/1.1\r\n{host}\r\nContent-Length: 9\r\n\r\n{{}}"
    connection.sendall(head.encode())
    status, reported = answer_on(connection)
    assert (status, reported["error"]) == (408, "the request did not arrive within 0.3 s")
    assert fake_robot.is_up


def test_body_that_ends_too_early_is_no_order(send: Send, fake_robot: FakeRobot) -> None:
    status, reported = send("power-off", "Content-Length: 9", b"{}")
    assert (status, reported["error"]) == (400, "the body ends before its Content-Length")
    assert fake_robot.is_up


def test_client_that_says_nothing_is_cut_off_at_the_end(fake_robot: FakeRobot) -> None:
    control = ControlServer(fake_robot, read_timeout_s=3600.0).start()
    with (
        socket.create_connection(("127.0.0.1", control.port), PATIENCE_S) as first,
        socket.create_connection(("127.0.0.1", control.port), PATIENCE_S) as second,
    ):
        first.sendall(b"GET / HTTP/1.1\r\nX: ")
        control.stop()
        assert "fake-robot-control" not in {thread.name for thread in threading.enumerate()}
        for connection in (first, second):
            assert ended(connection)


def ended(connection: socket.socket) -> bool:
    """Read to the end: an end of file, or a reset where words were left unread."""
    try:
        while connection.recv(1000):
            pass
    except ConnectionResetError:
        pass
    return True


def test_any_failure_is_answered_and_logged(
    ask: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise OSError("such as a file that is gone")

    monkeypatch.setitem(control_commands.QUERIES, "robot", fail)  # type: ignore[arg-type]
    status, reported = ask("GET", "/v1/robot")
    assert status == 500
    assert reported["error"] == "the fake robot failed with OSError; see its log"
    assert "such as a file that is gone" in caplog.text


@pytest.mark.parametrize("path", ["//[/v1", "/v1/[x", "x://[/v1"])
def test_path_that_is_none_is_not_found(ask: Ask, path: str) -> None:
    assert ask("GET", path)[0] == 404


def test_clock_stays_where_dates_are(
    do: Callable[..., Any], ask: Ask, fake_robot: FakeRobot
) -> None:
    for step_s in (-control_commands.MAX_CLOCK_STEP_S, control_commands.MAX_CLOCK_STEP_S):
        for _ in range(40):
            before_ns = fake_robot.now_ns()
            status, reported = ask("POST", "/v1/clock", {"seconds": step_s})
            if status != 200:
                break
        assert (status, reported["error"]) == (
            409,
            "the robot's clock is limited to the years 1970 to 2261",
        )
        assert abs(fake_robot.now_ns() - before_ns) < 60e9
        assert ask("GET", "/v1/robot")[1]["time"] is not None
    do("clock", seconds=-control_commands.MAX_CLOCK_STEP_S)


@pytest.mark.fake_robot(clock_offset_s=10**12)
def test_clock_that_shows_no_date_is_reported_all_the_same(ask: Ask) -> None:
    assert ask("GET", "/v1/robot")[1]["time"] is None


def test_fault_with_wild_times_and_severity_is_reported(fake_robot_sdk: Any, ask: Ask) -> None:
    fault = service_fault_pb2.ServiceFault(
        fault_id=service_fault_pb2.ServiceFaultId(fault_name="broken", service_name="tiny"),
        severity=99,  # type: ignore[arg-type]
    )
    fault.onset_timestamp.seconds = 10**15
    fake_robot_sdk.ensure_client("fault").trigger_service_fault(fault)
    [reported] = ask("GET", "/v1/faults")[1]
    assert (reported["onset"], reported["severity"]) == (None, "99")
