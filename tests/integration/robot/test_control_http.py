"""Control API over HTTP: invalid commands, invalid clients, start and stop."""

import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.http import BODY_LIMIT
from spot_webcam.fakes.robot.control.server import ControlServer
from tests.timing import PATIENCE_S

Ask = Callable[..., tuple[int, Any]]


@pytest.mark.parametrize(
    ("path", "fields", "message"),
    [
        ("reboot", {"seconds": -1}, "seconds must be a number from 0 to 86400"),
        ("reboot", {"seconds": True}, "seconds must be a number"),
        ("reboot", {"second": 1}, "reboot has no field 'second': it takes seconds"),
        ("boot", {"seconds": 1}, "boot has no field 'seconds': it takes no fields"),
        ("silent", {}, "seconds must be a number"),
        ("silent", b'{"seconds": NaN}', "seconds must be a number"),
        ("clock", {"seconds": "300"}, "seconds must be a number"),
        ("clock", {"seconds": 1e300}, "seconds must be a number"),
        ("clock", {"seconds": 10**400}, "seconds must be a number"),
        ("authorize", {}, "guid must be a string of 1 to 1000 characters"),
        ("authorize", {"guid": ""}, "guid must be a string of 1 to 1000 characters"),
        ("authorize", {"guid": "x" * 2000}, "guid must be a string of 1 to 1000 characters"),
        ("refuse", {"service": "image", "code": "NO_SUCH"}, "'NO_SUCH' is not a gRPC error status"),
        ("refuse", {"service": "image", "code": "OK"}, "'OK' is not a gRPC error status"),
        ("accept", {"service": 3}, "service must be a string of 1 to 1000 characters"),
        ("refuse", {"service": "image", "details": "\ud800"}, "details must be valid UTF-8"),
        ("accept", [], "must be a JSON object"),
        ("accept", b"service=image", "must be a JSON object"),
        ("accept", b"[" * 60_000, "must be a JSON object"),
        ("accept", b"\xff", "must be a JSON object"),
    ],
)
def test_bad_orders_are_reported(ask: Ask, path: str, fields: Any, message: str) -> None:
    status, answer = ask("POST", f"/v1/{path}", fields)
    assert status == 400
    assert message in answer["error"]
    assert "\n" not in answer["error"]


@pytest.mark.parametrize("last", ["0", "x", "-1", ""])
def test_number_of_calls_is_checked(ask: Ask, last: str) -> None:
    expected = 400 if last else 200  # an empty one is as good as none
    assert ask("GET", f"/v1/calls?last={last}")[0] == expected


def test_orders_that_cannot_be_carried_out_are_reported(ask: Ask, fake_robot: FakeRobot) -> None:
    status, reported = ask("POST", "/v1/authorize", {"guid": "nobody"})
    assert (status, reported["error"]) == (409, "no payload with GUID 'nobody' is registered")
    fake_robot.stop()
    assert ask("POST", "/v1/reboot", {}) == (409, {"error": "the fake robot is not started"})


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/bogus", 404),
        ("GET", "/faults", 404),
        ("POST", "/v1/bogus", 404),
        ("POST", "/", 404),
        ("GET", "/v1/reboot", 405),
        ("POST", "/v1/faults", 405),
        ("PUT", "/v1/reboot", 501),
    ],
)
def test_wrong_paths_and_methods_are_reported(
    ask: Ask, method: str, path: str, status: int
) -> None:
    answered, reported = ask(method, path)
    assert answered == status
    assert reported["error"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Host": "evil.example"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1"},
    ],
)
def test_web_pages_give_no_orders(ask: Ask, fake_robot: FakeRobot, headers: dict[str, str]) -> None:
    status, reported = ask("POST", "/v1/power-off", {}, **headers)
    assert status == 403
    assert reported["error"]
    assert fake_robot.is_up


def test_localhost_is_as_good(ask: Ask, control: ControlServer) -> None:
    assert ask("GET", "/v1/faults", Host=f"localhost:{control.port}") == (200, [])


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (f"Content-Length: {BODY_LIMIT + 1}", 413),
        ("Content-Length: 99999999999999999999", 413),
        ("Content-Length: -1", 413),
        ("Content-Length: many", 413),
        ("Transfer-Encoding: chunked", 411),
    ],
)
def test_bodies_are_bounded(control: ControlServer, head: str, status: int) -> None:
    with socket.create_connection(("127.0.0.1", control.port), PATIENCE_S) as client:
        client.sendall(
            f"POST /v1/boot HTTP/1.1\r\nHost: 127.0.0.1:{control.port}\r\n{head}\r\n\r\n".encode()
        )
        assert int(client.makefile("rb").readline().split()[1]) == status


def test_clients_that_vanish_or_say_nothing_do_no_harm(control: ControlServer, ask: Ask) -> None:
    for words in (b"", b"GET", b"rubbish\r\n\r\n", b"POST /v1/boot HTTP/1.0\r\n"):
        with socket.create_connection(("127.0.0.1", control.port), PATIENCE_S) as client:
            client.sendall(words)
            # With a reset: what is answered to it breaks off.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    with socket.create_connection(("127.0.0.1", control.port), PATIENCE_S):
        assert ask("GET", "/v1/faults") == (200, [])


def test_port_in_use_is_a_clear_error(fake_robot: FakeRobot, control: ControlServer) -> None:
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{control.port}: .*; choose"):
        ControlServer(fake_robot, control.port)


def test_it_ends_with_its_thread_and_port(fake_robot: FakeRobot) -> None:
    ControlServer(fake_robot).stop()  # never started
    control = ControlServer(fake_robot).start()
    port = control.port
    control.stop()
    control.stop()
    assert "fake-robot-control" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), PATIENCE_S)
