from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.config.configuration import Configuration
from spot_webcam.app.config.load import load
from spot_webcam.app.config.problems import BadConfiguration

Load = Callable[..., Configuration]
Errors = Callable[..., list[str]]


@pytest.fixture
def load_text(tmp_path: Path) -> Load:
    """Load a configuration from a text."""

    def load_text(text: str, *, is_check: bool = False) -> Configuration:
        file = tmp_path / "spot.toml"
        file.write_text(text)
        return load(file, is_check=is_check)

    return load_text


@pytest.fixture
def errors(load_text: Load, tmp_path: Path) -> Errors:
    """Return the lines of the errors of a text, from the line number on."""

    def errors(text: str) -> list[str]:
        with pytest.raises(BadConfiguration) as caught:
            load_text(text)
        lines = str(caught.value).splitlines()
        heading = [f"the configuration has {len(lines) - 1} errors:"] if len(lines) > 1 else []
        assert lines[: len(heading)] == heading
        place = f"{tmp_path / 'spot.toml'}:"
        return [line.removeprefix(place) for line in lines[len(heading) :]]

    return errors
