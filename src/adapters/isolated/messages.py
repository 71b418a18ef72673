"""Messages between the two processes: requests, replies and their values."""

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

# An error of another class is sent as the nearest of these base classes, see `portable`.
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
    """Result of a `grab`."""

    device_timestamp_ns: int | None
    stream_ns: int | None


@dataclass(frozen=True, slots=True)
class PixelsAt:
    """Pixels in a slot of the shared memory."""

    slot: int
    rows: int
    cols: int
    layout: Layout


@dataclass(frozen=True, slots=True)
class JpegAt:
    """A JPEG whose bytes are in a slot of the shared memory; `picture` has no bytes."""

    slot: int
    length: int
    picture: JpegPicture


# The recipe of the camera, or the argument of a method.
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
    """A call of a camera method; numbers increase."""

    number: int
    method: str
    argument: Argument = None


@dataclass(frozen=True, slots=True)
class Reply:
    """Result or error of the request of that number."""

    number: int
    outcome: Outcome


def portable(error: Exception) -> CameraError:
    """Return the error as one of `CAMERA_ERRORS`, with the same text."""
    for kind in type(error).__mro__:
        if kind in CAMERA_ERRORS:
            found: type[CameraError] = kind
            return found(str(error))
    return NoData(f"unexpected {type(error).__name__}: {error}")
