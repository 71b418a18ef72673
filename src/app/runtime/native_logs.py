"""Environment variables that native libraries read when they are first used."""

import os

# FFmpeg and OpenCV print lines of their own at each try to reach a camera that is away, gRPC at
# each connection that a robot closes. What they say stands in our log, once.
_QUIET = {
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "GRPC_VERBOSITY": "NONE",
}
_set_here: set[str] = set()


def silence_native_logs() -> None:
    """Keep native libraries from printing, unless the environment says otherwise.

    To be called before they are imported.
    """
    for name, value in _QUIET.items():
        if name not in os.environ:
            os.environ[name] = value
            _set_here.add(name)


def unquietened() -> dict[str, str]:
    """Return the environment without the changes of `silence_native_logs`."""
    return {name: value for name, value in os.environ.items() if name not in _set_here}
