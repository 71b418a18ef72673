"""Extensions as users make them: the packages are real, and come from the network.

What they hold is run by tests/integration/core_io/test_own_extension.py.
"""

import hashlib
import os
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main

VARIABLE = "SPOT_WEBCAM_BUILD_EXTENSION"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(
        not os.environ.get(VARIABLE),
        reason=f"downloads 250 MB and takes minutes: set {VARIABLE}=1",
    ),
]


@pytest.fixture(autouse=True)
def epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.mark.parametrize("architecture", ["amd64", "arm64"])
def test_an_extension_is_well_formed_and_the_same_offline(
    architecture: str, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.spx", tmp_path / "second.spx"
    command = ["extension", "build", "--arch", architecture, "--output"]
    assert main([*command, str(first)]) == 0
    assert main([*command, str(second), "--offline"]) == 0
    assert digest(first) == digest(second)
    assert main(["extension", "lint", "--arch", architecture, str(first)]) == 0


def digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
