"""Entry point of the `spot-webcam` command, with minimal imports."""

import io
import os
import signal
import sys
import traceback
from contextlib import suppress
from typing import Any, NoReturn, TextIO

from spot_webcam.app.runtime.shortage import shortage

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_EXIT_FAILED = 1
_STDOUT, _STDERR = 1, 2


def main() -> NoReturn:
    """Run the command, and end the process with its exit code.

    SIGINT and SIGTERM are blocked while the rest of the command is imported, until
    `stop_signals` handles them, and again at the end: by default, SIGINT would end the process
    with a traceback, and SIGTERM with its faults still on the robot.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    code = _EXIT_FAILED
    failure: BaseException | None = None
    output = Output(_STDOUT)
    try:
        _open_standard_descriptors()
        sys.stdout = output.text(sys.stdout)
        from spot_webcam.app.cli.main import main as run  # noqa: PLC0415 - not before the line above

        code = run()
    except SystemExit as end:  # argparse's
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:  # noqa: BLE001 - any error ends the process
        failure = error
    code = final_code(code, failure, output)
    # Without os._exit, the interpreter would wait for gRPC's threads and those that serve the last
    # calls, could crash around a thread blocked in a driver, and would exit with 120 if its output
    # is no longer read.
    with suppress(AttributeError, OSError, ValueError):  # AttributeError: a closed stream
        sys.stderr.flush()
    os._exit(code)


class Output(io.RawIOBase):
    """Standard output, which remembers why it could not be written.

    argparse ignores that, and commands let it end them.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.error: OSError | None = None

    def text(self, replaced: TextIO | None) -> TextIO:
        """Return the stream for `sys.stdout`, with the encoding of the one that it replaces."""
        return io.TextIOWrapper(
            io.BufferedWriter(self),
            encoding=replaced.encoding if replaced else "utf-8",
            # As standard error: a file's name may be no text.
            errors="backslashreplace",
            # On a terminal, and with PYTHONUNBUFFERED.
            line_buffering=bool(
                replaced and (replaced.line_buffering or getattr(replaced, "write_through", False))
            ),
        )

    def fileno(self) -> int:
        """Return the descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, data: Any, /) -> int:
        """Write what the descriptor takes at once."""
        try:
            return os.write(self._descriptor, data)
        except OSError as error:
            self.error = self.error or error  # a flush writes again
            raise


def final_code(code: int, failure: BaseException | None, output: Output) -> int:
    """Return the exit code, after the one line about what failed: the command, or its output."""
    with suppress(AttributeError, OSError, ValueError):  # AttributeError: a closed stream
        sys.stdout.flush()
    if failure is not None and failure is not output.error:
        _report(failure)
        return code
    if isinstance(output.error, BrokenPipeError):  # as of `| head`, which has read enough
        return code if failure is None else 0
    if output.error is None or (failure is None and code):  # the command has said why
        return code
    _print(f"cannot write to standard output: {output.error.strerror}")
    return _EXIT_FAILED


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
        with suppress(Exception):
            traceback.print_exception(error)
    what = shortage(error) or (
        f"unexpected {' '.join(f'{type(error).__name__}: {error}'.split())}"
        " (a defect: please report it, with what -v prints)"
    )
    _print(what)


def _print(line: str) -> None:
    with suppress(Exception):  # nobody may be reading
        print(f"spot-webcam: {line}", file=sys.stderr)  # noqa: T201 - the log may not exist yet
