"""The command: output, exit codes, and its page."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.tools.extension.lint.rules import SECTIONS, markdown
from tests.extension_archives import Spx

PAGE = Path(__file__).parents[5] / "docs" / "extension-lint.md"


def written(folder: Path, spx: Spx) -> str:
    file = folder / spx.name
    file.write_bytes(spx.packed())
    return str(file)


def lint(*words: str) -> int:
    return main(["extension", "lint", *words])


def test_well_formed_extension_ends_with_0(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lint(written(tmp_path, Spx())) == 0
    assert capsys.readouterr().out == "0 errors, 0 warnings\n"


def test_error_ends_with_1_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spx = Spx()
    spx.manifest["version"] = "1\x1b[31m"
    assert lint(written(tmp_path, spx)) == 1
    out = capsys.readouterr().out
    assert "error   manifest.json:1 version: it is '1\\x1b[31m' [manifest-version]\n" in out
    assert "-> write three numbers, such as 1.0.0" in out
    assert out.endswith("1 error, 0 warnings\n")


def test_control_characters_of_a_member_are_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spx = Spx()
    spx.files["../\x1b[2J\udcff"] = b""
    assert lint(written(tmp_path, spx)) == 1
    out = capsys.readouterr().out
    assert "../?[2J?: the name leads outside" in out
    assert "\x1b" not in out


def test_warning_ends_with_0_unless_strict(tmp_path: Path) -> None:
    spx = Spx()
    del spx.manifest["description"]
    file = written(tmp_path, spx)
    assert lint(file) == 0
    assert lint(file, "--strict") == 1


def test_json_has_each_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spx = Spx()
    spx.service["ports"] = ["21000:21000", "80:80"]
    assert lint(written(tmp_path, spx), "--json") == 1
    document = json.loads(capsys.readouterr().out)
    assert document["file"] == "app.spx"
    assert document["counts"] == {"error": 1, "warning": 0}
    [finding] = document["findings"]
    assert finding["rule"] == "port-range"
    assert finding["severity"] == "error"
    assert finding["member"] == "docker-compose.yml"
    assert finding["key"] == "services.app.ports[1]"
    assert finding["line"] > 1
    assert {"found", "why", "fix"} <= finding.keys()


def test_architecture_is_chosen(tmp_path: Path) -> None:
    file = written(tmp_path, Spx())
    assert lint(file, "--arch", "amd64") == 1
    assert lint(file, "--arch", "arm64") == 0


def test_file_that_cannot_be_read_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pipe = tmp_path / "pipe.spx"
    os.mkfifo(pipe)
    for file in (tmp_path / "gone.spx", tmp_path, pipe):
        assert lint(str(file)) == 2
        error = capsys.readouterr().err
        assert error.startswith("spot-webcam extension: ")
        assert error.count("\n") == 1


def test_nothing_is_written(tmp_path: Path) -> None:
    file = written(tmp_path, Spx())
    before = sorted(tmp_path.iterdir())
    lint(file)
    assert sorted(tmp_path.iterdir()) == before


def test_page_has_the_table_of_rules() -> None:
    text = PAGE.read_text()
    assert markdown() in text
    count = sum(map(len, SECTIONS.values()))
    assert f"{count} rules" in text


def test_ids_are_unique_and_plain() -> None:
    ids = [rule.id for rules in SECTIONS.values() for rule in rules]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", one) for one in ids)


def test_output_that_the_page_shows_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spx = Spx()
    spx.compose = b"""\
services:
  app:
    image: app:1
    restart: unless-stopped
    oom_score_adj: 1000
    ports:
      - "8080:8080"
"""
    assert lint(written(tmp_path, spx)) == 1
    assert f"```text\n{capsys.readouterr().out}```" in PAGE.read_text()


def test_name_that_no_file_can_have_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    assert lint(f"{300 * 'x'}.spx") == 2
    assert "cannot read FILE.spx: File name too long" in capsys.readouterr().err
