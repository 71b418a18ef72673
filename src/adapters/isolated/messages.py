"""What the two processes send each other: requests, replies and the values in them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from spot_webcam.domain.errors import (
    BlackFrame,
    CameraAbsent,
    CameraBusy,
    CameraCrashed,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    CorruptFrame,
    NoData,
    ParametersRefused,
    StaleFrame,
)
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode, ModeRequest
from spot_webcam.domain.sources.controls import Control

# Other errors are sent as the one of these that they are derived from, see `portable`.
CAMERA_ERRORS: tuple[type[CameraError], ...] = (
    CameraError,
    CameraAbsent,
    CameraBusy,
    CameraPermissionDenied,
    CameraMisconfigured,
    ParametersRefused,
    NoData,
    CorruptFrame,
    BlackFrame,
    StaleFrame,
    CameraCrashed,
)


@dataclass(frozen=True, slots=True)
class Grabbed:
    """What a `grab` told; nanoseconds."""

    device_timestamp_ns: int | None
    stream_ns: int | None


@dataclass(frozen=True, slots=True)
class PixelsAt:
    """Pixels that lie in a slot of the shared memory."""

    slot: int
    rows: int
    cols: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class JpegAt:
    """A JPEG whose bytes lie in a slot of the shared memory; `picture` has none."""

    slot: int
    length: int
    picture: JpegPicture


# A recipe, which is the composition root's, or what the method takes.
Argument: TypeAlias = (
    int | str | bytes | Sequence[str | bool | ModeRequest] | Mapping[str, int] | None
)
Outcome: TypeAlias = (
    Grabbed
    | PixelsAt
    | JpegAt
    | CaptureSettings
    | CameraMode
    | CameraError
    | bytes
    | Sequence[Control]
    | Mapping[str, int]
    | None
)


@dataclass(frozen=True, slots=True)
class Request:
    """A call of a method of the camera; numbers rise."""

    number: int
    method: str
    argument: Argument = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the request of that number returned or raised."""

    number: int
    outcome: Outcome


def portable(error: Exception) -> CameraError:
    """Return the error as one of `CAMERA_ERRORS`, with the same text."""
    for kind in type(error).__mro__:
        if kind in CAMERA_ERRORS:
            found: type[CameraError] = kind
            return found(str(error))
    return NoData(f"unexpected {type(error).__name__}: {error}")
