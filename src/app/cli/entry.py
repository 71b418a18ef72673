"""Where the `spot-webcam` command begins and ends, with next to nothing imported."""

import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import NoReturn

from spot_webcam.app.runtime.shortage import shortage

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EXIT_FAILED = 1


def main() -> NoReturn:
    """Run the command, and end the process with its exit code.

    SIGINT and SIGTERM are held back while the rest of the command is imported, until it takes
    them (`stop_signals`), and again when it has ended: by default one would end the process with
    a traceback, the other with its faults still on the robot.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    code = _EXIT_FAILED
    try:
        from spot_webcam.app.cli.main import main as run  # noqa: PLC0415 - not before the line above

        code = run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - whatever it is, the process ends by it
        with suppress(Exception):
            _report(error)
    # The interpreter would wait for threads that serve the last calls and for gRPC's, crash around
    # one that a driver holds, and end with 120 if nobody reads what it prints.
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # the first: one that is closed
            stream.flush()
    os._exit(code)


def _report(error: BaseException) -> None:
    """Print one line of what ends the process; with -v, where it came from as well."""
    if {"-v", "--verbose"} & set(sys.argv):
        traceback.print_exception(error)
    what = shortage(error) or (
        f"unexpected {' '.join(f'{type(error).__name__}: {error}'.split())}"
        " (a defect: please report it, with what -v prints)"
    )
    print(f"spot-webcam: {what}", file=sys.stderr)  # noqa: T201 - the log may not exist yet
