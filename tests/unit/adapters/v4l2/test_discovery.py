import errno
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import CameraState, DeviceNames, abi, find_cameras
from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress


def _capture_on(kernel: Any, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Let one node capture, and the others hold metadata."""
    real = kernel.open

    def open_it(path: Path) -> int:
        pictures = path.name == f"video{number}"
        kernel.caps = (abi.CAP_VIDEO_CAPTURE if pictures else 0x00800000) | abi.CAP_STREAMING
        handle: int = real(path)
        return handle

    monkeypatch.setattr(kernel, "open", open_it)


def test_cameras_are_found_with_what_they_are_and_can_do(
    kernel: Any, names: DeviceNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    _capture_on(kernel, monkeypatch, 3)
    (camera,) = find_cameras(kernel, names)
    assert camera.state is CameraState.FREE
    assert (camera.card, camera.driver, camera.bus) == ("Fake Camera", "fake", "usb-0")
    node = camera.node
    assert (node.usb_serial, node.usb_vendor, node.usb_product) == ("LAB1", "1d6b", "0102")
    assert camera.stable_name.endswith("by-id/usb-Fake-index0")
    assert len(camera.modes) == 8
    assert len(camera.controls) == 9
    assert not kernel.open_handles


@pytest.mark.parametrize(
    ("code", "state", "remedy"),
    [
        (errno.EACCES, CameraState.FORBIDDEN, "usermod -aG video"),
        (errno.EBUSY, CameraState.BUSY, "end the program that holds it"),
        (errno.EIO, CameraState.SILENT, "cycle its power"),
    ],
)
def test_camera_that_does_not_open_is_reported_with_the_remedy(
    kernel: Any, names: DeviceNames, code: int, state: CameraState, remedy: str
) -> None:
    kernel.open_error = code
    (camera,) = find_cameras(kernel, names)
    assert (camera.state, camera.card) == (state, "Fake Camera: Fake")
    assert remedy in camera.remedy
    assert camera.modes == ()


def test_camera_whose_buffers_another_has_is_busy(
    kernel: Any, names: DeviceNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    _capture_on(kernel, monkeypatch, 3)
    kernel.errors[abi.REQBUFS] = [errno.EBUSY]
    (camera,) = find_cameras(kernel, names)
    assert camera.state is CameraState.BUSY
    assert len(camera.modes) == 8


def test_camera_that_goes_while_it_is_asked_is_reported(
    kernel: Any, names: DeviceNames, monkeypatch: pytest.MonkeyPatch
) -> None:
    _capture_on(kernel, monkeypatch, 3)
    kernel.errors[abi.ENUM_FMT] = [errno.EIO]
    (camera,) = find_cameras(kernel, names)
    assert camera.state is CameraState.SILENT


def test_names_lead_to_the_node(kernel: Any, names: DeviceNames, tmp_path: Path) -> None:
    dev = tmp_path / "dev"
    by_id = dev / "v4l" / "by-id" / "usb-Fake-index0"
    for name in ("3", "usb:LAB1", "name:fake cam", "name:Fake Camera: Fake", str(by_id)):
        if name.startswith("name:"):
            (tmp_path / "class" / "video4" / "name").write_text("Other\n")
        assert names.path_of(DeviceAddress(name)) == dev / "video3"


def test_camera_is_found_under_its_new_number(
    kernel: Any, names: DeviceNames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "class" / "video3").rename(tmp_path / "class" / "video7")
    _capture_on(kernel, monkeypatch, 7)
    assert names.path_of(DeviceAddress("usb:LAB1")) == tmp_path / "dev" / "video7"


def test_what_is_not_there_is_reported_with_what_is(
    kernel: Any, names: DeviceNames, tmp_path: Path
) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to(loop)
    missing = ("usb:OTHER", "name:other", "name:", "usb:", "9", "/dev/nothing")
    for name in (*missing, f"/dev/{300 * 'x'}", str(loop)):
        with pytest.raises(CameraAbsent, match=r"present: .*video3 \(Fake Camera: Fake, usb:LAB1"):
            names.path_of(DeviceAddress(name))


def test_nothing_at_all_is_reported(kernel: Any, tmp_path: Path) -> None:
    empty = DeviceNames(kernel, tmp_path / "none", tmp_path / "none")
    with pytest.raises(CameraAbsent, match="present: no camera"):
        empty.path_of(DeviceAddress("usb:LAB1"))
    assert find_cameras(kernel, empty) == []


def test_name_of_several_cameras_is_refused(kernel: Any, names: DeviceNames) -> None:
    with pytest.raises(CameraMisconfigured, match="be more exact"):
        names.path_of(DeviceAddress("name:fake"))


def test_serial_of_several_cameras_is_refused(
    kernel: Any, names: DeviceNames, tmp_path: Path
) -> None:
    (tmp_path / "class" / "video4" / "index").write_text("0\n")
    with pytest.raises(CameraMisconfigured, match="be more exact"):
        names.path_of(DeviceAddress("usb:LAB1"))


def test_exact_name_goes_before_a_part(kernel: Any, names: DeviceNames, tmp_path: Path) -> None:
    (tmp_path / "class" / "video4" / "name").write_text("Fake Camera: Fake 2\n")
    assert names.path_of(DeviceAddress("name:Fake Camera: Fake")).name == "video3"


def test_stable_name_of_what_has_none_is_its_node(
    kernel: Any, names: DeviceNames, tmp_path: Path
) -> None:
    by_id, by_path = (tmp_path / "dev" / "v4l" / one for one in ("by-id", "by-path"))
    (by_id / "usb-Fake-index0").unlink()
    assert find_cameras(kernel, names)[0].stable_name == "usb:LAB1"
    (tmp_path / "devices" / "usb1" / "1-1" / "idVendor").unlink()
    assert find_cameras(kernel, names)[0].stable_name.endswith("by-path/usb-Fake-index0")
    (by_path / "usb-Fake-index0").unlink()
    assert find_cameras(kernel, names)[0].stable_name.endswith("dev/video3")


def test_forbidden_camera_is_found_by_its_first_node(kernel: Any, names: DeviceNames) -> None:
    kernel.open_error = errno.EACCES
    assert names.path_of(DeviceAddress("usb:LAB1")).name == "video3"
