"""What the service manager receives, on a socket like that of systemd."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from spot_webcam.app.runtime.service_manager import (
    MAX_STATUS_CHARS,
    ServiceManager,
    service_manager,
)


class Receiver:
    """The service manager's end."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(address.replace("@", "\0"))
        self._socket.setblocking(False)

    def received(self) -> list[list[str]]:
        """Return the messages since the last call, by lines."""
        messages: list[list[str]] = []
        with suppress(BlockingIOError):
            while True:
                messages.append(self._socket.recv(4096).decode().split("\n"))
        return messages

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def receiver(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Receiver]:
    is_path = request.param == "path"
    receiver = Receiver(str(tmp_path / "notify") if is_path else f"@spot-webcam-{os.getpid()}")
    yield receiver
    receiver.close()


@pytest.fixture
def manager(receiver: Receiver) -> Iterator[ServiceManager]:
    manager = ServiceManager(receiver.address)
    yield manager
    manager.stopping()


def test_manager_hears_of_each_change(manager: ServiceManager, receiver: Receiver) -> None:
    assert manager.listens
    manager.ready("serving on port 1")
    before_us = time.monotonic_ns() // 1000
    with manager.reloading():
        [[reloading, since]] = receiver.received()[1:]
    manager.report("well", turns=True)
    manager.report("hangs", turns=False)
    manager.stopping()
    assert reloading == "RELOADING=1"
    assert before_us <= int(since.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000
    assert receiver.received() == [
        ["READY=1"],
        ["STATUS=well", "WATCHDOG=1"],
        ["STATUS=hangs"],
        ["STOPPING=1"],
    ]
    manager.report("too late", turns=True)
    assert receiver.received() == []


def test_reload_that_fails_ends(manager: ServiceManager, receiver: Receiver) -> None:
    with pytest.raises(MemoryError), manager.reloading():
        raise MemoryError
    assert receiver.received()[-1] == ["READY=1"]


def test_status_is_one_line_that_fits(manager: ServiceManager, receiver: Receiver) -> None:
    manager.ready("a camera says\nMAINPID=1\r\n\tand more")
    manager.ready("\N{EURO SIGN}" * 10_000)
    first, second = receiver.received()
    assert first == ["READY=1", "STATUS=a camera says MAINPID=1 and more"]
    assert second[1] == f"STATUS={MAX_STATUS_CHARS * chr(0x20AC)}"


def test_manager_that_does_not_read_holds_nothing_up(
    manager: ServiceManager, receiver: Receiver
) -> None:
    for _ in range(10_000):
        manager.report("well", turns=True)
    assert 0 < len(receiver.received()) < 10_000


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/notify", f"/{200 * 'long'}"])
def test_manager_that_is_not_there_is_no_error(address: str) -> None:
    manager = ServiceManager(address)
    manager.ready("serving")
    manager.stopping()
    assert manager.listens == address.startswith("/")


@pytest.mark.parametrize(
    ("watchdog", "watchdog_s"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": str(os.getpid())}, 0.5),
        ({"WATCHDOG_USEC": "500000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
    ],
)
def test_variables_are_used_and_not_inherited(
    watchdog: dict[str, str], watchdog_s: float | None
) -> None:
    environ = {"NOTIFY_SOCKET": "@somewhere", "HOME": "/", **watchdog}
    manager = service_manager(environ)
    assert manager.listens
    assert manager.watchdog_s == watchdog_s
    assert environ == {"HOME": "/"}
    manager.stopping()
