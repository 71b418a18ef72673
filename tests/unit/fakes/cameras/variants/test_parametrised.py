"""Synthetic cameras with parameters, beyond the contract of cameras."""

import numpy as np
import pytest
from bosdyn.api.service_customization_pb2 import DictParam
from bosdyn.client.service_customization_helpers import dict_spec_to_default, validate_dict_spec
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.errors import NoData, ParametersRefused
from spot_webcam.domain.media.image import CaptureSettings, Layout, Picture, Pixels
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.ports import CameraMode, Parametrised
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device, read_sequence
from spot_webcam.fakes.cameras import synthetic_camera as make_camera
from spot_webcam.fakes.cameras.patterns.look import (
    MAX_TEXT,
    Look,
    look_spec,
    read_look,
    write_look,
)
from spot_webcam.fakes.cameras.patterns.stencil import STENCILS
from spot_webcam.fakes.cameras.variants.parametrised import ParametrisedCamera
from spot_webcam.fakes.time.manual import ManualClock

LOOKS = st.builds(
    Look, st.integers(-100, 100), st.sampled_from(STENCILS), st.text(max_size=MAX_TEXT)
)


def opened(layout: Layout = Layout.BGR8, options: str = "") -> ParametrisedCamera:
    name = f"synthetic:?size=320x240&layout={layout.label}&{options}"
    camera = make_camera(name, ManualClock())
    assert isinstance(camera, ParametrisedCamera)
    camera.open()
    return camera


def pixels(
    camera: ParametrisedCamera, look: Look | None = None, layout: Layout = Layout.BGR8
) -> Pixels:
    if look is not None:
        camera.set_parameters(write_look(look, layout))
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    return picture.pixels


def params(**values: int | str | bool) -> bytes:
    given = DictParam()
    for name, value in values.items():
        if isinstance(value, bool):
            given.values[name].bool_value.value = value
        elif isinstance(value, int):
            given.values[name].int_value.value = value
        else:
            given.values[name].string_value.value = value
    encoded: bytes = given.SerializeToString()
    return encoded


@pytest.mark.parametrize("layout", Layout)
def test_spec_is_valid_and_its_defaults_are_how_pictures_look_anyway(layout: Layout) -> None:
    spec = DictParam.Spec.FromString(look_spec(layout))
    validate_dict_spec(spec)
    assert ("brightness" in spec.specs) == (layout is not Layout.DEPTH16)
    defaults = dict_spec_to_default(spec).SerializeToString(deterministic=True)
    assert read_look(defaults, layout) == read_look(b"", layout) == Look()
    assert defaults == write_look(Look(), layout)


@given(LOOKS)
def test_look_is_read_as_it_was_written(look: Look) -> None:
    assert read_look(write_look(look, Layout.BGR8), Layout.BGR8) == look


@pytest.mark.parametrize("layout", Layout)
@pytest.mark.parametrize("stencil", STENCILS[1:])
def test_stencil_fills_the_picture_and_leaves_the_number_readable(
    layout: Layout, stencil: str
) -> None:
    usual = pixels(opened(layout))
    camera = opened(layout)
    filled = pixels(camera, Look(pattern=stencil), layout)
    assert filled.shape == usual.shape
    assert not np.array_equal(filled, usual)
    assert read_sequence(filled) == read_sequence(usual) == 0
    assert read_sequence(pixels(camera)) == 1


