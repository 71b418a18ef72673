"""Fixtures around the fake kernel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import DeviceNames, V4l2Camera
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.adapters.v4l2.fake_kernel import FakeKernel, jpeg


@pytest.fixture(scope="session")
def make_jpeg() -> Callable[..., bytes]:
    return jpeg


@pytest.fixture
def kernel(clock: ManualClock) -> FakeKernel:
    # Long after the host's start: a stamp of 0 is none.
    clock.advance(1000.0)
    return FakeKernel(clock, lambda sequence: jpeg(mark=sequence))


@pytest.fixture
def names(kernel: FakeKernel, tmp_path: Path) -> DeviceNames:
    """sysfs and /dev of a host with the fake camera at video3, and its metadata at video4."""
    sysfs, dev = tmp_path / "class", tmp_path / "dev"
    usb = tmp_path / "devices" / "usb1" / "1-1"
    interface = usb / "1-1:1.0"
    interface.mkdir(parents=True)
    for name, text in (("serial", "LAB1"), ("idVendor", "1d6b"), ("idProduct", "0102")):
        (usb / name).write_text(f"{text}\n")
    for number, index in ((3, 0), (4, 1)):
        entry = sysfs / f"video{number}"
        entry.mkdir(parents=True)
        (entry / "name").write_text("Fake Camera: Fake\n")
        (entry / "index").write_text(f"{index}\n")
        (entry / "device").symlink_to(interface)
    dev.mkdir()
    for number in (3, 4):
        (dev / f"video{number}").touch()
    for folder in ("by-id", "by-path"):
        (dev / "v4l" / folder).mkdir(parents=True)
        (dev / "v4l" / folder / "usb-Fake-index0").symlink_to(dev / "video3")
    (sysfs / "v4l-subdev0").mkdir()
    return DeviceNames(kernel, sysfs, dev)


@pytest.fixture
def make_camera(
    kernel: FakeKernel, names: DeviceNames, clock: ManualClock
) -> Iterator[Callable[..., V4l2Camera]]:
    cameras: list[V4l2Camera] = []

    def make(name: str = "usb:LAB1", **request: Any) -> V4l2Camera:
        cameras.append(
            V4l2Camera(DeviceAddress(name), ModeRequest(**request), clock, kernel, names)
        )
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.close()
    assert not kernel.open_handles
