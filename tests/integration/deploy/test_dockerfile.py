"""The order of the Dockerfile, and that it gets what it copies; hadolint checks its form."""

from __future__ import annotations

import fnmatch
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
STAGES = re.split(r"^(?=FROM )", TEXT, flags=re.MULTILINE)[1:]


def copied(stage: str) -> list[str]:
    """Return what a stage copies of the tree."""
    lines = re.findall(r"^COPY (?!--from)(.*)$", stage, re.MULTILINE)
    return [word.rstrip("/") for line in lines for word in line.split()[:-1]]


def test_dependencies_come_before_all_code() -> None:
    dependencies, product, last = STAGES
    assert copied(dependencies) == ["src/tools/extension/requirements.txt"]
    assert {"src", "fakes", "pyproject.toml"} <= set(copied(product))
    assert copied(last) == []
    assert last.index("--from=dependencies") < last.index("--from=product")


def test_everything_installed_has_a_hash() -> None:
    installs = [line for line in TEXT.splitlines() if " install " in line]
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-index --no-deps" in line for line in installs)


def test_last_stage_is_unprivileged_and_has_its_check() -> None:
    last = STAGES[-1]
    for instruction in ("USER 999", "STOPSIGNAL SIGTERM", 'ENTRYPOINT ["spot-webcam", "serve"]'):
        assert f"\n{instruction}\n" in last
    assert re.search(r'^HEALTHCHECK .* CMD \["spot-webcam", "healthcheck"\]$', last, re.MULTILINE)
    assert last.index("\nRUN ") < last.index("\nUSER ")
    assert not re.search(r"^ADD ", TEXT, re.MULTILINE)
    # The same image for amd64 and arm64.
    assert not re.search(r"amd64|arm64|x86|aarch64", re.sub(r"#.*", "", TEXT))


def test_context_has_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    kept = {rule[1:] for rule in rules if rule.startswith("!")}
    wanted = [path for stage in STAGES for path in copied(stage)]
    assert {path.split("/")[0] for path in wanted} == kept
    for path in wanted:
        assert (ROOT / path).exists()
        assert not any(fnmatch.fnmatch(path, rule) for rule in rules if rule.startswith("**"))
