"""What is known of a camera interface: by itself, or by the SDK's `VisualImageSource` of it."""

import logging
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from bosdyn.api import image_pb2, service_customization_pb2

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.description import DEPTH_UNITS_PER_METRE, CameraModel

_LOG = logging.getLogger(__name__)

# In dB or seconds, or what tells it, as the SDK's VisualImageSource takes them.
Told: TypeAlias = "float | Callable[[], float] | None"
# What google.protobuf.Duration holds: an exposure without end is longer.
MAX_EXPOSURE_S = 315_576_000_000.0

_Params: TypeAlias = image_pb2.CaptureParameters
_Image: TypeAlias = image_pb2.Image


@dataclass(frozen=True, slots=True)
class Described:
    """A camera interface, and what it, or who made it, says of it.

    `name` is that of the `VisualImageSource`, which its author knows it by. `rows` and `cols` are
    0 where they are not told. `settings` may be slow or raise anything. `is_raw_alone` says that
    RAW is all that the source lists. `depth_scale` is depth units a metre.
    """

    interface: Any
    settings: Callable[[], _Params]
    name: str = ""
    rows: int = 0
    cols: int = 0
    pixel_formats: tuple[int, ...] = ()
    is_raw_alone: bool = False
    is_depth: bool = False
    depth_scale: float = DEPTH_UNITS_PER_METRE
    camera_model: CameraModel | None = None
    spec: service_customization_pb2.DictParam.Spec | None = None


def is_interface(thing: object) -> bool:
    """Whether it is a camera interface, or a `VisualImageSource` of one; classes are neither."""
    return not isinstance(thing, type) and (_is_camera(thing) or _is_source(thing))


def described(
    thing: object,
    *,
    gain: Told = None,
    exposure: Told = None,
    spec: service_customization_pb2.DictParam.Spec | None = None,
) -> Described:
    """Return what is known of a camera interface or a `VisualImageSource`.

    What is given here goes before what that says.

    Raises:
        CameraMisconfigured: it is neither.
    """
    if not is_interface(thing):
        raise CameraMisconfigured(
            f"{type(thing).__name__} is no camera: it needs blocking_capture and image_decode,"
            " as the SDK's CameraInterface has them"
        )
    source = thing if _is_source(thing) else None
    interface = getattr(source, "camera_interface", thing)
    proto = getattr(source, "image_source_proto", None)
    if proto is None:
        proto = image_pb2.ImageSource()
    theirs = getattr(source, "get_image_capture_params", _Params)

    def settings() -> _Params:
        params = _Params()
        params.CopyFrom(theirs())
        _write_told(params, gain, exposure)
        return params

    return Described(
        interface,
        settings,
        name=proto.name,
        rows=proto.rows or _size(interface, "rows"),
        cols=proto.cols or _size(interface, "cols"),
        pixel_formats=tuple(proto.pixel_formats),
        is_raw_alone=list(proto.image_formats) == [_Image.FORMAT_RAW],
        is_depth=proto.image_type == image_pb2.ImageSource.IMAGE_TYPE_DEPTH,
        depth_scale=_depth_scale(proto),
        camera_model=_camera_model(proto),
        spec=spec if spec is not None else getattr(source, "param_spec", None),
    )


def _is_camera(thing: object) -> bool:
    return all(callable(getattr(thing, one, None)) for one in ("blocking_capture", "image_decode"))


def _is_source(thing: object) -> bool:
    return hasattr(thing, "image_source_proto") and _is_camera(
        getattr(thing, "camera_interface", None)
    )


def _size(interface: object, name: str) -> int:
    """Return a size in pixels that the camera has as an attribute, as the SDK's examples do."""
    value = getattr(interface, name, 0)
    return value if isinstance(value, int) and value > 0 else 0


def _depth_scale(proto: image_pb2.ImageSource) -> float:
    told = float(proto.depth_scale)
    return told if 0 < told < math.inf else DEPTH_UNITS_PER_METRE


def _camera_model(proto: image_pb2.ImageSource) -> CameraModel | None:
    kind = proto.WhichOneof("camera_models")
    if kind not in (None, "pinhole"):
        _LOG.warning("the camera's model is not listed: %s is not carried over", kind)
    if kind != "pinhole":
        return None
    told = proto.pinhole.intrinsics
    return CameraModel(
        told.focal_length.x,
        told.focal_length.y,
        told.principal_point.x,
        told.principal_point.y,
        told.skew.x,
        told.skew.y,
        cols=proto.cols,
        rows=proto.rows,
    )


def _write_told(params: _Params, gain: Told, exposure: Told) -> None:
    told_gain = gain() if callable(gain) else gain
    if told_gain is not None:
        params.gain = told_gain
    told_s = exposure() if callable(exposure) else exposure
    if told_s is not None:
        params.exposure_duration.FromNanoseconds(round(min(told_s, MAX_EXPOSURE_S) * 1e9))
