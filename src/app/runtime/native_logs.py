"""Environment variables that native libraries read when they are loaded."""

import os

# FFmpeg and OpenCV print lines at each attempt to open a missing camera, gRPC at each connection
# that a robot closes. Our log reports the same once.
_QUIET = {
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "GRPC_VERBOSITY": "NONE",
}
_set_here: set[str] = set()


def silence_native_logs() -> None:
    """Keep native libraries from printing, unless the environment sets their log level.

    Call this before they are imported.
    """
    for name, value in _QUIET.items():
        if name not in os.environ:
            os.environ[name] = value
            _set_here.add(name)


def original_environ() -> dict[str, str]:
    """Return the environment without the changes of `silence_native_logs`, for child programs."""
    return {name: value for name, value in os.environ.items() if name not in _set_here}
