import errno
from typing import Any

import pytest

from spot_webcam.adapters.v4l2 import V4l2Camera, abi
from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind


@pytest.fixture
def camera(make_camera: Any) -> V4l2Camera:
    opened: V4l2Camera = make_camera()
    opened.open()
    return opened


def _by_name(camera: V4l2Camera) -> dict[str, Control]:
    return {control.name: control for control in camera.controls()}


def test_controls_are_those_of_the_driver(camera: V4l2Camera) -> None:
    controls = _by_name(camera)
    assert list(controls) == [
        *("brightness", "gain", "gain_00980914", "bits", "go", "steps", "version"),
        *("auto_exposure", "exposure_time_absolute"),
    ]
    assert controls["auto_exposure"].menu == {1: "Manual", 3: "Automatic"}
    assert controls["steps"].menu == {0: "4", 2: "8"}
    assert controls["version"].read_only
    assert controls["go"].kind is ControlKind.BUTTON
    assert controls["exposure_time_absolute"].label == "Exposure (Absolute)"


def test_inactive_is_asked_for_every_time(kernel: Any, camera: V4l2Camera) -> None:
    assert _by_name(camera)["exposure_time_absolute"].inactive
    kernel.controls[0x9A0901].value = 1
    assert not _by_name(camera)["exposure_time_absolute"].inactive


def test_values_of_every_width_are_set_and_read(camera: V4l2Camera) -> None:
    camera.write({"brightness": -7, "gain": 1 << 33, "go": 1, "bits": 6})
    assert camera.read(["brightness", "gain", "bits"]) == {
        "brightness": -7,
        "gain": 1 << 33,
        "bits": 6,
    }


def test_switch_goes_first(camera: V4l2Camera) -> None:
    camera.write({"exposure_time_absolute": 100, "auto_exposure": 1})
    assert camera.read(["exposure_time_absolute"]) == {"exposure_time_absolute": 100}


def test_value_is_set_before_its_switch_takes_it_over(kernel: Any, camera: V4l2Camera) -> None:
    kernel.controls[0x9A0901].value = 1
    camera.write({"auto_exposure": 3, "exposure_time_absolute": 77})
    assert kernel.controls[0x9A0902].value == 77
    assert kernel.controls[0x9A0901].value == 3


def test_value_that_the_switch_changed_is_set_again(
    kernel: Any, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel.controls[0x9A0901].value = 1
    real = kernel.set_control

    def set_control(argument: Any) -> None:
        real(argument)
        if argument.controls[0].id == 0x9A0901:
            kernel.controls[0x9A0902].value = 250

    monkeypatch.setattr(kernel, "set_control", set_control)
    camera.write({"auto_exposure": 1, "exposure_time_absolute": 77})
    assert kernel.controls[0x9A0902].value == 77


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"brightness": 65}, "brightness takes -64 to 64, not 65"),
        ({"version": 1}, "version can only be read"),
        ({"secret": 1}, "no control 'secret'"),
        ({"exposure_time_absolute": 9}, "inactive: an automatic of the camera holds it"),
    ],
)
def test_what_cannot_be_set_is_refused_and_nothing_is_set(
    kernel: Any, camera: V4l2Camera, values: dict[str, int], text: str
) -> None:
    with pytest.raises(CameraMisconfigured, match=text):
        camera.write({"bits": 6, **values})
    assert kernel.controls[0x980999].value == 2


def test_refusal_of_the_driver_is_reported(kernel: Any, camera: V4l2Camera) -> None:
    kernel.errors[abi.S_EXT_CTRLS] = [errno.EINVAL]
    with pytest.raises(CameraMisconfigured, match="refuses brightness=1"):
        camera.write({"brightness": 1})


def test_value_that_cannot_be_read_now_is_left_out(kernel: Any, camera: V4l2Camera) -> None:
    kernel.errors[abi.G_EXT_CTRLS] = [errno.EIO]
    assert camera.read(["brightness", "bits"]) == {"bits": 2}


def test_unplugged_camera_is_absent(kernel: Any, camera: V4l2Camera) -> None:
    kernel.plugged = False
    for call in (camera.controls, camera.settings, lambda: camera.read(["bits"])):
        with pytest.raises(CameraAbsent):
            call()


def test_driver_that_repeats_itself_is_left(
    kernel: Any, camera: V4l2Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    def query(argument: Any) -> None:
        argument.id, argument.type, argument.name = 0x980900, abi.CTRL_TYPE_INTEGER, b""

    monkeypatch.setattr(kernel, "query_control", query)
    assert [control.name for control in camera.controls()] == ["control_00980900"]
