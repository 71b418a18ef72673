from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.fakes.pytest_fixtures import fake_robot
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.daemon.conftest import command, robot

__all__ = ["command", "fake_robot", "robot"]

GUID, SECRET = "22222222-3333-4444-5555-666666666666", "a-secret-of-this-test"

Doctor = Callable[..., "Outcome"]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command found."""

    code: int
    findings: list[dict[str, str]]

    def of(self, severity: str) -> dict[str, str]:
        """Return all that the findings of a severity say, by what they are about."""
        found: dict[str, str] = {}
        for one in self.findings:
            if one["severity"] == severity:
                text = "\n".join((one["found"], one["meaning"], one["advice"]))
                found[one["about"]] = found.get(one["about"], "") + text
        return found


@pytest.fixture
def credentials_file(tmp_path: Path) -> Path:
    file = tmp_path / "credentials"
    file.write_text(f"{GUID}\n{SECRET}\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def flags(robot: FakeRobot, credentials_file: Path) -> list[str]:
    """A robot, and credentials that it knows."""
    return [
        *(robot.address, "--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--payload-credentials-file", str(credentials_file)),
    ]


@pytest.fixture
def doctor(flags: list[str], capsys: pytest.CaptureFixture[str]) -> Doctor:
    """Run the command in this process, with those flags, and a camera if one is named."""

    def doctor(*words: str, flags: list[str] = flags, device: str = "") -> Outcome:
        capsys.readouterr()
        # Each camera is watched for seconds.
        cameras = ["--device-name", device] if device else ["--hotplug", "usb:none"]
        code = main(["doctor", *flags, "--json", *cameras, *words])
        return Outcome(code, json.loads(capsys.readouterr().out)["findings"])

    return doctor


def outcome(ended: Any) -> Outcome:
    """Return the outcome of a process that has ended."""
    return Outcome(ended.code, json.loads(ended.out)["findings"])