@pytest.mark.parametrize("brightness", [-100, 100])
@pytest.mark.parametrize("layout", [layout for layout in Layout if layout is not Layout.DEPTH16])
def test_brightness_moves_all_levels_and_no_alpha(layout: Layout, brightness: int) -> None:
    usual, moved = pixels(opened(layout)), pixels(opened(layout), Look(brightness), layout)
    most = int(np.iinfo(layout.dtype).max)
    step = brightness * (most // 255)
    shades = slice(3) if layout.channels == 4 else slice(None)
    wanted = np.clip(usual[..., shades].astype(np.int64) + step, 0, most)
    assert np.array_equal(moved[..., shades], wanted)
    if layout.channels == 4:
        assert np.array_equal(moved[..., 3], usual[..., 3])
    assert read_sequence(moved) == 0


def test_text_is_written_in_white_above_the_label() -> None:
    usual, written = pixels(opened()), pixels(opened(), Look(text="Hi, Spot-1!"))
    changed = (usual != written).any(axis=2)
    assert {*np.unique(written[changed])} == {51, 255}
    rows = np.flatnonzero(changed.any(axis=1))
    assert rows.min() > 120
    assert not changed[-20:].any()


def test_text_without_glyphs_and_too_long_for_the_picture_is_drawn_as_far_as_it_goes() -> None:
    assert np.array_equal(
        pixels(opened(), Look(text="é" * MAX_TEXT)),
        pixels(opened(), Look(text="?" * MAX_TEXT)),
    )
    assert np.array_equal(pixels(opened(), Look(text="ab")), pixels(opened(), Look(text="AB")))


def test_pictures_grabbed_before_look_as_before() -> None:
    camera = opened()
    camera.grab()
    camera.set_parameters(params(brightness=100))
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    assert np.array_equal(picture.pixels, pixels(opened()))
    assert read_look(camera.parameters(), Layout.BGR8) == Look()
    camera.grab()
    assert read_look(camera.parameters(), Layout.BGR8) == Look(100)


def test_nothing_stays_of_parameters_that_are_taken_back_or_over_opening() -> None:
    for again in (lambda one: one.set_parameters(b""), ParametrisedCamera.open):
        camera = opened()
        pixels(camera, Look(100, "bars", "x"))
        again(camera)
        camera.grab()
        assert read_look(camera.parameters(), Layout.BGR8) == Look()


@pytest.mark.parametrize(
    ("encoded", "says"),
    [
        (params(zoom=1), "unknown parameter 'zoom'; known are brightness, pattern, text"),
        (params(brightness=101), "from -100 to 100, not to 101"),
        (params(brightness=True), "brightness has no int_value"),
        (params(pattern="stripes"), "one of ball, bars, checkers, ramp, not 'stripes'"),
        (params(text="x" * 33), "32 characters at the most, not 33"),
        (b"\xff", "malformed parameters"),
    ],
)
def test_what_it_does_not_offer_is_refused_and_changes_nothing(encoded: bytes, says: str) -> None:
    camera = opened()
    camera.set_parameters(params(brightness=7))
    with pytest.raises(ParametersRefused, match=says):
        camera.set_parameters(encoded)
    camera.grab()
    assert read_look(camera.parameters(), Layout.BGR8) == Look(7)


def test_depths_have_no_brightness() -> None:
    with pytest.raises(ParametersRefused, match="depths"):
        opened(Layout.DEPTH16).set_parameters(params(brightness=1))


def test_scripted_black_stays_black() -> None:
    assert not pixels(opened(options="script=black@0"), Look(100, "bars", "x")).any()


def test_picture_of_another_size_is_filled_as_well() -> None:
    camera = opened(options="script=resize=160x120@0")
    assert pixels(camera, Look(pattern="bars", text="A")).shape == (120, 160, 3)


@pytest.mark.parametrize("size", ["63x480", "640x47"])
def test_picture_too_small_to_draw_on_only_gets_its_brightness(size: str) -> None:
    usual = pixels(opened(options=f"script=resize={size}@0"))
    moved = pixels(opened(options=f"script=resize={size}@0"), Look(100, "bars", "A"))
    assert np.array_equal(moved, np.minimum(usual.astype(int) + 100, 255))


def test_camera_that_is_not_open_takes_no_parameters_but_tells_its_spec() -> None:
    camera = opened()
    camera.close()
    assert isinstance(camera, Parametrised)
    assert camera.parameter_spec() == look_spec(Layout.BGR8)
    with pytest.raises(NoData, match="not open"):
        camera.set_parameters(b"")
    with pytest.raises(NoData, match="not open"):
        camera.parameters()


def test_interrupt_ends_the_wrapped_camera_s_wait() -> None:
    camera = opened()
    camera.interrupt()
    with pytest.raises(NoData, match="interrupted"):
        camera.grab()


class JpegCamera:
    """A camera of one JPEG, which cannot be interrupted."""

    def __init__(self) -> None:
        data = jpeg_frame(parse_synthetic_device("synthetic:?codec=mjpg&size=64x48"), 0)
        self.picture = inspect_jpeg(data)

    def open(self) -> CameraMode:
        return CameraMode(64, 48, Layout.BGR8)

    def grab(self) -> int | None:
        return None

    def retrieve(self) -> JpegPicture:
        return self.picture

    def settings(self) -> CaptureSettings:
        return CaptureSettings(gain_db=1.0)

    def close(self) -> None:
        pass


def test_jpeg_is_left_alone() -> None:
    inner = JpegCamera()
    camera = ParametrisedCamera(inner, Layout.BGR8)
    camera.open()
    camera.interrupt()
    camera.set_parameters(params(brightness=100))
    camera.grab()
    assert camera.retrieve() is inner.picture
    assert camera.settings() == CaptureSettings(gain_db=1.0)
