"""`spot-webcam fake-robot ctl`, on a robot of this process."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from bosdyn.api import service_fault_pb2

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.server import ControlServer
from tests.timing import PATIENCE_S

Ctl = Callable[..., Any]


@pytest.fixture
def ctl(fake_robot: FakeRobot, run_here: Ctl, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ctl]:
    """Give an order to the robot, found as a program on it would find it."""
    with ControlServer(fake_robot) as control:
        monkeypatch.setenv("SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT", str(control.port))
        yield lambda *words: run_here("fake-robot", "ctl", *words)


def test_trouble_is_made(ctl: Ctl, fake_robot: FakeRobot) -> None:
    fake_robot.register_payload("guid", "secret")
    before_ns = fake_robot.now_ns()
    said = {
        words: ctl(*words)
        for words in [
            ("clock", "-3600"),
            ("revoke", "guid"),
            ("refuse", "image", "--code=INTERNAL", "--details=broken"),
            ("accept", "image"),
            ("silent", "3600"),
            ("speak",),
            ("expire",),
            ("revoke",),
            ("reboot",),
            ("power-off",),
        ]
    }
    assert {words: (ended.code, ended.err) for words, ended in said.items()} == dict.fromkeys(
        said, (0, "")
    )
    assert said["reboot",].out == "the robot has rebooted\n"
    assert said["revoke", "guid"].out == "payload guid is shut out\n"
    assert fake_robot.now_ns() < before_ns
    assert not fake_robot.is_up
    assert [one.authorized for one in fake_robot.payloads()] == [False]
    assert ctl("authorize", "guid").code == 0
    assert [one.authorized for one in fake_robot.payloads()] == [True]
    assert "comes back in 3600 s" in ctl("reboot", "3600").out
    assert f"up, at 127.0.0.1:{fake_robot.port}" in ctl("boot").out


def test_tables_are_shown_to_people(ctl: Ctl, fake_robot: FakeRobot, sdk: Any) -> None:
    empty = {"faults": "no fault is active", "services": "no service is registered"}
    for name, nothing in empty.items():
        assert ctl(name).out == f"{nothing}\n"
    sdk.authenticate("user", "password")
    sdk.ensure_client("fault").trigger_service_fault(
        service_fault_pb2.ServiceFault(
            fault_id=service_fault_pb2.ServiceFaultId(fault_name="dim", service_name="cameras"),
            error_message="more light, and " * 10,
        )
    )
    shown = ctl("faults").out.splitlines()
    assert shown[0].split() == ["name", "service", "severity", "message", "duration"]
    assert shown[1].split()[:2] == ["dim", "cameras"]
    assert "more light, and " * 10 in shown[1]
    assert "TriggerServiceFault" in ctl("calls", "1").out
    assert "authorized" in ctl("payloads").out
    assert f"port          {fake_robot.port}" in ctl("robot").out.splitlines()


def test_json_is_printed_for_programs(ctl: Ctl, fake_robot: FakeRobot) -> None:
    assert json.loads(ctl("--json", "faults").out) == []
    assert json.loads(ctl("robot", "--json").out)["port"] == fake_robot.port
    assert json.loads(ctl("power-off", "--json").out)["up"] is False


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("bogus",),
        ("silent",),
        ("silent", "-3"),
        ("reboot", "soon"),
        ("clock", "nan"),
        ("calls", "0"),
        ("authorize",),
        ("--control-port", "70000", "faults"),
        ("refuse", "image", "--code", "bogus"),
        ("reboot", "1000000"),
    ],
)
def test_misuse_is_reported_in_a_line(ctl: Ctl, words: tuple[str, ...]) -> None:
    ended = ctl(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.count("\n") == 1


def test_unknown_payload_is_reported(ctl: Ctl) -> None:
    ended = ctl("authorize", "nobody")
    assert ended.code == 1
    assert ended.err == "spot-webcam fake-robot: no payload with GUID 'nobody' is registered\n"


def test_robot_that_is_not_there_is_reported(run_here: Ctl) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        port = holder.getsockname()[1]
        ended = run_here("fake-robot", "ctl", "--control-port", str(port), "faults")
    assert ended.code == 1
    assert f"no fake robot takes orders at 127.0.0.1:{port}" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.0 200 OK\r\n\r\n[]", b"SSH-2.0-x\r\n"])
def test_server_that_is_no_fake_robot_is_reported(run_here: Ctl, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        ended = run_here(
            "fake-robot", "ctl", "--control-port", str(server.getsockname()[1]), "reboot"
        )
        thread.join()
    assert ended.code == 1
    assert "give the --control-port of one" in ended.err
    assert ended.err.count("\n") == 1


def test_command_takes_orders(command: Any) -> None:
    robot = command.start("fake-robot", "--port", "0", "--control-port", "0")
    guide = robot.wait_for("Ctrl-C ends it", robot.out_file)
    [line] = [one for one in guide.splitlines() if "ctl --control-port" in one]
    words = line.split()[1:]
    assert command.run(*words[:-2], "robot").code == 0
    robot.popen.terminate()
    assert robot.end().code == 0


def test_control_port_in_use_is_reported(run_here: Ctl, fake_robot: FakeRobot) -> None:
    with ControlServer(fake_robot) as control:
        ended = run_here("fake-robot", "--port=0", f"--control-port={control.port}")
    assert ended.code == 1
    assert "choose another port" in ended.err
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("order", [("payloads",), ("robot",), ("robot", "--json"), ("reboot",)])
def test_output_that_cannot_be_written_is_reported(
    fake_robot: FakeRobot, order: tuple[str, ...]
) -> None:
    fake_robot.register_payload("guid", "secret")
    with ControlServer(fake_robot) as control, Path("/dev/full").open("w") as full:
        ended = ctl_into(full, control, order)
    assert ended.returncode == 1
    assert ended.stderr == (
        "spot-webcam fake-robot: cannot write to standard output: No space left on device\n"
    )


@pytest.mark.parametrize("order", [("payloads",), ("robot",)])
def test_reader_may_leave(fake_robot: FakeRobot, order: tuple[str, ...]) -> None:
    fake_robot.register_payload("guid", "secret")
    receiver, sender = os.pipe()
    os.close(receiver)
    with ControlServer(fake_robot) as control, os.fdopen(sender, "w") as nobody:
        ended = ctl_into(nobody, control, order)
    assert (ended.returncode, ended.stderr) == (0, "")


def ctl_into(out: IO[str], control: ControlServer, order: tuple[str, ...]) -> Any:
    words = ("-m", "spot_webcam", "fake-robot", "ctl", "--control-port", str(control.port))
    return subprocess.run(
        [sys.executable, *words, *order],
        stdout=out,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
