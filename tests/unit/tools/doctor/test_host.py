from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from spot_webcam.adapters.v4l2 import DeviceNames
from spot_webcam.app.settings import MIB
from spot_webcam.domain.sources.naming import parse_device
from spot_webcam.tools.doctor import host
from spot_webcam.tools.doctor.findings import Severity
from spot_webcam.tools.doctor.host import (
    examine_clock,
    examine_disk,
    examine_limits,
    examine_opencv,
)
from spot_webcam.tools.doctor.ports import examine_port, holders
from spot_webcam.tools.doctor.usb import examine_usb
from tests.unit.adapters.v4l2.conftest import kernel, names

__all__ = ["kernel", "names"]

OK, WARNING, ERROR = Severity.OK, Severity.WARNING, Severity.ERROR


def test_full_disk_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = SimpleNamespace(free=500 * MIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    assert {one.severity for one in examine_disk(tmp_path)} == {OK}
    free.free = 5 * MIB
    assert "5 MB are free" in next(one.found for one in examine_disk(tmp_path))
    assert {one.severity for one in examine_disk(tmp_path)} == {WARNING}


def test_folder_without_room_for_the_lock_is_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = next(iter(examine_disk(tmp_path)))
    assert found.severity is WARNING
    assert "two daemons" in found.meaning


def test_little_memory_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "memory_limit_bytes", lambda: 300 * MIB)
    [_, memory] = examine_limits(2)
    assert (memory.severity, "512 MB are usual" in memory.meaning) == (WARNING, True)


def test_clock_of_1970_is_an_error() -> None:
    assert [one.severity for one in examine_clock(1000.0)] == [ERROR]
    assert [one.severity for one in examine_clock()] == [OK]


def test_backend_that_this_build_lacks_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = parse_device("front=videotestsrc ! appsink")
    stream = parse_device("rtsp://10.0.0.7/back")
    monkeypatch.setattr(host.cv2.videoio_registry, "hasBackend", lambda one: one == _FFMPEG)
    [found] = examine_opencv([pipeline, stream, parse_device("synthetic:")])
    assert found.severity is ERROR
    assert "not with GSTREAMER, which 'front' needs" in found.found
    [found] = examine_opencv([stream, parse_device("nonsense:x")])
    assert found.severity is OK


_FFMPEG = host.cv2.CAP_FFMPEG


@pytest.mark.parametrize(("mbit_s", "severity"), [("480", WARNING), ("5000", OK)])
def test_cameras_that_share_a_slow_bus_are_a_warning(
    mbit_s: str, severity: Severity, names: DeviceNames, tmp_path: Path
) -> None:
    usb = tmp_path / "devices" / "usb1" / "1-1"
    (usb / "busnum").write_text("1\n")
    (usb / "speed").write_text(f"{mbit_s}\n")
    # The fake's second node stands for a second camera on the same bus.
    devices = [parse_device(f"{tmp_path}/dev/video{number}") for number in (3, 4)]
    numbered = [parse_device(f"cam{number}={number}") for number in (3, 4)]
    others = [parse_device("synthetic:"), parse_device("missing=usb:NONE")]
    [found] = examine_usb([*numbered, *others], names)
    assert found.severity is severity
    assert "cam3, cam4" in found.found
    # Files, however they are named, are no cameras of this kind.
    assert list(examine_usb(devices, names)) == []


def test_speed_that_is_not_known_is_no_warning(names: DeviceNames, tmp_path: Path) -> None:
    usb = tmp_path / "devices" / "usb1" / "1-1"
    (usb / "busnum").write_text("1\n")
    [found] = examine_usb([parse_device("a=3"), parse_device("b=4")], names)
    assert found.severity is OK


def test_holder_of_a_port_is_named(tmp_path: Path) -> None:
    net = tmp_path / "net"
    net.mkdir()
    listening = "0: 00000000:5208 00000000:0000 0A 0:0 0:0 0 0 0 4242 1"
    connected = "1: 00000000:5208 0100007F:1234 01 0:0 0:0 0 0 0 4343 1"
    (net / "tcp").write_text(f"header\n{listening}\n{connected}\n")
    for number, inode in ((17, 4242), (18, 4343)):
        process = tmp_path / str(number)
        (process / "fd").mkdir(parents=True)
        (process / "comm").write_text("nginx\n")
        (process / "fd" / "3").symlink_to(f"socket:[{inode}]")
    (tmp_path / "19").mkdir()  # another user's
    assert holders(21000, tmp_path) == ["nginx (process 17)"]
    assert holders(80, tmp_path) == []


def test_port_that_is_not_permitted_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(port: int) -> None:
        raise PermissionError

    monkeypatch.setattr("spot_webcam.tools.doctor.ports.bind", refuse)
    found = examine_port(80)
    assert found.finding.severity is ERROR
    assert "from 1024 on" in found.finding.advice
    assert not found.is_free
