"""The package as it is installed, not as it lies in the checkout."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spot_webcam import __version__

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy: setuptools leaves its build folder where it builds."""
    pytest.importorskip("setuptools", reason="wheels are built by setuptools")
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    for name in ("src", "fakes"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", str(out), str(copy)),
        ],
        check=True,
        timeout=60,
    )
    [built] = out.glob("*.whl")
    return built


def test_the_wheel_holds_every_file_of_the_checkout(wheel: Path) -> None:
    expected = {f"spot_webcam/{path.relative_to(ROOT / 'src')}" for path in _files("src")}
    expected |= {f"spot_webcam/{path.relative_to(ROOT)}" for path in _files("fakes")}
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert held == expected


def test_the_wheel_has_the_command(wheel: Path) -> None:
    files = zipfile.ZipFile(wheel)
    [points] = [name for name in files.namelist() if name.endswith("entry_points.txt")]
    assert "spot-webcam = spot_webcam.app.cli.entry:main" in files.read(points).decode()


def test_the_installed_command_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as files:
        files.extractall(tmp_path / "installed")
    ended = subprocess.run(
        [sys.executable, "-m", "spot_webcam", "--version"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "installed")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (ended.returncode, ended.stdout) == (0, f"spot-webcam {__version__}\n"), ended.stderr


def _files(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
