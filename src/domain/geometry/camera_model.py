"""Camera model: the pixel of a ray, as the API's `ImageSource.camera_models` describe it."""

import math
from dataclasses import dataclass, replace
from enum import Enum


class Lens(Enum):
    """Kind of a lens: its name, and its coefficients as the API and OpenCV order them."""

    PINHOLE = ("pinhole", ())
    BROWN_CONRADY = ("brown_conrady", ("k1", "k2", "p1", "p2", "k3"))
    KANNALA_BRANDT = ("kannala_brandt", ("k1", "k2", "k3", "k4"))  # OpenCV's fisheye


@dataclass(frozen=True, slots=True)
class CameraModel:
    """Focal lengths, principal point and skew, all in pixels, and the lens's distortion.

    The centre of the first pixel is at (0, 0). The focal length of a mirrored axis is negative. The
    model is valid for pictures of `cols` and `rows`, or of any size if these are 0.

    Raises:
        ValueError: a focal length is 0, a number is not finite, or coefficients are missing.
    """

    focal_x_px: float
    focal_y_px: float
    principal_x_px: float
    principal_y_px: float
    skew_x_px: float = 0.0
    skew_y_px: float = 0.0
    cols: int = 0
    rows: int = 0
    lens: Lens = Lens.PINHOLE
    distortion: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        name, names = self.lens.value
        count = len(self.distortion)
        if count != len(names):
            raise ValueError(f"a {name} lens has {len(names)} coefficients, not {count}")
        focal = (self.focal_x_px, self.focal_y_px)
        rest = (self.principal_x_px, self.principal_y_px, self.skew_x_px, self.skew_y_px)
        if not all(map(math.isfinite, (*focal, *rest, *self.distortion))) or 0.0 in focal:
            raise ValueError("a camera model has finite numbers, and focal lengths other than 0")

    def fits(self, cols: int, rows: int) -> bool:
        """Return whether the model is valid for pictures of this size."""
        return (self.cols or cols, self.rows or rows) == (cols, rows)

    def resized(self, cols: int, rows: int) -> "CameraModel":
        """Return the model of the same pictures in another size; that of any size stays."""
        if not self.cols or not self.rows:
            return self
        by_x, by_y = cols / self.cols, rows / self.rows
        return replace(
            self,
            focal_x_px=self.focal_x_px * by_x,
            focal_y_px=self.focal_y_px * by_y,
            principal_x_px=(self.principal_x_px + 0.5) * by_x - 0.5,
            principal_y_px=(self.principal_y_px + 0.5) * by_y - 0.5,
            skew_x_px=self.skew_x_px * by_x,
            skew_y_px=self.skew_y_px * by_y,
            cols=cols,
            rows=rows,
        )
