"""The cameras of a service, while others are added, removed and changed."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.camera_set import CameraSet
from spot_webcam.app.cameras.options import CameraOptions, CaptureOptions
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from tests.timing import PATIENCE_S, eventually

FAST = "synthetic:?size=64x48&fps=500"


def camera(name: str, device: str = FAST, **capture: Any) -> CameraOptions:
    return CameraOptions(Device(name, DeviceAddress(device)), CaptureOptions(**capture))


class House:
    """A started set of cameras, and the service that has their sources."""

    def __init__(self, cameras: list[CameraOptions], robot_clock: Any, **timeouts: float) -> None:
        clock = SystemClock()
        limits = Limits()
        self.set = CameraSet(
            cameras,
            clock,
            OpenCvCodec(),
            encode_parameters,
            random.Random(1),  # noqa: S311 - it spreads retries
            limits,
            Timeouts(**timeouts),
        )
        self.service = ImageService(self.set, clock, robot_clock, OpenCvCodec())
        self.set.start()
        self.ever = list(self.set.threads)

    def replace(self, *cameras: CameraOptions) -> bool:
        is_changed = self.set.replace(cameras, self.service)
        self.ever += [thread for thread in self.set.threads if thread not in self.ever]
        return is_changed

    @property
    def names(self) -> list[str]:
        listed = [source.name for source in self.service.list_sources()]
        assert sorted(listed) == sorted(device.source_name for device in self.set.devices())
        return listed

    def thread(self, name: str) -> Any:
        [found] = [thread for thread in self.set.threads if thread.device.source_name == name]
        return found

    def picture_of(self, name: str) -> Any:
        clock = SystemClock()
        pending = self.thread(name).source.request_frame()
        return pending.wait(clock.monotonic_ns() + int(PATIENCE_S * 1e9)).frame.picture


@pytest.fixture
def start(robot_clock_at: Callable[..., Any]) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def start(*cameras: CameraOptions, **timeouts: float) -> House:
        houses.append(House(list(cameras), robot_clock_at(0), **timeouts))
        return houses[-1]

    yield start
    for house in houses:
        for thread in house.ever:
            thread.ask_to_stop()
        assert all(thread.join(PATIENCE_S) for thread in house.ever)


def test_same_cameras_change_nothing(start: Callable[..., House]) -> None:
    house = start(camera("a"), camera("b", transform=Transform(90)))
    before = house.set.threads
    assert not house.replace(camera("b", transform=Transform(90)), camera("a"))
    assert house.set.threads == before


def test_cameras_are_added_removed_and_changed(
    start: Callable[..., House], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    house = start(camera("stays"), camera("goes"), camera("changes"))
    stays, goes, changes = house.set.threads
    smaller = "synthetic:?size=80x60&fps=500"
    assert house.replace(camera("stays"), camera("changes", smaller), camera("comes"))
    assert house.names == ["stays", "changes", "comes"]
    assert house.thread("stays") is stays
    assert house.thread("changes") is not changes
    assert house.picture_of("changes").cols == 80
    assert house.picture_of("comes").cols == 64
    # They have ended, without being asked again.
    assert goes.join(PATIENCE_S)
    assert changes.join(PATIENCE_S)
    assert (
        "source goes is gone: recorded missions that take its pictures will fail" in caplog.messages
    )
    assert "source changes was changed" in caplog.messages
    assert "source comes was added" in caplog.messages


def test_camera_that_can_never_be_opened_changes_nothing(start: Callable[..., House]) -> None:
    house = start(camera("a"), camera("b"))
    before = house.set.threads
    with pytest.raises(CameraMisconfigured):
        house.replace(camera("a", "synthetic:?size=1x1"))
    assert house.set.threads == before
    assert house.names == ["a", "b"]
    assert house.replace(camera("b"))
    assert house.names == ["b"]


def test_camera_that_was_plugged_in_stays(start: Callable[..., House]) -> None:
    house = start(camera("a"))
    house.set.add(camera("plugged"), house.service)
    house.ever.append(house.thread("plugged"))
    assert house.replace(camera("b"))
    assert house.names == ["plugged", "b"]
    # Named in the file now, it is a camera of the file.
    changed = camera("plugged", transform=Transform(180))
    assert house.replace(camera("b"), changed)
    assert house.thread("plugged").options == changed
    assert house.replace(camera("b"))
    assert house.names == ["b"]


def test_camera_that_hangs_is_left(
    start: Callable[..., House], caplog: pytest.LogCaptureFixture
) -> None:
    house = start(camera("a"), replace_s=0.0)
    hanging = house.thread("a")
    joins: list[float] = []
    hanging.join = joins.append  # returns None: it has not ended
    assert house.replace(camera("b"))
    assert joins == [0.0]
    del hanging.join
    assert "capture-a hangs: it is left to end by itself" in caplog.messages


def test_faults_are_those_of_all_cameras(start: Callable[..., House]) -> None:
    absent = f"{FAST}&script=absent@0s"
    house = start(camera("a", absent), camera("b"), camera("c", absent))
    assert eventually(lambda: len(house.set.faults()) == 2)
    names = [fault.name for fault in house.set.faults()]
    assert names == ["Image Capture Failure for a", "Image Capture Failure for c"]
