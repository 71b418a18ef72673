"""What docs/core-io.md shows works."""

import argparse
import re
from pathlib import Path

from spot_webcam.tools.extension import build
from spot_webcam.tools.extension.names import (
    CREDENTIALS_FILE,
    CREDENTIALS_FOLDER,
    EXTENSION,
    IMAGE_PORT,
    PAGE_PORT,
    SETTINGS_EXTENSION,
)
from spot_webcam.tools.extension.settings import packed_settings

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "core-io.md").read_text()


def test_the_settings_are_accepted(tmp_path: Path) -> None:
    [shown] = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "spot-webcam.toml").write_text(shown)
    (tmp_path / "page-password").write_text("correct horse\n")
    (tmp_path / "page-password").chmod(0o600)
    packed = packed_settings(tmp_path / "spot-webcam.toml")
    assert [*packed] == ["spot-webcam.toml", "page-password"]


def test_flags_of_the_table_are_those_of_the_command() -> None:
    parser = argparse.ArgumentParser()
    build.add_arguments(parser)
    known = set(re.findall(r"^  (--[a-z]+)", parser.format_help(), re.MULTILINE))
    shown = set(re.findall(r"^\| `(--[a-z]+)", PAGE, re.MULTILINE))
    assert known - shown == {"--arch", "--output"}
    assert shown <= known


def test_names_and_ports_are_those_of_the_extension() -> None:
    for text in (EXTENSION, SETTINGS_EXTENSION, f"{CREDENTIALS_FOLDER}/{CREDENTIALS_FILE}"):
        assert text in PAGE
    for port in (IMAGE_PORT, PAGE_PORT):
        assert f"| {port} |" in PAGE
