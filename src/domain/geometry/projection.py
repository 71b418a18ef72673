"""Projection: points in front of a camera to pixels."""

import numpy as np
import numpy.typing as npt

from spot_webcam.domain.geometry.camera_model import CameraModel, Lens

Points = npt.NDArray[np.float64]


def project(model: CameraModel, points: Points) -> Points:
    """Return the pixels, `(n, 2)`, of points, `(n, 3)`, in the sensor's frame.

    That frame has z out of the lens, x to the right and y down. Points behind the camera have no
    pixel: NaN; a Kannala-Brandt lens may see them, up to the half-sphere's edge and beyond.

    The formulas are those of OpenCV's `calib3d` documentation, of both its models.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        if model.lens is Lens.KANNALA_BRANDT:
            bent = _bent_by_fisheye(model.distortion, points)
        else:
            straight = np.where(points[:, 2:] > 0, points[:, :2] / points[:, 2:], np.nan)
            is_bent = model.lens is Lens.BROWN_CONRADY
            bent = _bent_by_brown(model.distortion, straight) if is_bent else straight
    matrix = np.array(
        [[model.focal_x_px, model.skew_x_px], [model.skew_y_px, model.focal_y_px]], np.float64
    )
    pixels: Points = bent @ matrix.T + (model.principal_x_px, model.principal_y_px)
    return pixels


def _bent_by_brown(distortion: tuple[float, ...], straight: Points) -> Points:
    k1, k2, p1, p2, k3 = distortion
    x, y = straight[:, 0], straight[:, 1]
    square = x * x + y * y
    radial = 1 + square * (k1 + square * (k2 + square * k3))
    return np.stack(
        [
            x * radial + 2 * p1 * x * y + p2 * (square + 2 * x * x),
            y * radial + p1 * (square + 2 * y * y) + 2 * p2 * x * y,
        ],
        axis=1,
    )


def _bent_by_fisheye(distortion: tuple[float, ...], points: Points) -> Points:
    k1, k2, k3, k4 = distortion
    across = np.hypot(points[:, 0], points[:, 1])
    angle = np.arctan2(across, points[:, 2])
    square = angle * angle
    bent = angle * (1 + square * (k1 + square * (k2 + square * (k3 + square * k4))))
    # On the axis, both are 0.
    scale = np.where(across > 0, bent / np.where(across > 0, across, 1.0), 0.0)
    return points[:, :2] * scale[:, np.newaxis]
