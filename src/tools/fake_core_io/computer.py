"""Fake CORE I/O until Ctrl-C: installs, and shows states and logs."""

import argparse
import fcntl
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.fakes.core_io import CoreIoError, ExtensionState, FakeCoreIo
from spot_webcam.tools.doctor.report import printable

_LOOK_S = 0.2
_LOCK = "lock"


def run_computer(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Install the extensions, start all that are installed, and show what they write.

    Raises:
        Misused: there is nothing to install, and nothing installed.
        CouldNotRun: an extension cannot be installed or started.
    """
    with _folder(options.folder) as folder, FakeCoreIo(folder) as computer:
        computer.set_credentials(options.guid, options.secret)
        if not options.files and not computer.extensions():
            raise Misused("nothing is installed: name an extension, as in fake-core-io FILE.spx")
        try:
            _install(computer, options.files, stopping)
        except CoreIoError as error:
            raise CouldNotRun(printable(str(error))) from error
        _show_until(computer, stopping)
    return EXIT_STOPPED


def _install(computer: FakeCoreIo, files: list[Path], stopping: threading.Event) -> None:
    installed_now: set[str] = set()
    for file in files:
        if stopping.is_set():
            return
        manifest = computer.install(file)
        installed_now.add(manifest.name)
        _put(f"installed {manifest.name} {manifest.version} in {computer.folder(manifest.name)}")
    for name in computer.extensions():
        if name not in installed_now and not stopping.is_set():
            computer.start(name)
            _put(f"started {name} {computer.manifest(name).version}")


def _show_until(computer: FakeCoreIo, stopping: threading.Event) -> None:
    states: dict[str, ExtensionState] = {}
    shown: dict[Path, int] = {}
    while not stopping.wait(_LOOK_S):
        for name in computer.extensions():
            state = computer.state(name)
            if states.get(name) is not state:
                states[name] = state
                _put(f"{name} is {state.value}")
            for container in computer.containers(name):
                for line in _new_lines(container.log, shown):
                    _put(f"{container.name}: {line}")


def _new_lines(log: Path, shown: dict[Path, int]) -> list[str]:
    """Return the lines that were completed since the last look."""
    if not log.exists():  # it starts only
        return []
    with log.open("rb") as file:
        file.seek(shown.get(log, 0))
        complete, newline, _ = file.read().rpartition(b"\n")
    shown[log] = shown.get(log, 0) + len(complete + newline)
    return complete.decode(errors="replace").splitlines()


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    """Yield the folder, which no other process uses at the same time."""
    if given is None:
        with tempfile.TemporaryDirectory(prefix="fake-core-io-") as temporary:
            yield Path(temporary)
        return
    try:
        given.mkdir(parents=True, exist_ok=True)
        lock = (given / _LOCK).open("w")
    except OSError as error:
        raise CouldNotRun(
            f"--folder {given} cannot be used: {error.strerror}: choose another"
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CouldNotRun(f"--folder {given} is used by another fake CORE I/O") from None
        yield given.resolve()


def _put(line: str) -> None:
    sys.stdout.write(f"{printable(line)}\n")
    sys.stdout.flush()
