"""The process of one camera: `python -m spot_webcam.app.cameras.worker NAME FD FD`."""

import logging
import signal
import sys

from spot_webcam.adapters.isolated import serve_camera
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cli.command_line import start_log
from spot_webcam.app.runtime.native_logs import silence_native_logs
from spot_webcam.domain.ports import Camera, ModeRequest
from spot_webcam.domain.sources.naming import without_password

_LOG = logging.getLogger(__name__)


def main() -> None:
    """Run the camera that the parent names, until it goes away."""
    silence_native_logs()
    serve_camera(sys.argv[1:], make)


def make(recipe: object) -> Camera:
    """Return the camera of a recipe: device name, mode to ask for, and whether to log all.

    Raises:
        TypeError: it is no recipe.
    """
    # OpenCV is loaded after the libraries were told to be quiet, and only where it is needed.
    from spot_webcam.app.cameras.factory import camera  # noqa: PLC0415

    match recipe:
        case [str(device_name), ModeRequest() as mode, bool(verbose)]:
            start_log(verbose=verbose)
            _LOG.debug("this process runs %s", without_password(device_name))
            return camera(device_name, mode, SystemClock(), _crash)
        case _:
            raise TypeError("this is no recipe for a camera")


def _crash() -> None:
    """Die as of a fault in native code, for a script that wants it."""
    signal.raise_signal(signal.SIGSEGV)


if __name__ == "__main__":
    main()
