"""Entry point of a camera's process: `python -m spot_webcam.app.cameras.worker NAME FD FD`."""

import logging
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from spot_webcam.app.runtime.garbage import uncollected
from spot_webcam.app.runtime.memory import share_one_arena
from spot_webcam.app.runtime.native_logs import silence_native_logs, spare_threads
from spot_webcam.app.runtime.shortage import shortage

if TYPE_CHECKING:
    from spot_webcam.domain.ports import Camera

_LOG = logging.getLogger(__name__)


def main() -> NoReturn:
    """Run the camera that the parent names, until the parent ends.

    The parent logs any other end once; the exit code shows whether the host ran out of a resource.
    """
    silence_native_logs()
    spare_threads(opencv=True)
    share_one_arena()
    code = os.EX_OK
    try:
        with uncollected():
            from spot_webcam.adapters.isolated import serve_camera  # noqa: PLC0415

        serve_camera(sys.argv[1:], make)
    except Exception as error:  # noqa: BLE001 - any error ends the process
        code = os.EX_OSERR if shortage(error) else os.EX_SOFTWARE
        with suppress(Exception):
            _LOG.debug("the error that ends the camera's process", exc_info=True)
    os._exit(code)


def make(recipe: object) -> "Camera":
    """Return the camera of a recipe.

    It has address, requested mode, whether to log everything, the trusted certificate, and whether
    a URL is a recording.

    Raises:
        TypeError: the recipe is invalid.
    """
    # These imports load native libraries, whose logs were silenced before.
    from spot_webcam.adapters.system.clock import SystemClock  # noqa: PLC0415
    from spot_webcam.app.cameras.factory import camera  # noqa: PLC0415
    from spot_webcam.app.cli.command_line import start_log  # noqa: PLC0415
    from spot_webcam.app.runtime.log_handler import scrub_log  # noqa: PLC0415
    from spot_webcam.domain.ports import ModeRequest  # noqa: PLC0415
    from spot_webcam.domain.sources.address import DeviceAddress  # noqa: PLC0415

    match recipe:
        case [
            str(written),
            ModeRequest() as mode,
            bool(verbose),
            str(certificate),
            bool(is_recording),
        ]:
            address = DeviceAddress(written)
            start_log(verbose=verbose)
            scrub_log(address)
            _LOG.debug("this process runs %s", address)
            return camera(
                address,
                mode,
                SystemClock(),
                _crash,
                certificate=certificate,
                is_recording=is_recording,
            )
        case _:
            raise TypeError("invalid recipe: expected address, mode and verbosity")


def _crash() -> None:
    """Crash as by a fault in native code, for a synthetic camera's script."""
    signal.raise_signal(signal.SIGSEGV)


if __name__ == "__main__":
    main()
