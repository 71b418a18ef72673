from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.tools.fake_robot.python_flags import isolating_flag


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        ("python3 -I script.py", "-I"),
        ("/usr/bin/python3.11 -uE -m bosdyn.client spot id", "-E"),
        ("python -W ignore -S script.py", "-S"),
        ("python -Xdev -I script.py", "-I"),
        ("pypy3 --check-hash-based-pycs always -I x.py", None),
        ("python script.py -I", None),
        ("python -m bosdyn.client -E", None),
        ("python -mtimeit -S", None),
        ("python -c 'pass' -I", None),
        ("python -WIgnore script.py", None),
        ("python - -I", None),
        ("python -u", None),
        ("python -W", None),
        ("cat -E", None),
        ("no-such-program -I", None),
    ],
)
def test_isolating_flag_is_found(words: str, flag: str | None) -> None:
    assert isolating_flag(words.split()) == flag


@pytest.mark.parametrize(
    ("first_line", "flag"),
    [
        ("#!/usr/bin/python3 -I", "-I"),
        ("#!/usr/bin/env -S python3 -sE", "-E"),
        ("#!/usr/bin/python3", None),
        ("#!/bin/sh -e", None),
        ("print('-I')", None),
    ],
)
def test_scripts_first_line_is_read(tmp_path: Path, first_line: str, flag: str | None) -> None:
    script = tmp_path / "tool"
    script.write_text(f"{first_line}\n")
    script.chmod(0o755)
    assert isolating_flag(["tool", "-I"], str(tmp_path)) == flag
    assert isolating_flag([str(script)]) == flag


def test_unreadable_script_is_accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = tmp_path / "tool"
    script.touch(0o755)

    def closed(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", closed)
    assert isolating_flag([str(script)]) is None
