"""The workflows run make, the hooks of a commit are `make check`, and the changelog is checked."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
MAKEFILE = (ROOT / "Makefile").read_text()
OLD = "# Changelog\n\n## Unreleased\n\n### Added\n\n- One.\n\n## 0.1.0 - 2026-01-01\n\n- Zero.\n"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def steps() -> list[dict[str, Any]]:
    jobs = [job for path in WORKFLOWS for job in read(path)["jobs"].values()]
    return [step for job in jobs for step in job["steps"]]


def test_workflows_call_only_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
    commands = [step["run"] for step in steps() if "run" in step]
    assert len(commands) >= 8
    for command in commands:
        called = re.fullmatch(r"make ([a-z0-9-]+)( [A-Z]+=(\S+|\$\{\{ [a-z.]+ \}\}))*", command)
        assert called, command
        assert called[1] in targets, command


def test_actions_are_pinned_by_a_major_version() -> None:
    used = {step["uses"] for step in steps() if "uses" in step}
    assert used
    assert [action for action in used if not re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action)] == []


def test_workflows_try_every_python_that_the_package_names() -> None:
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', pyproject())
    [tried] = [
        job["strategy"]["matrix"]["python"]
        for path in WORKFLOWS
        for job in read(path)["jobs"].values()
        if "python" in job.get("strategy", {}).get("matrix", {})
    ]
    assert tried == named


def test_hooks_of_a_commit_are_the_commands_of_make_check() -> None:
    environment = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    planned = subprocess.run(
        ["make", "--dry-run", "check"],  # noqa: S607 - whichever make there is
        cwd=ROOT,
        env=environment,
        check=True,
        capture_output=True,
        text=True,
        timeout=30,
    ).stdout.splitlines()
    [repository] = read(ROOT / ".pre-commit-config.yaml")["repos"]
    entries = [hook["entry"] for hook in repository["hooks"]]
    # Before them, what sets up .venv where there is none.
    recipe = MAKEFILE.partition("\ncheck:")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(entries) == len(recipe)
    assert planned[-len(entries) :] == entries


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "changelog_check", ROOT / ".ci" / "changelog_check.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "module.py").write_text("a = 1\n")
    (tmp_path / "CHANGELOG.md").write_text(OLD)
    module.git("init", "--quiet")
    module.git("add", ".")
    module.git(
        *("-c", "user.name=t", "-c", "user.email=t@example.org"), "commit", "--quiet", "-m", "first"
    )
    return module


def test_unchanged_product_needs_no_line(check: ModuleType) -> None:
    check.main("HEAD")


@pytest.mark.parametrize(
    "changelog",
    [
        pytest.param(OLD, id="no line"),
        pytest.param(OLD + "- Nought.\n", id="a line of an old release"),
        pytest.param(OLD.replace("- One.\n", ""), id="a line less"),
    ],
)
def test_changed_product_without_a_new_line_is_refused(check: ModuleType, changelog: str) -> None:
    Path("src/module.py").write_text("a = 2\n")
    Path("CHANGELOG.md").write_text(changelog)
    with pytest.raises(SystemExit, match=r"1 files .*src/module\.py.* below Unreleased"):
        check.main("HEAD")


@pytest.mark.parametrize(
    "changelog",
    [
        pytest.param(OLD.replace("- One.\n", "- One.\n- Two.\n"), id="a line"),
        pytest.param(OLD.replace("Unreleased", "Unreleased\n\n## 0.2.0 - today"), id="a release"),
    ],
)
def test_changed_product_with_a_new_line_is_accepted(check: ModuleType, changelog: str) -> None:
    Path("src/module.py").write_text("a = 2\n")
    Path("CHANGELOG.md").write_text(changelog)
    check.main("HEAD")


def test_unknown_base_is_reported_in_a_line(check: ModuleType) -> None:
    with pytest.raises(SystemExit, match=r"^changelog: git merge-base: .*nothing"):
        check.main("nothing")


def pyproject() -> str:
    return (ROOT / "pyproject.toml").read_text()
