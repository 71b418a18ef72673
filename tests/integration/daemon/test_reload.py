"""The configuration file changes under a running daemon."""

from __future__ import annotations

import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S, eventually

OK = image_pb2.ImageResponse.STATUS_OK


def camera(name: str, size: str = "64x48", more: str = "") -> str:
    return f'[[cameras]]\nname = "{name}"\ndevice = "synthetic:?size={size}&fps=30"\n{more}\n'


class Edited:
    """A daemon whose file is edited, and a client of its own port.

    Through the robot there is a gap: a service whose sources change registers again.
    """

    def __init__(self, process: Any, channel: grpc.Channel, write: Callable[[str], Path]) -> None:
        self.process = process
        self._stub = image_service_pb2_grpc.ImageServiceStub(channel)
        self.write = write

    def cols(self) -> dict[str, int]:
        listed = self._stub.ListImageSources(
            image_pb2.ListImageSourcesRequest(), timeout=PATIENCE_S
        )
        return {source.name: source.cols for source in listed.image_sources}

    def status(self, name: str) -> int:
        request = image_pb2.GetImageRequest()
        request.image_requests.add(image_source_name=name)
        [answer] = self._stub.GetImage(request, timeout=PATIENCE_S).image_responses
        return int(answer.status)

    def wait_for(self, cols: dict[str, int]) -> None:
        assert eventually(lambda: self.cols() == cols), self.cols()
        for name in cols:
            assert eventually(lambda name=name: self.status(name) == OK)


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(PATIENCE_S)
        yield manager


def wait_for_message(manager: socket.socket, wanted: str) -> str:
    """Return the first message with a line, of those that were not received yet."""
    while True:
        message = manager.recv(4096).decode()
        if wanted in message.split("\n"):
            return message


@pytest.fixture
def edited(
    robot: FakeRobot,
    command: Any,
    write_config: Callable[[str], Path],
    manager: socket.socket,
) -> Iterator[Edited]:
    file = write_config(camera("stays") + camera("goes") + camera("changes"))
    process = command.start(
        *("serve", "--config", str(file)),
        environment={
            **os.environ,
            "NOTIFY_SOCKET": manager.getsockname(),
            "WATCHDOG_USEC": "600000",
        },
    )
    log = process.wait_for("registered")
    [port] = re.findall(r"serving on port (\d+)", log)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        edited = Edited(process, channel, write_config)
        edited.wait_for({"stays": 64, "goes": 64, "changes": 64})
        yield edited


def test_cameras_are_added_removed_and_changed_without_a_gap_for_others(
    edited: Edited, robot: FakeRobot, manager: socket.socket
) -> None:
    gaps: list[int] = []

    def is_changed() -> bool:
        gaps.append(edited.status("stays"))
        return edited.cols().get("comes", 0) > 0

    edited.write(camera("stays") + camera("changes", "80x60") + camera("comes", "96x64"))
    assert eventually(is_changed)
    edited.wait_for({"stays": 64, "changes": 80, "comes": 96})
    assert set(gaps) == {OK}
    log = edited.process.wait_for("spot.toml is loaded again")
    assert "source goes is gone: recorded missions that take its pictures will fail" in log
    assert "source changes was changed" in log
    assert log.count("source stays is device") == 1
    assert robot.faults() == []
    edited.process.popen.terminate()
    assert edited.process.end().code == 0
    assert wait_for_message(manager, "READY=1").startswith("READY=1\nSTATUS=serving on port ")
    sign = wait_for_message(manager, "WATCHDOG=1")
    assert sign.startswith("STATUS=")
    wait_for_message(manager, "STOPPING=1")


def test_bad_file_changes_nothing(edited: Edited, command: Any, manager: socket.socket) -> None:
    file = edited.write(camera("stays", more="rotaton = 90") + camera("new"))
    log = edited.process.wait_for("nothing changes")
    assert "did you mean rotation?" in log
    assert edited.cols() == {"stays": 64, "goes": 64, "changes": 64}
    refused = command.run("config", "reload", str(file))
    assert refused.code == 2
    assert "did you mean rotation?" in refused.err
    edited.write(camera("stays"))
    edited.wait_for({"stays": 64})
    # A request, by the command and by the signal, loads the same file again.
    assert command.run("config", "reload", str(file)).code == 0
    assert eventually(
        lambda: edited.process.err_file.read_text().count("spot.toml is loaded again") == 2
    )
    manager.setblocking(False)
    with suppress(BlockingIOError):
        while manager.recv(4096):
            pass
    manager.settimeout(PATIENCE_S)
    began_us = time.monotonic_ns() // 1000
    edited.process.popen.send_signal(signal.SIGHUP)
    assert eventually(
        lambda: edited.process.err_file.read_text().count("spot.toml is loaded again") == 3
    )
    reloading = wait_for_message(manager, "RELOADING=1")
    assert int(reloading.partition("MONOTONIC_USEC=")[2]) >= began_us
    wait_for_message(manager, "READY=1")
    edited.process.popen.terminate()
    assert edited.process.end().code == 0
