"""The environment that make sets up is that of the Python which it was reported."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
# A whole run of make; below pytest's timeout.
PROGRAM_TIMEOUT_S = 50.0
# A Python as far as make asks: its version, its path, and whether it has venv.
PRETENDED = """#!/bin/sh
case "$*" in
  -V) echo "Python {version}";;
  *ensurepip*) exit {without_venv};;
  *) echo "$0";;
esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    environment.pop("MFLAGS", None)
    return subprocess.run(
        ["make", *arguments],  # noqa: S607 - whichever make there is
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
        check=False,
    )


def planned(project: Path, python: object) -> str:
    """Return what make would do for the demo."""
    return make(project, "--dry-run", "demo", f"PYTHON={python}").stdout


def set_up(project: Path, python: object) -> None:
    """Leave the mark that this Python's environment is there."""
    touched = re.search(r"^touch (.+)$", planned(project, python), re.MULTILINE)
    assert touched
    stamp = project / touched[1]
    shutil.rmtree(stamp.parent, ignore_errors=True)
    stamp.parent.mkdir()
    stamp.touch()


def pretended(path: Path, version: str = "3.12.1", *, without_venv: bool = False) -> Path:
    path.write_text(PRETENDED.format(version=version, without_venv=int(without_venv)))
    path.chmod(0o755)
    return path


def test_environment_that_is_there_is_kept(project: Path) -> None:
    assert "-m venv --clear .venv" in planned(project, sys.executable)
    set_up(project, sys.executable)
    assert "-m venv" not in planned(project, sys.executable)
    # The same, by another name.
    assert "-m venv" not in planned(project, Path(sys.executable).resolve())


def test_another_python_gets_another_environment(project: Path) -> None:
    other = pretended(project / "python3.12")
    set_up(project, sys.executable)
    assert f"'{other}' -m venv --clear .venv" in planned(project, other)
    set_up(project, other)
    assert "-m venv" not in planned(project, other)
    assert "-m venv --clear .venv" in planned(project, sys.executable)


def test_another_version_at_the_same_place_gets_another_environment(project: Path) -> None:
    python = pretended(project / "python3")
    set_up(project, python)
    pretended(python, "3.13.0")
    assert "-m venv --clear .venv" in planned(project, python)


def test_changed_dependencies_are_installed_into_the_same_environment(project: Path) -> None:
    set_up(project, sys.executable)
    changed_s = next((project / ".venv").glob(".ready*")).stat().st_mtime + 1
    os.utime(project / "pyproject.toml", (changed_s, changed_s))
    assert "-m venv  .venv" in planned(project, sys.executable)


@pytest.mark.parametrize("name", ["missing", "old"])
def test_python_that_is_missing_or_too_old_is_reported_in_a_line(project: Path, name: str) -> None:
    # One that is too old prints nothing for its path.
    (project / "old").write_text("#!/bin/sh\necho\n")
    (project / "old").chmod(0o755)
    python = project / name
    refused = make(project, "demo", f"PYTHON={python}")
    assert refused.returncode != 0
    reported = [line for line in refused.stderr.splitlines() if not line.startswith("make:")]
    assert reported == [f"{python} is no Python 3.10 or newer: say make PYTHON=/path/to/python3.10"]
    assert not (project / ".venv").exists()


def test_python_without_venv_is_reported_in_a_line(project: Path) -> None:
    python = pretended(project / "python3", without_venv=True)
    refused = make(project, "demo", f"PYTHON={python}")
    assert refused.returncode != 0
    reported = [line for line in refused.stderr.splitlines() if not line.startswith("make:")]
    assert reported == [f"{python} has no venv: install it (on Debian: apt install python3-venv)"]
    assert not (project / ".venv").exists()
