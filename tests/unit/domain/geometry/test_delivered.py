"""Pixels of points before and after the picture is transformed and resized."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.geometry.delivered import delivered_mode, delivered_model, model_for
from spot_webcam.domain.geometry.projection import Points, project
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.media.transform import ROTATIONS, Region, Transform
from spot_webcam.domain.sources.modes import CameraMode

MAX_ERROR_PX = 0.01
COLS, ROWS = 640, 480
PINHOLE = CameraModel(500.0, 510.0, 310.0, 250.0, 0.5, -0.25, COLS, ROWS)
BROWN = replace(PINHOLE, lens=Lens.BROWN_CONRADY, distortion=(-0.3, 0.1, 0.01, -0.02, 0.005))
FISHEYE = replace(PINHOLE, lens=Lens.KANNALA_BRANDT, distortion=(-0.02, 0.01, -0.003, 0.001))

models = st.sampled_from([PINHOLE, BROWN, FISHEYE])
crops = st.one_of(
    st.none(),
    st.builds(
        lambda x, y, w, h: Region(x, y, min(w, 1 - x), min(h, 1 - y)),
        *(st.floats(0.0, 0.5), st.floats(0.0, 0.5), st.floats(0.2, 1.0), st.floats(0.2, 1.0)),
    ),
)
transforms = st.builds(Transform, st.sampled_from(ROTATIONS), st.booleans(), crops)
coordinates = st.floats(-0.6, 0.6)
points = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=5).map(
    lambda seen: np.array([(x, y, 1.0) for x, y in seen])
)


def moved(pixels: Points, transform: Transform, cols: int, rows: int) -> Points:
    """Return where pixels of a picture of this size are after the transform, by its steps."""
    x, y = pixels[:, 0], pixels[:, 1]
    if transform.crop is not None:
        in_rows, in_cols = transform.crop.rounded(cols, rows)
        x, y = x - in_cols.start, y - in_rows.start
        cols, rows = in_cols.stop - in_cols.start, in_rows.stop - in_rows.start
    for _ in range(transform.rotation // 90):
        x, y, cols, rows = rows - 1 - y, x, rows, cols
    return np.stack([cols - 1 - x if transform.mirror else x, y], axis=1)


def in_turned_frame(seen: Points, rotation: int) -> Points:
    """Return points in the sensor's frame, which turns about its z axis with the picture."""
    for _ in range(rotation // 90):
        seen = np.stack([-seen[:, 1], seen[:, 0], seen[:, 2]], axis=1)
    return seen


@given(models, transforms, points)
def test_point_is_seen_where_the_transform_moves_its_pixel(
    model: CameraModel, transform: Transform, seen: Points
) -> None:
    expected = moved(project(model, seen), transform, COLS, ROWS)
    delivered = delivered_model(model, transform)
    assert (delivered.cols, delivered.rows) == transform.size(COLS, ROWS)
    found = project(delivered, in_turned_frame(seen, transform.rotation))
    assert np.abs(found - expected).max() <= MAX_ERROR_PX


@given(models, transforms, points, st.floats(0.05, 1.0))
def test_point_is_seen_where_resizing_moves_its_pixel(
    model: CameraModel, transform: Transform, seen: Points, ratio: float
) -> None:
    delivered = delivered_model(model, transform)
    cols, rows = max(1, round(delivered.cols * ratio)), max(1, round(delivered.rows * ratio))
    size = np.array([cols, rows]) / (delivered.cols, delivered.rows)
    expected = (project(delivered, seen) + 0.5) * size - 0.5
    resized = delivered.resized(cols, rows)
    assert resized.fits(cols, rows)
    assert np.abs(project(resized, seen) - expected).max() <= MAX_ERROR_PX


@given(points)
def test_lenses_are_those_of_opencv(seen: Points) -> None:
    unmoved = np.zeros(3)
    matrix = np.array([[500.0, 0.0, 310.0], [0.0, 510.0, 250.0], [0.0, 0.0, 1.0]])
    brown = replace(BROWN, skew_x_px=0.0, skew_y_px=0.0)
    expected, _ = cv2.projectPoints(seen, unmoved, unmoved, matrix, np.array(brown.distortion))
    assert np.allclose(project(brown, seen), expected.reshape(-1, 2), atol=1e-6)
    fisheye = replace(FISHEYE, skew_x_px=0.0, skew_y_px=0.0)
    expected, _ = cv2.fisheye.projectPoints(
        seen.reshape(-1, 1, 3), unmoved, unmoved, matrix, np.array(fisheye.distortion)
    )
    assert np.allclose(project(fisheye, seen), expected.reshape(-1, 2), atol=1e-6)


@pytest.mark.parametrize("model", [PINHOLE, BROWN])
def test_point_behind_a_camera_has_no_pixel(model: CameraModel) -> None:
    behind = np.array([(0.1, 0.1, -1.0), (0.1, 0.1, 0.0)])
    assert np.isnan(project(model, behind)).all()


def test_axis_of_every_lens_is_at_the_principal_point() -> None:
    ahead = np.array([(0.0, 0.0, 2.0)])
    for model in (PINHOLE, BROWN, FISHEYE):
        assert project(model, ahead).tolist() == [[310.0, 250.0]]


def test_calibration_of_another_size_of_the_same_aspect_is_scaled() -> None:
    assert model_for(BROWN, 320, 240) == BROWN.resized(320, 240)
    assert model_for(BROWN, COLS, ROWS) == BROWN
    # 16:9, rounded to whole pixels.
    assert model_for(replace(PINHOLE, cols=1920, rows=1080), 854, 480).cols == 854


def test_calibration_of_another_aspect_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="640x480, and the pictures have 1280x720, another aspect"):
        model_for(PINHOLE, 1280, 720)


