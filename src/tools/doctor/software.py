"""Examination of Python and the installed packages; imports the standard library only."""

import importlib
import re
import sys
from collections.abc import Iterator
from importlib import metadata

from spot_webcam.tools.doctor.findings import Finding, error, ok, warning

DISTRIBUTION = "spot-webcam"
OLDEST_PYTHON = (3, 10)
# What is imported of a distribution whose modules have another name.
_MODULES = {
    "bosdyn-api": "bosdyn.api.image_pb2",
    "bosdyn-client": "bosdyn.client.util",
    "grpcio": "grpc",
    "grpcio-health-checking": "grpc_health.v1.health_pb2",
    "grpcio-reflection": "grpc_reflection.v1alpha.reflection_pb2",
    "opencv-python-headless": "cv2",
    "protobuf": "google.protobuf",
    "pyjwt": "jwt",
    "pyyaml": "yaml",
}
# Any of them satisfies `import cv2`; two of them overwrite each other's files.
_OPENCV = (
    "opencv-python-headless",
    "opencv-python",
    "opencv-contrib-python-headless",
    "opencv-contrib-python",
)
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:>=([0-9.]+))?")
# What an import that fails says, and what to do.
_ADVICE = {
    "pkg_resources": "pip install 'setuptools<82', or a newer bosdyn-client",
    "libGL": "pip uninstall opencv-python, then pip install opencv-python-headless",
    "libgthread": "pip uninstall opencv-python, then pip install opencv-python-headless",
    "numpy": "pip install --force-reinstall numpy opencv-python-headless",
}


def examine_python() -> Iterator[Finding]:
    """Examine the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        yield error(
            "python",
            f"Python {version}",
            "this version is not supported",
            "install into a virtual environment of Python 3.10 or newer",
        )
    else:
        yield ok("python", f"Python {version} at {sys.executable}")


def examine_packages() -> Iterator[Finding]:
    """Import each required package, and compare its version; `OK` if all are fine."""
    required = _required()
    if not required:
        yield warning(
            "packages",
            f"no distribution {DISTRIBUTION} is installed",
            "its requirements are not known: it runs from a source tree",
            "pip install . in the source tree",
        )
    problems = [found for name, oldest in required for found in _package(name, oldest)]
    problems += _opencv_twice()
    yield from problems
    if required and not problems:
        versions = ", ".join(f"{name} {_version(name) or '?'}" for name, _ in required)
        yield ok("packages", versions)


def _required() -> list[tuple[str, str]]:
    """Return name and lower bound of each requirement without a marker."""
    try:
        requirements = metadata.requires(DISTRIBUTION) or []
    except metadata.PackageNotFoundError:
        return []
    found = [_REQUIREMENT.match(one) for one in requirements if ";" not in one]
    return [(one[1].lower(), one[2] or "") for one in found if one]


def _package(name: str, oldest: str) -> Iterator[Finding]:
    about = f"package {name}"
    module = _MODULES.get(name, name.replace("-", "_"))
    try:
        importlib.import_module(module)
    except Exception as failure:  # noqa: BLE001 - a broken wheel may raise anything
        text = " ".join(f"{type(failure).__name__}: {failure}".split())
        known = (advice for part, advice in _ADVICE.items() if part in text)
        yield error(
            about,
            f"it cannot be imported: {text}",
            "the command does not start",
            next(known, f"pip install --force-reinstall '{name}>={oldest}'"),
        )
        return
    version = _version(name)
    if version and oldest and _numbers(version) < _numbers(oldest):
        yield error(
            about,
            f"version {version} is older than {oldest}",
            "calls that it lacks fail when they are needed",
            f"pip install '{name}>={oldest}'",
        )


def _opencv_twice() -> Iterator[Finding]:
    installed = [name for name in _OPENCV if _version_of(name)]
    if len(installed) > 1:
        yield warning(
            "packages",
            f"{' and '.join(installed)} are both installed",
            "they have the same files: the one installed last is imported, or parts of both",
            f"pip uninstall {' '.join(installed)}, then pip install one of them",
        )


def _version(name: str) -> str:
    """Return the installed version, of OpenCV that of any build; empty if there is none."""
    names = _OPENCV if name == _OPENCV[0] else (name,)
    return next(filter(None, map(_version_of, names)), "")


def _version_of(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
