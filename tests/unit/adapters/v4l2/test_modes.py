import errno
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import abi
from spot_webcam.adapters.v4l2.device import Device
from spot_webcam.adapters.v4l2.modes import offered_modes
from spot_webcam.domain.ports import ModeRequest
from spot_webcam.domain.sources.modes import OfferedMode

ANY = ModeRequest()


@pytest.fixture
def device(kernel: Any) -> Device:
    return Device(Path("/dev/video3"), kernel)


def test_modes_come_in_the_driver_s_order(device: Device) -> None:
    modes = offered_modes(device, ANY, lambda fourcc: fourcc == "MJPG")
    assert [str(mode) for mode in modes] == [
        "MJPG 1280x720 at 30 fps",
        "MJPG 1280x720 at 15 fps",
        "MJPG 640x480 at 30 fps",
        "MJPG 640x480 at 15 fps",
    ]


def test_ranges_are_offered_as_standard_members(
    kernel: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size(argument: Any) -> None:
        argument.type = 3
        sizes = argument.size.stepwise
        sizes.min_width, sizes.max_width, sizes.step_width = 64, 1280, 2
        sizes.min_height, sizes.max_height, sizes.step_height = 64, 720, 2

    def interval(argument: Any) -> None:
        argument.type = 3
        argument.interval.stepwise.min.numerator, argument.interval.stepwise.min.denominator = 1, 60
        argument.interval.stepwise.max.numerator, argument.interval.stepwise.max.denominator = 1, 20

    monkeypatch.setattr(kernel, "enumerate_size", size)
    monkeypatch.setattr(kernel, "enumerate_interval", interval)
    modes = offered_modes(device, ModeRequest(1000, 600, 40), lambda fourcc: fourcc == "YUYV")
    assert OfferedMode("YUYV", 1280, 720, 30.0) in modes
    assert OfferedMode("YUYV", 1000, 600, 40) in modes
    assert OfferedMode("YUYV", 1280, 720, 15.0) not in modes


def test_range_of_rates_without_numbers_is_unknown(
    kernel: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "enumerate_interval", lambda argument: setattr(argument, "type", 2))
    modes = offered_modes(device, ANY, lambda fourcc: fourcc == "YUYV")
    assert modes == [OfferedMode("YUYV", 640, 480, None)]


def test_driver_without_sizes_offers_the_one_it_stands_at(
    kernel: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_sizes(_: Any) -> None:
        raise OSError(errno.ENOTTY, "unknown")

    monkeypatch.setattr(kernel, "enumerate_size", no_sizes)
    monkeypatch.setattr(kernel, "enumerate_interval", no_sizes)
    assert offered_modes(device, ANY) == [OfferedMode("YUYV", 640, 480, None)]


def test_driver_without_an_end_is_left(
    kernel: Any, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    def again(argument: Any) -> None:
        argument.type = abi.FRMSIZE_DISCRETE
        argument.size.discrete.width = argument.size.discrete.height = 64

    def same(argument: Any) -> None:
        argument.pixelformat = abi.fourcc("YUYV")

    def rate(argument: Any) -> None:
        argument.type = abi.FRMIVAL_DISCRETE
        argument.interval.discrete.numerator, argument.interval.discrete.denominator = 1, 30

    for name, call in (
        ("enumerate_format", same),
        ("enumerate_size", again),
        ("enumerate_interval", rate),
    ):
        monkeypatch.setattr(kernel, name, call)
    assert offered_modes(device, ANY) == [OfferedMode("YUYV", 64, 64, 30.0)]
