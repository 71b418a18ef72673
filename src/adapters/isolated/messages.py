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
class PixelForm:
    """Size and layout of pixels."""

    rows: int
    cols: int
    layout: Layout


# A JPEG without its bytes.
PictureForm: TypeAlias = PixelForm | JpegPicture


@dataclass(frozen=True, slots=True)
class PictureAt:
    """A picture in a slot of the shared memory: its length in bytes and its form."""

    slot: int
    length: int
    form: PictureForm


@dataclass(frozen=True, slots=True)
class Grabbed:
    """Result of a `grab` or a `retrieve`.

    `picture` is that of a `retrieve`, or of a `grab` that retrieved, too. `skipped` pictures were
    dropped before this one, which was there at `grabbed_ns` of the monotonic clock.
    """

    device_timestamp_ns: int | None = None
    stream_ns: int | None = None
    grabbed_ns: int = 0
    skipped: int = 0
    picture: PictureAt | None = None


# The recipe of the camera, or the argument of a method.
Argument: TypeAlias = (
    int | str | bytes | Sequence[str | bool | ModeRequest] | Mapping[str, int] | None
)
Outcome: TypeAlias = (
    CaptureSettings
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


@dataclass(frozen=True, slots=True)
class FrameReply:
    """Result of the `grab` or `retrieve` of that number."""

    number: int
    outcome: Grabbed


Message: TypeAlias = Request | Reply | FrameReply


def portable(error: Exception) -> CameraError:
    """Return the error as one of `CAMERA_ERRORS`, with the same text."""
    for kind in type(error).__mro__:
        if kind in CAMERA_ERRORS:
            found: type[CameraError] = kind
            return found(str(error))
    return NoData(f"unexpected {type(error).__name__}: {error}")
