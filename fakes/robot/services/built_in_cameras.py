"""The robot's own cameras: synthetic pictures, each a pure function of the robot's time."""

from dataclasses import dataclass
from functools import cache

import numpy as np
import simplejpeg

from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture, PixelFormat, Pixels
from spot_webcam.domain.media.rle import run_length_encode
from spot_webcam.domain.requests.encoding import EncodingPlan
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

_FPS = 15
_PERIOD_NS = NANOSECONDS // _FPS
# A day of pictures; then the sequence numbers restart.
_NUMBERS = _FPS * 86_400
_FISHEYE = CameraModel(330.0, 330.0, 320.0, 240.0)
_STEREO = CameraModel(210.0, 210.0, 212.0, 120.0)
_HAND = CameraModel(552.0, 552.0, 320.0, 240.0)


@dataclass(frozen=True, slots=True)
class BuiltInCamera:
    """An image source, its intrinsics, and the name of its sensor's frame."""

    source: ImageSource
    model: CameraModel
    frame_name: str

    def captured_ns(self, now_ns: int) -> int:
        """Return the capture time of the newest picture, at 15 Hz."""
        return now_ns - now_ns % _PERIOD_NS

    def picture(self, captured_ns: int) -> Picture:
        """Return the picture of this capture time."""
        sequence = captured_ns // _PERIOD_NS % _NUMBERS
        return Picture(_pattern_of(self).frame(sequence), self.source.layout)


def _visual(name: str, layout: Layout, model: CameraModel, frame_name: str) -> BuiltInCamera:
    return BuiltInCamera(ImageSource(name, layout, 640, 480), model, frame_name)


def _depth(name: str) -> BuiltInCamera:
    return BuiltInCamera(ImageSource(f"{name}_depth", Layout.DEPTH16, 424, 240), _STEREO, name)


BUILT_IN_CAMERAS = {
    camera.source.name: camera
    for camera in (
        *(
            _visual(f"{side}_fisheye_image", Layout.GREY8, _FISHEYE, f"{side}_fisheye")
            for side in ("back", "frontleft", "frontright", "left", "right")
        ),
        _visual("hand_color_image", Layout.RGB8, _HAND, "hand_color_image_sensor"),
        _depth("frontleft"),
        _depth("frontright"),
    )
}


@cache
def _pattern_of(camera: BuiltInCamera) -> Pattern:
    source = camera.source
    seed = list(BUILT_IN_CAMERAS).index(source.name)
    return Pattern(source.cols, source.rows, seed, source.layout, _FPS)


def encoded(picture: Picture, plan: EncodingPlan) -> bytes:
    """Encode as planned; resizes by nearest neighbour."""
    if (picture.cols, picture.rows) != (plan.cols, plan.rows):
        picture = Picture(_nearest(picture.pixels, plan.cols, plan.rows), picture.layout)
    if plan.pixel_format is PixelFormat.GREYSCALE_U8 and picture.layout is Layout.RGB8:
        picture = to_grayscale(picture)
    pixels = picture.pixels
    if plan.image_format is ImageFormat.JPEG:
        grey = picture.layout is Layout.GREY8
        jpeg: bytes = simplejpeg.encode_jpeg(
            pixels[:, :, np.newaxis] if grey else pixels,
            plan.quality,
            colorspace="GRAY" if grey else "RGB",
            colorsubsampling="Gray" if grey else "420",
        )
        return jpeg
    if picture.layout is Layout.DEPTH16:
        pixels = pixels.astype("<u2", copy=False)
    if plan.image_format is ImageFormat.RLE:
        return bytes(run_length_encode(pixels))
    return pixels.tobytes()


def _nearest(pixels: Pixels, cols: int, rows: int) -> Pixels:
    ys = np.arange(rows) * pixels.shape[0] // rows
    xs = np.arange(cols) * pixels.shape[1] // cols
    nearest: Pixels = pixels[ys][:, xs]
    return nearest
