"""Translation of exceptions of other people's code into `CameraError`."""

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
# Exceptions that show a mistake in the camera's code or its installation.
_MISTAKES = (ImportError, NotImplementedError, TypeError, AttributeError, SyntaxError)


@contextmanager
def translated(action: str, default: type[CameraError] = NoData) -> Iterator[None]:
    """Raise exceptions of the block as `CameraError`; a `CameraError` passes unchanged.

    `action` begins the text, as in "blocking_capture". `default` is for exceptions whose class or
    errno shows no next step.
    """
    try:
        yield
    except CameraError:
        raise
    except Exception as error:
        # Errors are kept. Their frames would keep the camera, and its device.
        traceback.clear_frames(error.__traceback__)
        raise _kind(error, default)(f"{action} failed: {one_line(error)}") from error


def one_line(error: Exception) -> str:
    """Return the class and the first line of the text of an exception."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__


def _kind(error: Exception, default: type[CameraError]) -> type[CameraError]:
    if isinstance(error, OSError) and error.errno in _BY_ERRNO:
        return _BY_ERRNO[error.errno]
    if isinstance(error, FileNotFoundError):
        return CameraAbsent
    if isinstance(error, PermissionError):
        return CameraPermissionDenied
    return CameraMisconfigured if isinstance(error, _MISTAKES) else default
