"""Controls as the driver has them."""

from typing import Any

import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import ControlKind


def test_ranges_menus_and_units(lab: Any, fresh_usb: str, camera_of: Any) -> None:
    camera = camera_of(fresh_usb)
    camera.open()
    controls = {control.name: control for control in camera.controls()}
    brightness = controls["brightness"]
    assert (brightness.minimum, brightness.maximum, brightness.default) == (-64, 64, 0)
    assert controls["focus_absolute"].step == 5
    assert controls["auto_exposure"].kind is ControlKind.MENU
    assert controls["auto_exposure"].menu == {1: "Manual Mode", 3: "Aperture Priority Mode"}
    assert controls["exposure_time_absolute"].unit == "s"
    assert controls["white_balance_temperature"].unit == "K"
    assert len(controls) == 12


def test_every_kind_of_vivid_is_read(lab: Any, camera_of: Any) -> None:
    camera = camera_of("/dev/video2")
    camera.open()
    controls = camera.controls()
    assert {control.kind for control in controls} == set(ControlKind)
    assert len({control.name for control in controls}) == len(controls)
    readable = [c.name for c in controls if c.kind is not ControlKind.BUTTON]
    assert set(camera.read(readable)) == set(readable)


def test_switch_frees_what_it_held(lab: Any, fresh_usb: str, camera_of: Any) -> None:
    camera = camera_of(fresh_usb)
    camera.open()
    camera.grab()

    def inactive() -> set[str]:
        return {control.name for control in camera.controls() if control.inactive}

    held = {"exposure_time_absolute", "white_balance_temperature", "focus_absolute"}
    assert inactive() == held
    camera.write({"auto_exposure": 1, "focus_automatic_continuous": 0})
    assert inactive() == {"white_balance_temperature"}
    camera.write({"auto_exposure": 3})
    assert inactive() == {"white_balance_temperature", "exposure_time_absolute"}


def test_exposure_and_its_switch_are_set_together(lab: Any, fresh_usb: str, camera_of: Any) -> None:
    camera = camera_of(fresh_usb)
    camera.open()
    camera.grab()
    camera.write({"exposure_time_absolute": 100, "brightness": -7, "auto_exposure": 1})
    values = camera.read(["exposure_time_absolute", "brightness", "auto_exposure"])
    assert values == {"exposure_time_absolute": 100, "brightness": -7, "auto_exposure": 1}
    assert camera.settings().exposure_s == pytest.approx(0.01)
    assert camera.settings().gain_db is None
    # And back, while the switch takes the exposure over.
    camera.write({"exposure_time_absolute": 250, "brightness": 0, "auto_exposure": 3})
    assert camera.read(["exposure_time_absolute"]) == {"exposure_time_absolute": 250}
    camera.grab()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"brightness": 1000}, "brightness takes -64 to 64, not 1000"),
        ({"auto_exposure": 2}, "auto_exposure takes 1 \\(Manual Mode\\), 3 \\(Aperture"),
        ({"focus_absolute": 7}, "focus_absolute takes 0 to 250 in steps of 5, not 7"),
        ({"brightnes": 1}, "no control 'brightnes'; it has brightness"),
        ({"exposure_time_absolute": 9}, "exposure_time_absolute is inactive"),
    ],
)
def test_wrong_value_is_refused_in_a_line_and_changes_nothing(
    lab: Any, usb: str, camera_of: Any, values: dict[str, int], text: str
) -> None:
    camera = camera_of(usb)
    camera.open()
    with pytest.raises(CameraMisconfigured, match=text) as caught:
        camera.write({"contrast": 90, **values})
    assert "\n" not in str(caught.value)
    assert camera.read(["contrast"]) == {"contrast": 32}
