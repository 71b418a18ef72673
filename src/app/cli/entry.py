"""Where the `spot-webcam` command begins and ends, with next to nothing imported."""

import os
import signal
import sys
from contextlib import suppress
from typing import NoReturn

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> NoReturn:
    """Run the command, and end the process with its exit code.

    SIGINT and SIGTERM are held back while the rest of the command is imported, until it takes
    them (`stop_signals`), and again when it has ended: by default one would end the process with
    a traceback, the other with its faults still on the robot.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    from spot_webcam.app.cli.main import main as run  # noqa: PLC0415 - not before the line above

    try:
        code = run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    # The interpreter would wait for threads that serve the last calls, crash around one that a
    # driver holds, and end with 120 if nobody reads what it prints.
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # the first: one that is closed
            stream.flush()
    os._exit(code)
