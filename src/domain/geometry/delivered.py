"""Camera model and mode of what is delivered: cropped, turned and mirrored pictures."""

from dataclasses import replace

from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.media.transform import Transform
from spot_webcam.domain.sources.modes import CameraMode

# Sizes of one aspect, rounded to whole pixels, differ by less than this part.
MAX_ASPECT_ERROR = 0.005


def model_for(model: CameraModel, cols: int, rows: int) -> CameraModel:
    """Return the model for pictures of this size, if they show what it was calibrated with.

    Raises:
        ValueError: they have another aspect: the camera crops them, and how is not known.
    """
    if not model.cols or not model.rows:
        return replace(model, cols=cols, rows=rows)
    if abs(model.cols * rows / (model.rows * cols) - 1) > MAX_ASPECT_ERROR:
        raise ValueError(
            f"it is of {model.cols}x{model.rows}, and the pictures have {cols}x{rows}, another"
            " aspect: calibrate the camera in the size that it delivers"
        )
    return model.resized(cols, rows)


def delivered_model(model: CameraModel, transform: Transform) -> CameraModel:
    """Return the model of transformed pictures, from that of the camera's own.

    The sensor's frame turns with the picture, about its z axis, so that x stays to the right. It
    does not mirror: no frame does. The focal length of a mirrored axis is negative instead.
    """
    if transform.crop is not None:
        rows, cols = transform.crop.rounded(model.cols, model.rows)
        model = replace(
            model,
            principal_x_px=model.principal_x_px - cols.start,
            principal_y_px=model.principal_y_px - rows.start,
            cols=cols.stop - cols.start,
            rows=rows.stop - rows.start,
        )
    for _ in range(transform.rotation // 90):
        model = _turned(model)
    if transform.mirror:
        model = replace(
            model,
            focal_x_px=-model.focal_x_px,
            skew_x_px=-model.skew_x_px,
            principal_x_px=model.cols - 1 - model.principal_x_px,
        )
    return model


def delivered_mode(mode: CameraMode, transform: Transform, model: CameraModel | None) -> CameraMode:
    """Return the mode of what is delivered, with the model of the camera's own pictures or none.

    Raises:
        ValueError: the model is not of these pictures.
    """
    cols, rows = transform.size(mode.cols, mode.rows)
    if model is not None:
        model = delivered_model(model_for(model, mode.cols, mode.rows), transform)
    return replace(mode, cols=cols, rows=rows, camera_model=model)


def _turned(model: CameraModel) -> CameraModel:
    """Return the model of pictures turned by 90 degrees clockwise: row r is column rows-1-r."""
    distortion = model.distortion
    if model.lens is Lens.BROWN_CONRADY:
        k1, k2, p1, p2, k3 = distortion
        distortion = (k1, k2, p2, -p1, k3)
    return CameraModel(
        focal_x_px=model.focal_y_px,
        focal_y_px=model.focal_x_px,
        principal_x_px=model.rows - 1 - model.principal_y_px,
        principal_y_px=model.principal_x_px,
        skew_x_px=-model.skew_y_px,
        skew_y_px=-model.skew_x_px,
        cols=model.rows,
        rows=model.cols,
        lens=model.lens,
        distortion=distortion,
    )
