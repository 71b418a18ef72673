"""Controls of synthetic cameras, beyond the contract of cameras."""

import numpy as np
import pytest

from spot_webcam.domain.errors import CameraAbsent, CameraMisconfigured, NoData
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture, Pixels
from spot_webcam.domain.ports import Camera, CameraMode, Controllable
from spot_webcam.domain.sources.controls import ControlKind
from spot_webcam.fakes.cameras import (
    ControlledCamera,
    SyntheticCamera,
    SyntheticDevice,
    read_sequence,
    synthetic_camera,
)
from spot_webcam.fakes.time.manual import ManualClock

LEVELS = np.array([[0, 10, 100, 200, 250, 255]], np.uint8)


class StillCamera:
    """A camera of one picture, which cannot be interrupted."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def open(self) -> CameraMode:
        return CameraMode(self._picture.cols, self._picture.rows, self._picture.layout)

    def grab(self) -> int | None:
        return None

    def retrieve(self) -> Picture:
        return self._picture

    def settings(self) -> CaptureSettings:
        return CaptureSettings(gain_db=1.0)

    def close(self) -> None:
        pass


def _controlled(options: str = "", clock: ManualClock | None = None) -> ControlledCamera:
    name = f"synthetic:?size=64x48&fps=10&controls=1&{options}"
    camera = synthetic_camera(name, clock or ManualClock())
    assert isinstance(camera, ControlledCamera)
    return camera


def _pixels(camera: Camera) -> Pixels:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    return picture.pixels


def _with_brightness(picture: Picture, brightness: int) -> Pixels:
    camera = ControlledCamera(StillCamera(picture))
    camera.open()
    camera.write({"brightness": brightness})
    camera.grab()
    camera.grab()
    return _pixels(camera)


def test_controls_are_those_of_the_labs_camera() -> None:
    camera = _controlled()
    camera.open()
    controls = {control.name: control for control in camera.controls()}
    assert len(controls) == 12
    brightness = controls["brightness"]
    assert (brightness.minimum, brightness.maximum, brightness.default) == (-64, 64, 0)
    assert controls["auto_exposure"].kind is ControlKind.MENU
    assert controls["auto_exposure"].menu == {1: "Manual Mode", 3: "Aperture Priority Mode"}
    assert controls["exposure_time_absolute"].unit == "s"
    assert controls["white_balance_temperature"].step == 10
    assert controls["focus_absolute"].step == 5
    assert {name for name, control in controls.items() if control.inactive} == {
        "exposure_time_absolute",
        "white_balance_temperature",
        "focus_absolute",
    }


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"brightness": 1000}, "brightness takes -64 to 64, not 1000"),
        ({"auto_exposure": 2}, r"auto_exposure takes 1 \(Manual Mode\), 3 \(Aperture"),
        ({"focus_absolute": 7}, "focus_absolute takes 0 to 250 in steps of 5, not 7"),
        ({"brightnes": 1}, "no control 'brightnes'; it has brightness"),
        ({"exposure_time_absolute": 9}, "exposure_time_absolute is inactive"),
    ],
)
def test_wrong_value_is_refused_in_a_line_and_changes_nothing(
    values: dict[str, int], text: str
) -> None:
    camera = _controlled()
    camera.open()
    names = [control.name for control in camera.controls()]
    before = camera.read(names)
    with pytest.raises(CameraMisconfigured, match=text):
        camera.write({"gain": 99, **values})
    assert camera.read(names) == before


def test_exposure_is_reported_and_its_switch_is_set_with_it() -> None:
    camera = _controlled()
    camera.open()
    assert camera.settings() == CaptureSettings(exposure_s=0.025)
    camera.write({"exposure_time_absolute": 100, "auto_exposure": 1})
    assert camera.settings().exposure_s == pytest.approx(0.01)
    # And back, while the switch takes the exposure over.
    camera.write({"exposure_time_absolute": 250, "auto_exposure": 3})
    assert camera.settings() == CaptureSettings(exposure_s=0.025)


@pytest.mark.parametrize("options", ["", "codec=mjpg&", "script=slow=4@0&"])
def test_default_controls_leave_the_pictures_alone(options: str) -> None:
    name = f"synthetic:?size=64x48&fps=10&{options}"
    plain, controlled = (
        synthetic_camera(f"{name}{more}", ManualClock()) for more in ("", "controls=1")
    )
    plain.open()
    controlled.open()
    for camera in (plain, controlled):
        camera.grab()
        camera.grab()
    first, second = plain.retrieve(), controlled.retrieve()
    if isinstance(first, Picture) and isinstance(second, Picture):
        assert np.array_equal(first.pixels, second.pixels)
    else:
        assert first == second


def test_brightness_shows_two_frames_later() -> None:
    camera = _controlled("layout=grey8")
    camera.open()
    dark = _pixels(camera).mean()
    camera.write({"brightness": 40})
    assert camera.read(["brightness"]) == {"brightness": 40}
    shown = [_pixels(camera).mean() - dark > 10 for _ in range(4)]
    assert shown == [False, False, True, True]


def test_brightness_shows_as_late_in_pictures_that_nobody_retrieved() -> None:
    clock = ManualClock()
    camera = _controlled("layout=grey8", clock)
    camera.open()
    dark = _pixels(camera).mean()
    camera.write({"brightness": 40})
    clock.advance(5.0)
    camera.grab()
    assert _pixels(camera).mean() - dark < 10
    assert _pixels(camera).mean() - dark > 10


def test_writes_in_a_row_show_one_after_another() -> None:
    camera = ControlledCamera(StillCamera(Picture(LEVELS, Layout.GREY8)))
    camera.open()
    shown = []
    for brightness in (10, 20, 30, 30, 30):
        camera.write({"brightness": brightness})
        shown.append(int(_pixels(camera)[0, 0]))
    assert shown == [0, 0, 10, 20, 30]


def test_writing_other_controls_does_not_delay_brightness() -> None:
    camera = ControlledCamera(StillCamera(Picture(LEVELS, Layout.GREY8)))
    camera.open()
    camera.write({"brightness": 5})
    shown = []
    for gain in range(3):
        camera.write({"gain": gain})
        shown.append(int(_pixels(camera)[0, 0]))
    assert shown == [0, 0, 5]


@pytest.mark.parametrize(
    ("brightness", "levels"),
    [
        (64, [64, 74, 164, 255, 255, 255]),
        (-64, [0, 0, 36, 136, 186, 191]),
        (0, [0, 10, 100, 200, 250, 255]),
    ],
)
def test_brightness_moves_levels_as_far_as_they_go(brightness: int, levels: list[int]) -> None:
    assert _with_brightness(Picture(LEVELS, Layout.GREY8), brightness).tolist() == [levels]


def test_brightness_leaves_alpha_alone() -> None:
    picture = Picture(np.full((1, 1, 4), 100, np.uint8), Layout.BGRA8)
    assert _with_brightness(picture, 20).tolist() == [[[120, 120, 120, 100]]]


@pytest.mark.parametrize("brightness", [-64, 64])
def test_numbers_can_be_read_in_any_brightness(brightness: int) -> None:
    camera = _controlled()
    camera.open()
    camera.write({"brightness": brightness})
    assert [read_sequence(_pixels(camera)) for _ in range(5)] == list(range(5))


def test_controls_are_kept_over_close_and_show_at_once() -> None:
    camera = _controlled("layout=grey8")
    camera.open()
    dark = _pixels(camera).mean()
    camera.write({"brightness": 40})
    camera.close()
    camera.open()
    assert _pixels(camera).mean() - dark > 10


def test_unplugged_camera_forgets_its_controls() -> None:
    clock = ManualClock()
    camera = _controlled("script=unplug@1s+1s", clock)
    camera.open()
    camera.write({"brightness": 40})
    clock.advance(1.0)
    with pytest.raises(CameraAbsent):
        camera.read(["brightness"])
    with pytest.raises(CameraAbsent):
        camera.write({"brightness": 30})
    clock.advance(1.0)
    with pytest.raises(NoData, match="was unplugged"):
        camera.controls()
    camera.close()
    camera.open()
    assert camera.read(["brightness"]) == {"brightness": 0}


def test_controls_answer_during_a_hang() -> None:
    camera = _controlled("script=hang@0")
    camera.open()
    camera.write({"brightness": 40})
    assert camera.read(["brightness"]) == {"brightness": 40}


def test_any_camera_can_have_controls() -> None:
    camera = ControlledCamera(StillCamera(Picture(LEVELS, Layout.GREY8)))
    assert isinstance(camera, Controllable)
    camera.interrupt()
    camera.open()
    assert camera.grab() is None
    camera.close()


def test_controls_of_a_camera_that_is_not_open_do_not_answer() -> None:
    camera = ControlledCamera(SyntheticCamera(SyntheticDevice(), ManualClock()))
    with pytest.raises(NoData, match="not open"):
        camera.read(["brightness"])
