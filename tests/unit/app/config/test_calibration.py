"""Camera models of the configuration file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.problems import BadConfiguration
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens

Load = Callable[[str], Configuration]

CAMERA = '[[cameras]]\ndevice = "0"\n'
LENS = 'model = "brown_conrady"\nsize = "640x480"\nfocal_px = [500, 510.5]\n'
LENS += "principal_px = [319.5, 239.5]\ndistortion = [-0.3, 0.1, 0.01, -0.02, 0.0]\n"
MODEL = CameraModel(
    *(500, 510.5, 319.5, 239.5),
    cols=640,
    rows=480,
    lens=Lens.BROWN_CONRADY,
    distortion=(-0.3, 0.1, 0.01, -0.02, 0.0),
)


def test_model_is_a_table_or_a_file(load_text: Load, tmp_path: Path) -> None:
    [camera] = load_text(f"{CAMERA}[cameras.lens]\n{LENS}").cameras
    assert camera.capture.camera_model == MODEL
    (tmp_path / "lens.toml").write_text(LENS)
    [camera] = load_text(f'{CAMERA}calibration = "lens.toml"').cameras
    assert camera.capture.camera_model == MODEL
    (tmp_path / "lens.yaml").write_text(
        "cam0: {camera_model: pinhole, distortion_coeffs: [-0.3, 0.1, 0.01, -0.02],"
        " distortion_model: radtan, intrinsics: [500, 510.5, 319.5, 239.5], resolution: [640, 480]}"
    )
    [camera] = load_text(f'{CAMERA}calibration = "lens.yaml"').cameras
    assert camera.capture.camera_model == MODEL


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (None, "does not exist: correct the path"),
        ("a = ", "it is no TOML"),
        (LENS.replace("640x480", "big"), "size: "),
        (LENS.replace("-0.3, ", ""), "a brown_conrady lens has 5 coefficients, not 4"),
        (LENS.replace("500", "0"), "focal lengths other than 0"),
    ],
)
def test_file_that_cannot_be_used_is_a_problem_of_its_key(
    load_text: Load, tmp_path: Path, file: str | None, reason: str
) -> None:
    if file is not None:
        (tmp_path / "lens.toml").write_text(file)
    with pytest.raises(BadConfiguration, match=r":3: cameras\[0\].calibration = .*") as caught:
        load_text(f'{CAMERA}calibration = "lens.toml"')
    assert reason in str(caught.value)


def test_unreadable_yaml_is_a_problem_of_its_key(load_text: Load, tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match="the file cannot be used: No such file"):
        load_text(f'{CAMERA}calibration = "lens.yaml"')
    (tmp_path / "lens.yaml").write_text("a: 1")
    with pytest.raises(BadConfiguration, match="no camera_info of ROS"):
        load_text(f'{CAMERA}calibration = "lens.yaml"')


def test_model_is_written_once(load_text: Load) -> None:
    text = f'{CAMERA}calibration = "lens.toml"\n[cameras.lens]\n{LENS}'
    with pytest.raises(BadConfiguration, match="there is a table lens too: delete one of them"):
        load_text(text)


def test_wrong_table_is_explained(load_text: Load) -> None:
    with pytest.raises(BadConfiguration) as caught:
        load_text(f'{CAMERA}lens = {{ model = "fisheye", size = "640x480", focal = 3 }}')
    assert "cameras[0].lens.model = 'fisheye': expected" in str(caught.value)
    assert "did you mean focal_px?" in str(caught.value)
