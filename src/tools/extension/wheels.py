"""Wheels of the pinned requirements for any architecture, downloaded by pip, and this program's."""

import hashlib
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import spot_webcam
from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.tools.extension.architecture import Architecture
from spot_webcam.tools.extension.sbom import Component
from spot_webcam.tools.extension.steps import ProcessFailed, Steps

PYTHON = "3.11"
# Prefix of folders in the cache that only an interrupted build leaves there.
UNFINISHED = "build-"
_DISTRIBUTION = "spot_webcam"
# Of Debian 12, and the oldest for which there are such wheels.
_GLIBC_MINOR, _OLDEST_GLIBC_MINOR = 36, 17
_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==", re.MULTILINE)
# Of this program: what its wheel is made of.
_SOURCES = ("pyproject.toml", "README.md", "LICENSE", "src", "fakes")


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel in a file."""

    file: Path
    component: Component


class Pip:
    """pip for another computer than this one."""

    def __init__(self, folder: Path, architecture: Architecture, steps: Steps):
        """`folder` is that of all caches."""
        self._folder, self._architecture, self._steps = folder, architecture, steps

    def wheels(self, *, offline: bool) -> list[Wheel]:
        """Return the wheels of all requirements, whose hashes pip has compared.

        Raises:
            CouldNotRun: a wheel cannot be had.
        """
        text = (resources.files(__package__) / "requirements.txt").read_text()
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        complete = self._folder / f"wheels-{self._architecture.name}-{digest}"
        if not complete.is_dir():
            if offline:
                raise CouldNotRun(
                    f"the wheels for {self._architecture.name} are not in the cache: build once"
                    " without --offline"
                )
            self._download(text, complete)
        return [_wheel(file) for file in sorted(complete.glob("*.whl"))]

    def _download(self, requirements: str, complete: Path) -> None:
        partial = Path(tempfile.mkdtemp(dir=self._folder, prefix=UNFINISHED))
        try:
            listed = partial / "requirements.txt"
            listed.write_text(requirements)
            machine = self._architecture.machine
            minors = range(_GLIBC_MINOR, _OLDEST_GLIBC_MINOR - 1, -1)
            platforms = [f"manylinux_2_{minor}_{machine}" for minor in minors]
            words = [
                *("download", "--only-binary=:all:", "--require-hashes"),
                *("--implementation", "cp", "--python-version", PYTHON),
                *(f"--platform={tag}" for tag in [*platforms, f"manylinux2014_{machine}"]),
                *("--requirement", str(listed), "--dest", str(partial)),
            ]
            self._pip("wheels", words, lambda: _bytes_in(partial))
            listed.unlink()
            expected, found = len(_REQUIREMENT.findall(requirements)), len([*partial.iterdir()])
            if found != expected:
                raise CouldNotRun(f"pip got {found} of {expected} wheels: please report this")
            partial.rename(complete)
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    @contextmanager
    def own_wheel(self, given: Path | None, *, offline: bool) -> Iterator[Wheel]:
        """Yield this program's wheel: the given one, else a new one of the checkout.

        Raises:
            Misused: the given one is none of this version.
            CouldNotRun: there is no checkout, or its wheel cannot be built.
        """
        if given is not None:
            yield _own(given)
            return
        checkout = Path(spot_webcam.__file__).parents[1]
        if not all((checkout / name).exists() for name in _SOURCES):
            raise CouldNotRun(
                "this program does not run from a checkout: give its wheel with --wheel FILE, as"
                " make dist writes it"
            )
        with tempfile.TemporaryDirectory() as name:
            self._build(checkout, Path(name), offline=offline)
            [built] = Path(name).glob("*.whl")
            yield _own(built)

    def _build(self, checkout: Path, folder: Path, *, offline: bool) -> None:
        """Build in a copy, since setuptools leaves its folders where it builds."""
        copy = folder / "checkout"
        copy.mkdir()
        for name in _SOURCES:
            if (checkout / name).is_dir():
                ignore = shutil.ignore_patterns("__pycache__")
                shutil.copytree(checkout / name, copy / name, ignore=ignore)
            else:
                shutil.copy(checkout / name, copy)
        has_setuptools = importlib.util.find_spec("setuptools") is not None
        if offline and not has_setuptools:
            raise CouldNotRun(
                "setuptools is missing, and --offline given: install it, or give --wheel FILE"
            )
        isolation = ["--no-build-isolation"] if has_setuptools else []
        words = ["wheel", *isolation, "--wheel-dir", str(folder), str(copy)]
        self._pip("the wheel of this program", words)

    def _pip(self, title: str, words: list[str], done: Callable[[], int] = lambda: 0) -> None:
        action, *rest = words
        command = [
            *(sys.executable, "-m", "pip", action),
            *("--no-deps", "--no-input", "--disable-pip-version-check", *rest),
        ]
        with self._steps.step(title, None) as advance:
            try:
                self._steps.run(command, advance, done)
            except ProcessFailed as error:
                raise CouldNotRun(_reason(error.output, title)) from error


def _own(file: Path) -> Wheel:
    name = f"{_DISTRIBUTION}-{spot_webcam.__version__}-"
    if not file.name.startswith(name) or not zipfile.is_zipfile(file):
        raise Misused(
            f"--wheel {file} is no wheel of this version: expected {name}py3-none-any.whl"
        )
    return _wheel(file)


def _wheel(file: Path) -> Wheel:
    name, version = file.name.split("-")[:2]
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return Wheel(file, Component("pypi", name.replace("_", "-").lower(), version, digest))


def _reason(output: str, what: str) -> str:
    # Not by find_spec("pip"): setuptools listens to it, and cannot be imported afterwards.
    if "No module named pip" in output:
        return f"pip is missing: run {sys.executable} -m ensurepip"
    lines = [line.strip() for line in output.splitlines() if "ERROR" in line]
    reason = lines[-1].removeprefix("ERROR: ") if lines else "failed"
    return f"pip cannot get {what}: {reason}: check the network and pip config"


def _bytes_in(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in os.scandir(folder))