def test_calibration_of_any_size_is_that_of_the_pictures() -> None:
    any_size = replace(PINHOLE, cols=0, rows=0)
    assert model_for(any_size, 1280, 720) == replace(any_size, cols=1280, rows=720)
    assert any_size.resized(320, 240) is any_size
    assert any_size.fits(1, 2)


def test_examples_of_crop_turn_and_mirror() -> None:
    crop = Region(0.5, 0.0, 0.5, 1.0)
    cropped = replace(PINHOLE, principal_x_px=310.0 - 320, cols=320)
    assert delivered_model(PINHOLE, Transform(crop=crop)) == cropped
    mirrored = replace(PINHOLE, focal_x_px=-500.0, skew_x_px=-0.5, principal_x_px=639.0 - 310)
    assert delivered_model(PINHOLE, Transform(mirror=True)) == mirrored
    turned = delivered_model(BROWN, Transform(90))
    assert (turned.focal_x_px, turned.principal_x_px, turned.principal_y_px) == (510, 229, 310)
    assert turned.distortion == (-0.3, 0.1, -0.02, -0.01, 0.005)


def test_mode_is_that_of_what_is_delivered() -> None:
    mode = CameraMode(1280, 960, Layout.BGR8, 30.0, camera_model=PINHOLE)
    turn = Transform(90, crop=Region(0.5, 0.0, 0.5, 1.0))
    assert delivered_mode(mode, turn, None) == CameraMode(960, 640, Layout.BGR8, 30.0)
    model = delivered_mode(mode, turn, PINHOLE).camera_model
    assert model == delivered_model(PINHOLE.resized(1280, 960), turn)
    assert model is not None
    assert model.fits(960, 640)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"focal_x_px": 0.0}, "focal lengths other than 0"),
        ({"principal_y_px": float("nan")}, "finite"),
        ({"distortion": (0.1,)}, "a pinhole lens has 0 coefficients, not 1"),
        ({"lens": Lens.KANNALA_BRANDT}, "a kannala_brandt lens has 4 coefficients, not 0"),
        ({"lens": Lens.BROWN_CONRADY, "distortion": (0, 0, 0, 0, float("inf"))}, "finite"),
    ],
)
def test_invalid_model_is_refused(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        replace(PINHOLE, **changes)  # type: ignore[arg-type]
