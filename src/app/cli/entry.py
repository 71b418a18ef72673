"""Entry point of the `spot-webcam` command, with minimal imports."""

import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from spot_webcam.app.runtime.shortage import shortage

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EXIT_FAILED = 1
_STDERR = 2


def main() -> NoReturn:
    """Run the command, and end the process with its exit code.

    SIGINT and SIGTERM are blocked while the rest of the command is imported, until
    `stop_signals` handles them, and again at the end: by default, SIGINT would end the process
    with a traceback, and SIGTERM with its faults still on the robot.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    code = _EXIT_FAILED
    try:
        _open_standard_descriptors()
        from spot_webcam.app.cli.main import main as run  # noqa: PLC0415 - not before the line above

        code = run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - any error ends the process
        with suppress(Exception):
            _report(error)
    # Without os._exit, the interpreter would wait for gRPC's threads and those that serve the last
    # calls, could crash around a thread blocked in a driver, and would exit with 120 if its output
    # is no longer read.
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # AttributeError: a closed stream
            stream.flush()
    os._exit(code)


def _open_standard_descriptors() -> None:
    """Open the null device for each standard descriptor that is closed.

    Otherwise a socket, such as that of the signals, would get its number, and with it what native
    code and child processes write to standard output and error.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= _STDERR:  # the lowest that is free
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _report(error: BaseException) -> None:
    """Print the error that ends the process in one line; with -v, the traceback as well."""
    if {"-v", "--verbose"} & set(sys.argv):
        traceback.print_exception(error)
    what = shortage(error) or (
        f"unexpected {' '.join(f'{type(error).__name__}: {error}'.split())}"
        " (a defect: please report it, with what -v prints)"
    )
    print(f"spot-webcam: {what}", file=sys.stderr)  # noqa: T201 - the log may not exist yet
