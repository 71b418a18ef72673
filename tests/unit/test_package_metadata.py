"""The wheel's list of packages and files is complete: pyproject.toml names them one by one."""

from pathlib import Path
from typing import Any

import pytest
from setuptools.config.pyprojecttoml import read_configuration

from spot_webcam import __version__

ROOT = Path(__file__).parents[2]
FOLDERS = {"spot_webcam": ROOT / "src", "spot_webcam.fakes": ROOT / "fakes"}


@pytest.fixture(scope="module")
def configuration() -> Any:
    return read_configuration(ROOT / "pyproject.toml")


def packages() -> dict[Path, str]:
    return {
        file.parent: ".".join([name, *file.parent.relative_to(root).parts])
        for name, root in FOLDERS.items()
        for file in root.rglob("__init__.py")
    }


def test_every_package_is_listed(configuration: Any) -> None:
    assert set(configuration["tool"]["setuptools"]["packages"]) ^ set(packages().values()) == set()


def test_every_other_file_belongs_to_a_package(configuration: Any) -> None:
    patterns = configuration["tool"]["setuptools"]["package-data"]
    held = {
        file
        for folder, name in packages().items()
        for pattern in (*patterns.get(name, ()), "*.py")
        for file in folder.glob(pattern)
    }
    there = {file for root in FOLDERS.values() for file in root.rglob("*") if file.is_file()}
    assert {file for file in there - held if file.suffix != ".pyc"} == set()


def test_version_is_that_of_the_module(configuration: Any) -> None:
    assert configuration["project"]["version"] == __version__


def test_extras_within_extras_exist(configuration: Any) -> None:
    extras = configuration["project"]["optional-dependencies"]
    own = [line for lines in extras.values() for line in lines if line.startswith("spot-webcam[")]
    named = {name for line in own for name in line.partition("[")[2].rstrip("]").split(",")}
    assert own
    assert named <= set(extras)
