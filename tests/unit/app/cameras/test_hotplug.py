from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import Node
from spot_webcam.app.cameras.hotplug import Hotplug
from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device

BY_ID = Path("/dev/v4l/by-id/usb-Fake-index0")
BY_PATH = Path("/dev/v4l/by-path/pci-1-index0")

PERIOD_S = 2.0


def node(number: int, serial: str = "", label: str = "Fake Camera", **changes: Any) -> Node:
    return Node(
        Path(f"/dev/video{number}"), number, changes.pop("index", 0), label, serial, **changes
    )


class Host:
    """The cameras of a host, and a daemon that serves some of them."""

    def __init__(self, *patterns: str) -> None:
        self.present: list[Node] = []
        self.served: list[Device] = []
        self.joined: list[Device] = []
        self.refusals: dict[str, CameraMisconfigured] = {}
        self.silent = False
        self.hotplug = Hotplug(
            patterns,
            self,  # type: ignore[arg-type]
            lambda: self.served,
            self._join,
            period_s=PERIOD_S,
        )

    def nodes(self) -> list[Node]:
        return self.present

    def path_of(self, address: DeviceAddress) -> Path:
        for one in self.present:
            names = (f"usb:{one.usb_serial}", str(one.path), *map(str, one.by_id + one.by_path))
            if address.reveal() in names and not self.silent:
                return one.path
        raise CameraAbsent(f"there is no {address}")

    def _join(self, device: Device) -> None:
        if device.address.reveal() in self.refusals:
            raise self.refusals[device.address.reveal()]
        self.joined.append(device)
        self.served.append(device)

    def look(self, *present: Node) -> list[str]:
        """Look once, with these plugged in; return what joined since."""
        self.present = list(present)
        before = len(self.joined)
        assert self.hotplug.step() == PERIOD_S
        return [device.address.reveal() for device in self.joined[before:]]


@pytest.fixture
def host() -> Host:
    return Host("usb:*")


def test_camera_that_fits_joins_once(host: Host) -> None:
    assert host.look() == []
    assert host.look(node(0, "LAB1")) == ["usb:LAB1"]
    assert host.joined == [Device("LAB1", DeviceAddress("usb:LAB1"))]
    assert host.look(node(0, "LAB1")) == []


def test_several_cameras_join_at_one_look(host: Host) -> None:
    assert host.look(node(0, "A"), node(2, "B")) == ["usb:A", "usb:B"]


def test_camera_that_does_not_fit_stays_out(host: Host) -> None:
    assert host.look(node(0)) == []


def test_node_that_holds_metadata_is_not_a_camera(host: Host) -> None:
    assert host.look(node(0, "LAB1", index=1)) == []


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ("usb:LAB1", True),
        ("usb:L?B[12]", True),
        ("usb:lab1", False),
        ("usb:LAB", False),
        ("name:Fake*", True),
        ("name:Other*", False),
        ("/dev/v4l/by-id/*", True),
        ("/dev/v4l/by-path/pci-*", True),
        ("/dev/video*", True),
        ("/dev/video1", False),
        ("*", True),
    ],
)
def test_pattern_is_compared_with_every_name_of_a_camera(pattern: str, fits: bool) -> None:
    host = Host("usb:nothing", pattern)
    camera = node(0, "LAB1", by_id=(BY_ID,), by_path=(BY_PATH,))
    assert host.look(camera) == (["usb:LAB1"] if fits else [])


@pytest.mark.parametrize(
    ("camera", "name"),
    [
        (node(0, "LAB1", by_id=(BY_ID,), by_path=(BY_PATH,)), "usb:LAB1"),
        (node(0, by_id=(BY_ID,), by_path=(BY_PATH,)), str(BY_ID)),
        (node(0, by_path=(BY_PATH,)), str(BY_PATH)),
        (node(0), "/dev/video0"),
    ],
)
def test_camera_joins_by_the_name_that_lasts_longest(camera: Node, name: str) -> None:
    assert Host("*").look(camera) == [name]


# Those that are served already.


@pytest.mark.parametrize("name", ["usb:LAB1", "/dev/video0", str(BY_ID)])
def test_camera_that_is_served_does_not_join(host: Host, name: str) -> None:
    host.served = [
        Device("front", DeviceAddress("synthetic:")),
        Device("back", DeviceAddress(name)),
    ]
    assert host.look(node(0, "LAB1", by_id=(BY_ID,))) == []


def test_camera_that_is_served_through_opencv_does_not_join(host: Host) -> None:
    host.served = [Device("front", DeviceAddress("opencv:/dev/video0"))]
    assert host.look(node(0, "LAB1")) == []


def test_camera_that_joined_stays_when_it_is_unplugged_and_comes_back(host: Host) -> None:
    host.look(node(0, "LAB1"))
    assert host.look() == []
    assert host.look(node(3, "LAB1")) == []
    assert [device.source_name for device in host.served] == ["LAB1"]


def test_camera_that_is_served_and_does_not_answer_does_not_join_again(host: Host) -> None:
    host.served = [Device("front", DeviceAddress("usb:LAB1"))]
    host.silent = True
    assert host.look(node(0, "LAB1")) == []


def test_camera_whose_source_name_is_taken_is_reported_once(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    host.served = [Device("LAB1", DeviceAddress("synthetic:LAB1"))]
    for _ in range(3):
        assert host.look(node(0, "LAB1")) == []
    assert caplog.messages == [
        "/dev/video0 (Fake Camera, usb:LAB1) would be source 'LAB1', which is taken"
    ]


def test_second_camera_of_one_serial_is_reported_and_the_first_joins(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    assert host.look(node(0, "0001"), node(2, "0001")) == ["usb:0001"]
    assert len(caplog.messages) == 1


# What goes wrong.


def test_camera_that_cannot_join_is_reported_once_and_does_not_block_others(
    host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("WARNING")
    host.refusals["usb:A"] = CameraMisconfigured("cannot be opened here")
    assert host.look(node(0, "A"), node(2, "B")) == ["usb:B"]
    assert host.look(node(0, "A"), node(2, "B")) == []
    assert caplog.messages == ["cannot be opened here"]
    host.refusals.clear()
    assert host.look(node(0, "A"), node(2, "B")) == ["usb:A"]


@pytest.mark.parametrize("serial", ["SN 0001", "/", "?"])
def test_serial_that_has_no_source_name_does_not_block_other_cameras(
    host: Host, serial: str
) -> None:
    assert "usb:B" in host.look(node(0, serial), node(2, "B"))


def test_camera_that_joins_is_logged(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    host.look(node(0, "LAB1"))
    assert caplog.messages == ["new camera: /dev/video0 (Fake Camera, usb:LAB1)"]


def test_look_ends_the_wish_for_one(host: Host) -> None:
    host.hotplug.wake.set()
    host.look()
    assert not host.hotplug.wake.is_set()
