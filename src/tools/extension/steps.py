"""Steps of a build: progress bars, child processes and locks, each of which a signal ends."""

import fcntl
import logging
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from spot_webcam.app.cli.command_line import CouldNotRun

_LOG = logging.getLogger(__name__)

# Bound of a child process, such as a download, and of the wait for another build.
MAX_WAIT_S = 1800.0
_POLL_S = 0.1
_TERMINATION_S = 5.0


class ProcessFailed(Exception):
    """A child process that ended with an error; `output` is what it wrote."""

    def __init__(self, output: str):
        super().__init__(output)
        self.output = output


class Steps:
    """Progress on a terminal; each method raises `CouldNotRun` soon after the event is set."""

    def __init__(self, stopping: threading.Event, console: Console):
        self._stopping = stopping
        self._progress = Progress(
            TextColumn("{task.description:<32}"),
            BarColumn(),
            DownloadColumn(),
            TimeElapsedColumn(),
            console=console,
            disable=not console.is_terminal,
        )

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show the bars."""
        with self._progress:
            yield

    @contextmanager
    def step(self, title: str, total: int | None) -> Iterator[Callable[[int], None]]:
        """Yield a function that takes each number of bytes that is done."""
        _LOG.debug("%s", title)
        task = self._progress.add_task(title, total=total)

        def advance(done: int) -> None:
            self.check()
            self._progress.advance(task, done)

        yield advance
        done = self._progress.tasks[task].completed
        self._progress.update(task, total=total or done, completed=total or done)

    def check(self) -> None:
        """Raise if the user interrupted."""
        if self._stopping.is_set():
            raise CouldNotRun("interrupted: nothing is written")

    def run(
        self,
        command: Sequence[str],
        advance: Callable[[int], None],
        done: Callable[[], int] = lambda: 0,
        environment: Mapping[str, str] | None = None,
    ) -> str:
        """Run a program and return its output; `done` is how many bytes it has got so far.

        Raises:
            ProcessFailed: it ended with an error, or not within the bound.
        """
        _LOG.debug("runs %s", " ".join(command))
        with tempfile.TemporaryFile() as output:
            # In a session of its own, so that Ctrl-C reaches this process alone, which ends it.
            process = subprocess.Popen(  # noqa: S603 - programs of this package
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                start_new_session=True,
            )
            try:
                self._await_end(process, advance, done)
            finally:
                _end(process)
            output.seek(0)
            text = output.read().decode(errors="replace")
        if process.returncode:
            raise ProcessFailed(text)
        return text

    def _await_end(
        self,
        process: "subprocess.Popen[bytes]",
        advance: Callable[[int], None],
        done: Callable[[], int],
    ) -> None:
        before = done()
        until_s = time.monotonic() + MAX_WAIT_S
        while process.poll() is None and time.monotonic() < until_s:
            now = done()
            advance(max(0, now - before))
            before = now
            self._stopping.wait(_POLL_S)

    @contextmanager
    def lock(self, folder: Path) -> Iterator[None]:
        """Hold the lock of a folder, which is made, against other builds.

        Raises:
            CouldNotRun: the folder cannot be made, or another build holds it for too long.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / "lock").open("wb")
        except OSError as error:
            raise CouldNotRun(
                f"the cache {folder} cannot be used: {error.strerror}: set XDG_CACHE_HOME"
            ) from error
        with file:
            until_s = time.monotonic() + MAX_WAIT_S
            is_first = True
            while not _is_locked(file.fileno()):
                self.check()
                if is_first:
                    _LOG.info("another build uses %s: waiting for its end", folder)
                    is_first = False
                if time.monotonic() > until_s:
                    raise CouldNotRun(f"another build uses {folder}: end it, or try again later")
                self._stopping.wait(_POLL_S)
            yield


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_TERMINATION_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
