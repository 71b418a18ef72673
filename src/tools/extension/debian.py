"""Debian packages of any architecture: resolved, verified and downloaded by apt, without root."""

import hashlib
import logging
import platform
import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.extension.sbom import Component
from spot_webcam.tools.extension.steps import ProcessFailed, Steps

_LOG = logging.getLogger(__name__)

SUITE, RELEASE = "bookworm", "12"
# What Python and the wheels load. The rest follows from it.
_WANTED = ("python3.11", "libstdc++6", "zlib1g")
# Needed by the installation of what is wanted, by scripts that do not run here.
_NOT_NEEDED = frozenset(
    {"dpkg", "libacl1", "libmd0", "libpcre2-8-0", "libselinux1", "readline-common", "tar"}
)
DEFAULT_MIRROR = "http://deb.debian.org"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_URI = re.compile(r"'(?P<uri>[^']+)' (?P<file>\S+) (?P<size>\d+) ")
_FAILED = "W: Failed to fetch "
# Nothing of the other archives that a computer may use.
_PREFERENCES = f"""\
Package: *
Pin: release o=Debian,n={SUITE}*
Pin-Priority: 990

Package: *
Pin: release *
Pin-Priority: -1
"""


@dataclass(frozen=True, slots=True)
class Package:
    """A package in a file."""

    file: Path
    component: Component


class Apt:
    """apt with lists, archives and state of its own, for an architecture."""

    def __init__(self, folder: Path, architecture: str, mirror: str | None, steps: Steps):
        """`folder` belongs to this architecture alone; `mirror` replaces the default.

        Raises:
            CouldNotRun: there is no apt, or no key of Debian's.
        """
        for program in ("apt-get", "dpkg-deb"):
            if shutil.which(program) is None:
                raise CouldNotRun(
                    f"{program} is missing: build on Debian or Ubuntu, or in a container of one"
                )
        self._folder, self._architecture, self._steps = folder, architecture, steps
        self._options = self._prepared(mirror)

    def packages(self, *, offline: bool) -> list[Package]:
        """Download what is wanted, and return all packages, sorted.

        Raises:
            CouldNotRun: a package cannot be had.
        """
        if not offline:
            self._update()
        expected = self._expected(offline=offline)
        with self._steps.step("Debian packages", sum(expected.values())) as advance:
            if not offline:
                words = ["install", "-y", "--download-only", *_WANTED]
                try:
                    self._apt(words, advance, self._downloaded_bytes)
                except ProcessFailed as error:
                    raise CouldNotRun(_reason(error.output)) from error
        self._require(expected)
        return [self._package(name) for name in sorted(expected) if not _is_left_out(name)]

    def _prepared(self, mirror: str | None) -> list[str]:
        folder = self._folder
        for name in ("lists/partial", "archives/partial", "none/partial"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_bytes(b"")  # nothing is installed
        (folder / "preferences").write_text(_PREFERENCES)
        values = {
            "APT::Architecture": self._architecture,
            "APT::Architectures": self._architecture,
            "APT::Install-Recommends": "false",
            "APT::Sandbox::User": "root",  # who this is, if apt could become another user
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
            "Debug::NoLocking": "true",  # the folder has a lock of its own
            "Dir::State": f"{folder}",
            "Dir::State::lists": f"{folder}/lists",
            "Dir::State::status": f"{folder}/status",
            "Dir::Cache": f"{folder}",
            "Dir::Cache::archives": f"{folder}/archives",
            "Dir::Etc::preferences": f"{folder}/preferences",
            "Dir::Etc::preferencesparts": f"{folder}/none",
        }
        if mirror is not None or not _is_same_release():
            values |= {
                "Dir::Etc::sourcelist": f"{folder}/sources.list",
                "Dir::Etc::sourceparts": f"{folder}/none",
            }
            (folder / "sources.list").write_text(_sources(mirror or DEFAULT_MIRROR))
        return [word for name, value in values.items() for word in ("-o", f"{name}={value}")]

    def _update(self) -> None:
        """Get new lists; where that fails, warn and go on with those of the last time."""
        with self._steps.step("lists of Debian packages", None) as advance:
            try:
                text = self._apt(["update"], advance)
            except ProcessFailed as error:
                raise CouldNotRun(_reason(error.output)) from error
        for line in text.splitlines():
            if line.startswith(_FAILED):
                _LOG.warning("apt: %s", line.removeprefix("W: "))

    def _expected(self, *, offline: bool) -> dict[str, int]:
        """Return the sizes of the files to have, by their names."""
        with self._steps.step("what depends on what", None) as advance:
            words = ["install", "-y", "--print-uris", *_WANTED]
            try:
                text = self._apt([*words, f"-oDir::Cache::archives={self._folder}/none"], advance)
            except ProcessFailed as error:
                if offline:
                    raise CouldNotRun(
                        f"lists of Debian packages for {self._architecture} are not in the cache:"
                        " build once without --offline"
                    ) from error
                raise CouldNotRun(_reason(error.output)) from error
        return {found["file"]: int(found["size"]) for found in _URI.finditer(text)}

    def _apt(
        self,
        words: list[str],
        advance: Callable[[int], None],
        done: Callable[[], int] = lambda: 0,
    ) -> str:
        return self._steps.run(["apt-get", *self._options, *words], advance, done)

    def _downloaded_bytes(self) -> int:
        return sum(file.stat().st_size for file in (self._folder / "archives").rglob("*.deb"))

    def _require(self, names: Iterable[str]) -> None:
        missing = [name for name in names if not (self._folder / "archives" / name).is_file()]
        if missing:
            raise CouldNotRun(
                f"{len(missing)} Debian packages for {self._architecture} are not in the cache,"
                f" such as {missing[0]}: build once without --offline"
            )

    def _package(self, name: str) -> Package:
        file = self._folder / "archives" / name
        # NAME_VERSION_ARCHITECTURE.deb, with what a file's name cannot have in %XX.
        package, version, architecture = map(unquote, file.stem.split("_"))
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        return Package(file, Component("deb/debian", package, version, digest, architecture))


def _reason(output: str) -> str:
    lines = [line for line in output.splitlines() if line.startswith("E: ")]
    reason = lines[-1].removeprefix("E: ") if lines else "failed"
    return f"apt-get: {reason}: check the network, or name another mirror with --mirror"


def _is_left_out(file_name: str) -> bool:
    return file_name.partition("_")[0] in _NOT_NEEDED


def _is_same_release() -> bool:
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        return False
    return (system.get("ID"), system.get("VERSION_ID")) == ("debian", RELEASE)


def _sources(mirror: str) -> str:
    if not _KEYRING.exists():
        raise CouldNotRun(
            f"{_KEYRING} is missing: install debian-archive-keyring, whose keys sign packages"
        )
    base = mirror.rstrip("/")
    suites = {"debian": (SUITE, f"{SUITE}-updates"), "debian-security": (f"{SUITE}-security",)}
    return "".join(
        f"deb [signed-by={_KEYRING}] {base}/{archive} {suite} main\n"
        for archive, names in suites.items()
        for suite in names
    )
