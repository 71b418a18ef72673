"""Description of a camera interface, by its attributes and its `VisualImageSource`."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.geometry.camera_model import CameraModel, Lens
from spot_webcam.domain.sources.description import DEPTH_UNITS_PER_METRE

_LOG = logging.getLogger(__name__)

# Gain in dB or exposure in seconds, or a function that returns it, as in the SDK.
Setting: TypeAlias = "float | Callable[[], float] | None"
# Maximum of google.protobuf.Duration: an infinite exposure is cut to it.
MAX_EXPOSURE_S = 315_576_000_000.0

# By the field of an `ImageSource`.
_LENSES = {
    "pinhole": Lens.PINHOLE,
    "pinhole_brown_conrady": Lens.BROWN_CONRADY,
    "kannala_brandt": Lens.KANNALA_BRANDT,
}

_Params: TypeAlias = image_pb2.CaptureParameters
_Image: TypeAlias = image_pb2.Image
_Spec: TypeAlias = service_customization_pb2.DictParam.Spec


@dataclass(frozen=True, slots=True)
class CameraDescription:
    """A camera interface, and what its author states about it.

    `name` is the author's name for the source. `rows` and `cols` are 0 if unknown. `settings` may
    block or raise anything. `is_raw_only`: the source lists no other format than RAW.
    """

    interface: Any
    settings: Callable[[], _Params]
    name: str
    rows: int
    cols: int
    pixel_formats: tuple[int, ...]
    is_raw_only: bool
    is_depth: bool
    depth_units_per_metre: float
    camera_model: CameraModel | None
    spec: _Spec | None


def is_interface(thing: object) -> bool:
    """Report whether an object, not a class, is a camera interface or `VisualImageSource`."""
    return not isinstance(thing, type) and (_is_camera(thing) or _is_source(thing))


def describe(
    thing: object, *, gain: Setting = None, exposure: Setting = None, spec: _Spec | None = None
) -> CameraDescription:
    """Return the description of a camera interface or `VisualImageSource`.

    `gain`, `exposure` and `spec` take precedence over those of the source.

    Raises:
        CameraMisconfigured: the object is neither.
    """
    if not is_interface(thing):
        raise CameraMisconfigured(
            f"invalid camera {type(thing).__name__}: it needs blocking_capture and image_decode,"
            " as the SDK's CameraInterface has them"
        )
    source = thing if _is_source(thing) else None
    interface = getattr(source, "camera_interface", thing)
    proto = getattr(source, "image_source_proto", None)
    if proto is None:
        proto = image_pb2.ImageSource()
    source_params = getattr(source, "get_image_capture_params", _Params)

    def settings() -> _Params:
        params = _Params()
        params.CopyFrom(source_params())
        gain_db = gain() if callable(gain) else gain
        if gain_db is not None:
            params.gain = gain_db
        exposure_s = exposure() if callable(exposure) else exposure
        if exposure_s is not None:
            nanoseconds = round(min(exposure_s, MAX_EXPOSURE_S) * 1e9)
            params.exposure_duration.FromNanoseconds(nanoseconds)
        return params

    scale = float(proto.depth_scale)
    return CameraDescription(
        interface,
        settings,
        name=proto.name,
        rows=proto.rows or _size(interface, "rows"),
        cols=proto.cols or _size(interface, "cols"),
        pixel_formats=tuple(proto.pixel_formats),
        is_raw_only=list(proto.image_formats) == [_Image.FORMAT_RAW],
        is_depth=proto.image_type == image_pb2.ImageSource.IMAGE_TYPE_DEPTH,
        depth_units_per_metre=scale if 0 < scale < math.inf else DEPTH_UNITS_PER_METRE,
        camera_model=_camera_model(proto),
        spec=spec if spec is not None else getattr(source, "param_spec", None),
    )


def _is_camera(thing: object) -> bool:
    return all(
        callable(getattr(thing, name, None)) for name in ("blocking_capture", "image_decode")
    )


def _is_source(thing: object) -> bool:
    camera = getattr(thing, "camera_interface", None)
    return hasattr(thing, "image_source_proto") and _is_camera(camera)


def _size(interface: object, name: str) -> int:
    """Return a size in pixels that the camera has as an attribute, as in the SDK's examples."""
    value = getattr(interface, name, 0)
    return value if isinstance(value, int) and value > 0 else 0


def _camera_model(proto: image_pb2.ImageSource) -> CameraModel | None:
    kind = proto.WhichOneof("camera_models")
    if kind is None:
        return None
    lens, intrinsics = _LENSES[kind], getattr(proto, kind).intrinsics
    names = lens.value[1]
    pinhole = intrinsics.pinhole_intrinsics if names else intrinsics
    focal, centre, skew = pinhole.focal_length, pinhole.principal_point, pinhole.skew
    numbers = (focal.x, focal.y, centre.x, centre.y, skew.x, skew.y)
    distortion = tuple(getattr(intrinsics, name) for name in names)
    try:
        return CameraModel(*numbers, proto.cols, proto.rows, lens, distortion)
    except ValueError as error:
        _LOG.warning("the camera model is not listed: %s", error)
        return None
