"""The source distribution: what README names, the tests, and a tree that builds and runs."""

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
# Below pytest's timeout.
PROGRAM_TIMEOUT_S = 50.0
# Not of the checkout, or of no use outside of it.
LEFT_OUT = (".git", ".venv*", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info", "typings")
FOLDERS = (".ci", ".github", "benchmarks", "docs", "examples", "fakes", "src", "tests")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the sdist from a copy of the checkout, and unpack it."""
    pytest.importorskip("setuptools", reason="sdists are built by setuptools")
    copy = tmp_path_factory.mktemp("checkout") / "copy"
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*LEFT_OUT, "build", "dist", "out"))
    out = tmp_path_factory.mktemp("sdist")
    run(
        copy,
        sys.executable,
        "-c",
        f"import setuptools.build_meta as b; b.build_sdist({str(out)!r})",
    )
    [packed] = out.glob("spot_webcam-*.tar.gz")
    run(out, "tar", "-xzf", str(packed))
    [unpacked] = (path for path in out.iterdir() if path.is_dir())
    return unpacked


def run(folder: Path, *command: str) -> str:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=PROGRAM_TIMEOUT_S,
    ).stdout


def files_of(root: Path) -> set[str]:
    paths = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    names = {str(path.relative_to(root)) for path in paths}
    return {name for name in names if "__pycache__" not in name and "_cache/" not in name}


def test_every_file_of_the_folders_is_in_the_sdist(tree: Path) -> None:
    assert files_of(tree) == files_of(ROOT)
    assert not (tree / "typings").exists()


def test_everything_that_the_documents_link_to_is_in_the_sdist(tree: Path) -> None:
    documents = [tree / "README.md", tree / "CONTRIBUTING.md", *(tree / "docs").rglob("*.md")]
    links = [
        (document, link)
        for document in documents
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text())
    ]
    assert len(links) > 20
    for document, link in links:
        assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_make_finds_what_it_needs_in_the_sdist(tree: Path) -> None:
    planned = run(tree, "make", "--dry-run", "demo", "test", f"PYTHON={sys.executable}")
    assert "-m venv --clear .venv" in planned
    assert "-c constraints.txt -e '.[http,test,check]'" in planned
    assert (tree / "constraints.txt").exists()
    assert ".venv/bin/spot-webcam demo" in planned


def test_wheel_is_built_from_the_sdist(tree: Path, tmp_path: Path) -> None:
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(tree, *pip, "--wheel-dir", str(tmp_path), ".")
    assert list(tmp_path.glob("spot_webcam-*.whl"))
