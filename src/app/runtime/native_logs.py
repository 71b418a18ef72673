"""Environment variables that native libraries read when they are loaded."""

import os

# FFmpeg and OpenCV print lines at each attempt to open a missing camera, gRPC at each connection
# that a robot closes. Our log reports the same once.
_QUIET = {
    "OPENCV_LOG_LEVEL": "ERROR",
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    "GRPC_VERBOSITY": "NONE",
}
# NumPy and OpenCV each bring an OpenBLAS, which starts a thread for each processor when it is
# imported: on two processors these took 2 of 17 threads and 150 of 700 MB of address space.
# Nothing here does linear algebra. gRPC ends its threads at a fork and aborts if it cannot have
# them back; what is forked here becomes another program at once.
_THREADS = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "GRPC_ENABLE_FORK_SUPPORT": "0",
}
_set_here: set[str] = set()


def silence_native_logs() -> None:
    """Keep native libraries from printing, unless the environment sets their log level.

    Call this before they are imported.
    """
    _set(_QUIET)


def spare_threads(*, opencv: bool = False) -> None:
    """Keep numerical libraries, and OpenCV if asked to, from starting threads of their own.

    Unless the environment says otherwise. To be called before they are imported.
    """
    _set(_THREADS | ({"OPENCV_FOR_THREADS_NUM": "1"} if opencv else {}))


def original_environ() -> dict[str, str]:
    """Return the environment without the changes that this module made, for child programs."""
    return {name: value for name, value in os.environ.items() if name not in _set_here}


def _set(variables: dict[str, str]) -> None:
    for name, value in variables.items():
        if name not in os.environ:
            os.environ[name] = value
            _set_here.add(name)
