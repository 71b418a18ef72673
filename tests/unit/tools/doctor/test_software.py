from __future__ import annotations

import sys
from importlib import metadata

import pytest

from spot_webcam.tools.doctor.findings import Severity
from spot_webcam.tools.doctor.software import examine_packages, examine_python


def _problems() -> dict[str, str]:
    return {
        one.about: f"{one.found} {one.advice}"
        for one in examine_packages()
        if one.severity is not Severity.OK
    }


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Versions of distributions that differ from the installed ones."""
    versions: dict[str, str] = {}
    real = metadata.version

    def version(name: str) -> str:
        return versions[name] if name in versions else real(name)

    monkeypatch.setattr(metadata, "version", version)
    return versions


def test_installed_packages_are_fine() -> None:
    [found] = examine_packages()
    assert found.severity is Severity.OK
    assert "grpcio " in found.found


def test_old_python_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.severity for one in examine_python()] == [Severity.OK]
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    [found] = examine_python()
    assert (found.severity, found.found) == (Severity.ERROR, "Python 3.9.2")


def test_old_package_is_an_error(installed: dict[str, str]) -> None:
    installed["grpcio"] = "1.50.0"
    assert "version 1.50.0 is older than 1.64" in _problems()["package grpcio"]


def test_two_builds_of_opencv_are_a_warning(installed: dict[str, str]) -> None:
    installed["opencv-python"] = "4.10.0"
    assert "are both installed" in _problems()["packages"]


@pytest.mark.parametrize(
    ("failure", "advice"),
    [
        (ImportError("libGL.so.1: cannot open shared object file"), "opencv-python-headless"),
        (ImportError("numpy.core.multiarray failed to import"), "--force-reinstall numpy"),
        (RuntimeError("broken"), "--force-reinstall 'opencv-python-headless"),
    ],
)
def test_package_that_cannot_be_imported_is_an_error(
    failure: Exception, advice: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib  # noqa: PLC0415 - patched here

    real = importlib.import_module

    def import_module(name: str) -> object:
        if name == "cv2":
            raise failure
        return real(name)

    monkeypatch.setattr(importlib, "import_module", import_module)
    assert advice in _problems()["package opencv-python-headless"]


def test_source_tree_without_metadata_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "requires", requires)
    assert "pip install ." in _problems()["packages"]
