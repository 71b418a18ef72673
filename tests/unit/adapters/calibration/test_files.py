"""Camera models of files that other programs write."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.calibration import read_calibration
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens

PINHOLE = {"cols": 640, "rows": 480}
BROWN = CameraModel(
    *(500.0, 510.0, 310.0, 250.0),
    **PINHOLE,
    lens=Lens.BROWN_CONRADY,
    distortion=(-0.3, 0.1, 0.01, -0.02, 0.0),
)
FISHEYE = CameraModel(
    *(500.0, 510.0, 310.0, 250.0),
    **PINHOLE,
    lens=Lens.KANNALA_BRANDT,
    distortion=(-0.02, 0.01, -0.003, 0.001),
)
ROS = """\
image_width: 640
image_height: 480
camera_name: front
camera_matrix:
  rows: 3
  cols: 3
  data: [500.0, 0.0, 310.0, 0.0, 510.0, 250.0, 0.0, 0.0, 1.0]
distortion_model: {model}
distortion_coefficients:
  rows: 1
  cols: 5
  data: {data}
rectification_matrix:
  rows: 3
  cols: 3
  data: [1, 0, 0, 0, 1, 0, 0, 0, 1]
"""
KALIBR = """\
cam0:
  cam_overlaps: []
  camera_model: pinhole
  distortion_coeffs: {data}
  distortion_model: {model}
  intrinsics: [500.0, 510.0, 310.0, 250.0]
  resolution: [640, 480]
  rostopic: /front
"""


def read(folder: Path, text: str, name: str = "lens.yaml") -> CameraModel:
    file = folder / name
    file.write_text(text)
    return read_calibration(file)


def test_camera_info_of_ros(tmp_path: Path) -> None:
    data = [-0.3, 0.1, 0.01, -0.02, 0.0]
    assert read(tmp_path, ROS.format(model="plumb_bob", data=data)) == BROWN
    data = [-0.02, 0.01, -0.003, 0.001]
    assert read(tmp_path, ROS.format(model="equidistant", data=data)) == FISHEYE


def test_rational_model_without_its_coefficients_is_brown_conrady(tmp_path: Path) -> None:
    data = [-0.3, 0.1, 0.01, -0.02, 0.0, 0.0, 0.0, 0.0]
    assert read(tmp_path, ROS.format(model="plumb_bob", data=data)) == BROWN
    data[5] = 0.1
    with pytest.raises(ValueError, match="8 coefficients, and brown_conrady has 5"):
        read(tmp_path, ROS.format(model="plumb_bob", data=data))


def test_camchain_of_kalibr(tmp_path: Path) -> None:
    data = [-0.3, 0.1, 0.01, -0.02]
    assert read(tmp_path, KALIBR.format(model="radtan", data=data)) == BROWN
    data = [-0.02, 0.01, -0.003, 0.001]
    assert read(tmp_path, KALIBR.format(model="equidistant", data=data)) == FISHEYE
    plain = read(tmp_path, KALIBR.format(model="none", data=[]))
    assert plain == CameraModel(500.0, 510.0, 310.0, 250.0, **PINHOLE)


@pytest.mark.parametrize("name", ["lens.yaml", "lens.xml", "lens.json"])
@pytest.mark.parametrize("expected", [BROWN, FISHEYE])
@pytest.mark.parametrize("keys", [("camera_matrix", "distortion_coefficients"), ("K", "D")])
def test_storage_of_opencv(
    tmp_path: Path, name: str, expected: CameraModel, keys: tuple[str, str]
) -> None:
    file = tmp_path / name
    storage = cv2.FileStorage(str(file), cv2.FILE_STORAGE_WRITE)
    storage.write("image_width", 640)
    storage.write("image_height", 480)
    storage.write(keys[0], np.array([[500.0, 0, 310], [0, 510, 250], [0, 0, 1]]))
    storage.write(keys[1], np.array([expected.distortion]))
    storage.write("fisheye_model", int(expected.lens is Lens.KANNALA_BRANDT))
    storage.release()
    assert read_calibration(file) == expected


def test_incomplete_storage_of_opencv_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no distortion_coefficients, image_height"):
        read(
            tmp_path,
            "%YAML:1.0\n---\nimage_width: 640\ncamera_matrix: !!opencv-matrix\n   rows: 1\n"
            "   cols: 1\n   dt: d\n   data: [ 1. ]\n",
        )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no camera_info of ROS"),
        ("- 1", "no camera_info of ROS"),
        ("a: [", "it is no YAML"),
        ("%YAML:1.0\n---\na: [", "OpenCV cannot read it|it is incomplete"),
        ("camera_matrix: 1", "it is incomplete"),
        ("cam0: {}\ncam1: {}", "it has 2 cameras: leave one of them in it"),
        (KALIBR.format(model="fov", data=[1.0]), "its distortion model is fov"),
        (KALIBR.replace("pinhole", "omni").format(model="none", data=[]), "camera model is omni"),
        (ROS.format(model="plumb_bob", data="[a]"), "could not convert string to float"),
        (ROS.replace("500.0", "0.0").format(model="plumb_bob", data=[]), "other than 0"),
        ("x" * (1 << 21), "longer than a calibration"),
    ],
)
def test_other_files_are_refused_in_one_line(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "lens.yaml"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="it is no YAML"):
        read_calibration(file)
