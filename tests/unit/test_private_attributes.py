"""Tests, fakes and examples reach into few private attributes, each time for a reason."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("tests", "fakes", "examples", "benchmarks")
MAX_REACHES = 10


def test_few_private_attributes_are_used_each_for_a_reason() -> None:
    reaches = [
        f"{path.relative_to(ROOT)}: {reason}"
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*.py"))
        for reason in re.findall(r"#\s*noqa:.*SLF001(.*)", path.read_text())
    ]
    assert len(reaches) <= MAX_REACHES, reaches
    assert [reach for reach in reaches if ":  - " not in reach] == []
    assert "SLF001" not in (ROOT / "pyproject.toml").read_text()
