"""Which of a camera's controls requests may set."""

import pytest

from spot_webcam.app.capture.control_session import offered
from spot_webcam.domain.sources.controls import Control, ControlKind

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)
ZOOM = Control("zoom", "Zoom", ControlKind.INTEGER, 10, 97, step=25, default=10)
MIRROR = Control("mirror", "Mirror", ControlKind.BOOLEAN, 0, 1)
AUTO = Control("auto", "Auto", ControlKind.MENU, 0, 3, menu={1: "Manual", 3: "Aperture Priority"})
ISO = Control("iso", "ISO", ControlKind.INTEGER_MENU, 0, 2, menu={0: "100", 2: "400"})


@pytest.mark.parametrize("kind", [ControlKind.BUTTON, ControlKind.BITMASK])
def test_what_no_slider_switch_or_list_can_show_is_not_offered(kind: ControlKind) -> None:
    assert offered([Control("x", "X", kind, 0, 1), MIRROR]) == (MIRROR,)


def test_control_that_can_only_be_read_is_not_offered() -> None:
    version = Control("version", "Version", ControlKind.INTEGER, 0, 9, read_only=True)
    assert offered([version, ZOOM]) == (ZOOM,)


def test_control_that_an_automatic_holds_is_offered() -> None:
    held = Control("gain", "Gain", ControlKind.INTEGER, 0, 9, inactive=True)
    assert offered([AUTO, held]) == (AUTO, held)


def test_offer_keeps_the_order_of_the_driver() -> None:
    assert offered([ISO, BRIGHTNESS, AUTO]) == (ISO, BRIGHTNESS, AUTO)
