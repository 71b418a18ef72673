"""Calibration files by their contents."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from spot_webcam.domain.geometry.camera_model import CameraModel, Lens

# Names of the lenses in files of ROS and Kalibr.
LENSES = {
    "plumb_bob": Lens.BROWN_CONRADY,
    "radtan": Lens.BROWN_CONRADY,
    "equidistant": Lens.KANNALA_BRANDT,
    "fisheye": Lens.KANNALA_BRANDT,
    "none": Lens.PINHOLE,
    "": Lens.PINHOLE,
}
# The keys of matrix, coefficients, columns and rows in files that OpenCV's samples and others
# write: each file has one of a line.
OPENCV_KEYS = (
    ("camera_matrix", "cameraMatrix", "Camera_Matrix", "K"),
    ("distortion_coefficients", "distCoeffs", "Distortion_Coefficients", "D"),
    ("image_width", "image_Width", "width"),
    ("image_height", "image_Height", "height"),
)
MAX_BYTES = 1 << 20


def read_calibration(file: Path) -> CameraModel:
    """Read a camera model.

    Raises:
        ValueError: the file is none of the known ones, or its contents are incomplete; in one line.
        OSError: it cannot be read.
    """
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is longer than a calibration: {file.stat().st_size} bytes")
    try:
        text = file.read_text(encoding="utf-8")
        if text.startswith(("%YAML:", "<?xml")) or "opencv" in text[:4096]:
            return _of_opencv(file)
        contents = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no YAML: {' '.join(str(error).split())}") from None
    return _of_keys(contents if isinstance(contents, Mapping) else {})


def _of_keys(contents: Mapping[Any, Any]) -> CameraModel:
    try:
        if "camera_matrix" in contents:
            return _of_ros(contents)
        cameras = [name for name in contents if str(name).startswith("cam")]
        if len(cameras) == 1:
            return _of_kalibr(contents[cameras[0]])
    except (KeyError, TypeError, IndexError) as error:
        raise ValueError(f"it is incomplete: {error}") from None
    if cameras:
        raise ValueError(f"it has {len(cameras)} cameras: leave one of them in it")
    raise ValueError("it is no camera_info of ROS, and no camchain of Kalibr or OpenCV's storage")


def _of_ros(contents: Mapping[str, Any]) -> CameraModel:
    matrix = np.reshape(contents["camera_matrix"]["data"], (3, 3))
    distortion = contents["distortion_coefficients"]["data"]
    size = (contents["image_width"], contents["image_height"])
    return _model(matrix, _lens(contents["distortion_model"]), distortion, size)


def _of_kalibr(camera: Mapping[str, Any]) -> CameraModel:
    kind = camera["camera_model"]
    if kind != "pinhole":
        raise ValueError(f"its camera model is {kind}: calibrate it as pinhole")
    focal_x, focal_y, centre_x, centre_y = camera["intrinsics"]
    matrix = np.array([[focal_x, 0, centre_x], [0, focal_y, centre_y], [0, 0, 1]])
    lens = _lens(camera["distortion_model"])
    return _model(matrix, lens, camera["distortion_coeffs"], camera["resolution"])


def _of_opencv(file: Path) -> CameraModel:
    import cv2  # noqa: PLC0415 - it takes long, and other files do not need it

    try:
        storage = cv2.FileStorage()  # whose constructor raises SystemError
        storage.open(str(file), cv2.FILE_STORAGE_READ)
        nodes = [[storage.getNode(key) for key in keys] for keys in OPENCV_KEYS]
        found = [next((node for node in some if not node.empty()), None) for some in nodes]
        matrix, distortion, cols, rows = found
        if matrix is None or distortion is None or cols is None or rows is None:
            missing = [keys[0] for keys, node in zip(OPENCV_KEYS, found, strict=True) if not node]
            raise ValueError(f"it is incomplete: there is no {', '.join(missing)}")
        fisheye = storage.getNode("fisheye_model")
        is_fisheye = not fisheye.empty() and bool(fisheye.real())
        lens = Lens.KANNALA_BRANDT if is_fisheye else Lens.BROWN_CONRADY
        size = (int(cols.real()), int(rows.real()))
        return _model(matrix.mat(), lens, distortion.mat().ravel().tolist(), size)
    except cv2.error as error:
        raise ValueError(f"OpenCV cannot read it: {str(error.err or error).strip()}") from None


def _lens(name: Any) -> Lens:
    lens = LENSES.get(str(name))
    if lens is None:
        raise ValueError(
            f"its distortion model is {name}: calibrate it as one of plumb_bob,"
            " radtan and equidistant"
        )
    return lens


def _model(matrix: Any, lens: Lens, distortion: Any, size: Any) -> CameraModel:
    """Return the model; coefficients that are missing at the end are 0, others are refused."""
    numbers = [float(number) for number in distortion]
    wanted = len(lens.value[1])
    if any(numbers[wanted:]):
        raise ValueError(
            f"it has {len(numbers)} coefficients, and {lens.value[0]} has {wanted}: calibrate it"
            " without the rational model"
        )
    cols, rows = map(int, size)
    return CameraModel(
        focal_x_px=float(matrix[0][0]),
        focal_y_px=float(matrix[1][1]),
        principal_x_px=float(matrix[0][2]),
        principal_y_px=float(matrix[1][2]),
        skew_x_px=float(matrix[0][1]),
        cols=cols,
        rows=rows,
        lens=lens,
        distortion=tuple([*numbers, *[0.0] * wanted][:wanted]),
    )
