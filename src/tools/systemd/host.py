"""This computer, as far as a service is installed on it."""

import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import spot_webcam
from spot_webcam.app.cli.command_line import CouldNotRun

# A start waits for the daemon, which imports for seconds on a small computer; systemd's own bound
# is 90 s.
COMMAND_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Ended:
    """A command that has ended, with what it printed."""

    code: int
    text: str


def run_command(words: Sequence[str]) -> Ended:
    """Run a program, whose messages are to be in English, to its end.

    Raises:
        CouldNotRun: there is no such program, or it does not end.
    """
    program = shutil.which(words[0])
    if program is None:
        raise CouldNotRun(f"there is no {words[0]}: this needs systemd; --print needs none")
    try:
        ended = subprocess.run(  # noqa: S603 - systemd's own programs
            [program, *words[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C", "SYSTEMD_COLORS": "0"},
            text=True,
            errors="replace",
            check=False,
            timeout=COMMAND_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired as error:
        raise CouldNotRun(f"{' '.join(words)} does not end: run it by hand to see why") from error
    return Ended(ended.returncode, ended.stdout)


def program() -> list[str]:
    """Return the command that runs this package."""
    script = Path(sys.executable).with_name("spot-webcam")
    return [str(script)] if script.exists() else [sys.executable, "-m", "spot_webcam"]


def program_folders() -> list[Path]:
    """Return the folders that the command needs to read."""
    package = Path(spot_webcam.__path__[0])
    return [Path(folder).resolve() for folder in (sys.prefix, sys.base_prefix, package)]


@dataclass(frozen=True, slots=True)
class Host:
    """The computer that a service is installed on.

    `root` is that of its file system, of which units and credentials are a part.
    """

    root: Path = Path("/")
    is_root: bool = field(default_factory=lambda: os.geteuid() == 0)
    command: Sequence[str] = field(default_factory=program)
    folders: Sequence[Path] = field(default_factory=program_folders)

    @property
    def units(self) -> Path:
        """The folder of the administrator's units."""
        return self.at("/etc/systemd/system")

    @property
    def is_running_systemd(self) -> bool:
        """Whether systemd runs here, as it does not in a container or an image that is built."""
        return self.at("/run/systemd/system").is_dir()

    def at(self, path: str | Path) -> Path:
        """Return where a file of this computer is found by its absolute path."""
        return self.root / Path(path).relative_to("/")

    def is_in(self, folders: Iterable[str], path: Path) -> bool:
        """Report whether a path is below one of some folders."""
        return any(path.is_relative_to(self.at(folder)) for folder in folders)

    def is_for_all(self, path: Path) -> bool:
        """Report whether every user may read a file; false if this cannot be seen."""
        try:
            parents = path.resolve(strict=True).relative_to(self.root).parents
            return bool(path.stat().st_mode & stat.S_IROTH) and all(
                (self.root / folder).stat().st_mode & stat.S_IXOTH for folder in parents[:-1]
            )
        except OSError:
            return False

    def run(self, *words: str) -> Ended:
        """Run a program to its end; see `run_command`."""
        return run_command(words)

    def systemd_version(self) -> int | None:
        """Return the version of systemd, `None` if there is none."""
        with suppress(CouldNotRun):
            found = re.match(r"systemd (\d+)", self.run("systemctl", "--version").text)
            return int(found[1]) if found else None
        return None


def replace_file(file: Path, text: str) -> None:
    """Write a file at once, for all to read.

    Raises:
        OSError: it cannot be written.
    """
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fchmod(new.fileno(), 0o644)
            os.fsync(new.fileno())
        Path(name).replace(file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
