import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.controls import Control, ControlKind, named

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)
FOCUS = Control("focus_absolute", "Focus", ControlKind.INTEGER, 0, 250, step=5)
MENU = Control("mode", "Mode", ControlKind.MENU, 0, 3, menu={1: "Manual", 3: "Auto Mode"})
BOOLEAN = Control("mirror", "Mirror", ControlKind.BOOLEAN, 0, 1)
BITS = Control("bits", "Bits", ControlKind.BITMASK, 0, 0x6)
BUTTON = Control("go", "Go", ControlKind.BUTTON, 0, 0)
CONTROLS = [BRIGHTNESS, FOCUS, MENU, BOOLEAN, BITS, BUTTON]


@pytest.mark.parametrize(
    ("control", "text", "value"),
    [
        (BRIGHTNESS, "-64", -64),
        (BRIGHTNESS, " 0x10 ", 16),
        (FOCUS, "245", 245),
        (MENU, "auto mode", 3),
        (MENU, "1", 1),
        (BOOLEAN, "On", 1),
        (BOOLEAN, "false", 0),
        (BITS, "6", 6),
        (BUTTON, "17", 17),
    ],
)
def test_value_is_read_from_text(control: Control, text: str, value: int) -> None:
    assert control.parse(text) == value


@pytest.mark.parametrize(
    ("control", "text", "says"),
    [
        (BRIGHTNESS, "65", "brightness takes -64 to 64, not 65"),
        (BRIGHTNESS, "much", "brightness takes -64 to 64, not 'much'"),
        (FOCUS, "7", "focus_absolute takes 0 to 250 in steps of 5, not 7"),
        (MENU, "2", r"mode takes 1 \(Manual\), 3 \(Auto Mode\), not 2"),
        (BOOLEAN, "2", r"mirror takes 0 \(off\) or 1 \(on\), not 2"),
        (BITS, "1", "bits takes bits of 0x6, not 1"),
        (BITS, "-2", "bits takes bits of 0x6, not -2"),
        (BUTTON, "hard", "go takes any number, not 'hard'"),
    ],
)
def test_what_is_no_value_is_refused_in_a_line(control: Control, text: str, says: str) -> None:
    with pytest.raises(CameraMisconfigured, match=says):
        control.parse(text)


def test_read_only_control_takes_nothing() -> None:
    control = Control("version", "Version", ControlKind.INTEGER, 0, 9, read_only=True)
    with pytest.raises(CameraMisconfigured, match="version can only be read"):
        control.check(3)


def test_exposure_counts_hundred_microseconds() -> None:
    control = Control("exposure_time_absolute", "Exposure", ControlKind.INTEGER, 3, 2047)
    assert control.unit == "s"
    assert 250 * control.scale == pytest.approx(0.025)


def test_control_without_a_unit_has_none() -> None:
    assert (BRIGHTNESS.unit, BRIGHTNESS.scale) == ("", 1.0)


def test_control_is_found_by_its_name() -> None:
    assert named(CONTROLS, "mode") is MENU


@pytest.mark.parametrize(
    ("name", "near"),
    [("brightnes", "it has brightness"), ("xyz", "it has bits, brightness, focus_absolute")],
)
def test_wrong_name_is_answered_with_the_right_ones(name: str, near: str) -> None:
    with pytest.raises(CameraMisconfigured, match=near):
        named(CONTROLS, name)
