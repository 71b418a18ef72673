import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device, parse_device, parse_devices


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("usb:LAB1", "LAB1"),
        ("name:BRIO", "BRIO"),
        ("name:Logitech BRIO", "Logitech-BRIO"),
        ("name: HD Pro Webcam C920 ", "HD-Pro-Webcam-C920"),
        ("opencv:/dev/video2", "video2"),
        ("/dev/v4l/by-path/pci-0000:00:14.0-video-index0", "pci-0000:00:14.0-video-index0"),
    ],
)
def test_camera_s_serial_label_or_path_names_its_source(text: str, name: str) -> None:
    assert parse_device(text) == Device(name, DeviceAddress(text))


@pytest.mark.parametrize("text", ["usb:", "name:", "name:  ", "opencv:", "usb:SN 1"])
def test_nothing_to_name_a_source_by_is_refused(text: str) -> None:
    with pytest.raises(CameraMisconfigured, match="write it as NAME="):
        parse_device(text)


@pytest.mark.parametrize("device", ["usb:LAB1", "name:Logitech BRIO", "usb:SN 1", "opencv:0"])
def test_name_of_the_operator_comes_before_any_device(device: str) -> None:
    assert parse_device(f"front={device}") == Device("front", DeviceAddress(device))


def test_serial_with_an_equals_sign_is_a_serial() -> None:
    assert parse_device("usb:A=B") == Device("A=B", DeviceAddress("usb:A=B"))


def test_two_names_of_one_source_have_to_be_distinguished() -> None:
    with pytest.raises(CameraMisconfigured, match="would both be source 'video0'"):
        parse_devices(["0", "opencv:/dev/video0"])


@given(st.text())
def test_whatever_is_typed_is_a_device_or_refused(text: str) -> None:
    try:
        device = parse_device(f"name:{text}")
    except CameraMisconfigured:
        return
    assert device.source_name
    assert " " not in device.source_name
    assert device.address == DeviceAddress(f"name:{text}")
