"""The one boundary where what other people's code raises becomes an error of ours."""

import errno
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

_BY_ERRNO: dict[int | None, type[CameraError]] = {
    errno.ENOENT: CameraAbsent,
    errno.ENODEV: CameraAbsent,
    errno.ENXIO: CameraAbsent,
    errno.EBUSY: CameraBusy,
    errno.EACCES: CameraPermissionDenied,
    errno.EPERM: CameraPermissionDenied,
}
_BY_CLASS: tuple[tuple[type[Exception], type[CameraError]], ...] = (
    (FileNotFoundError, CameraAbsent),
    (PermissionError, CameraPermissionDenied),
    (ImportError, CameraMisconfigured),
    (NotImplementedError, CameraMisconfigured),
    (TypeError, CameraMisconfigured),
    (AttributeError, CameraMisconfigured),
    (SyntaxError, CameraMisconfigured),
)


@contextmanager
def translated(doing: str, otherwise: type[CameraError] = NoData) -> Iterator[None]:
    """Raise what comes out of the block as a `CameraError`; one of ours passes as it is.

    `doing` begins the text, as in "blocking_capture". `otherwise` is what an exception becomes
    whose class or errno tells no next step.
    """
    try:
        yield
    except CameraError:
        raise
    except Exception as error:
        # Errors are kept, and would keep the camera, and its device, by their frames.
        traceback.clear_frames(error.__traceback__)
        raise _kind(error, otherwise)(f"{doing} failed: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """Return the class and the first line of the text of an exception."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _kind(error: Exception, otherwise: type[CameraError]) -> type[CameraError]:
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    return next((ours for theirs, ours in _BY_CLASS if isinstance(error, theirs)), otherwise)
