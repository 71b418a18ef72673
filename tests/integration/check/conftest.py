from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun, OneLineParser
from spot_webcam.fakes.pytest_fixtures import fake_robot, fake_robot_sdk
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.check import add_arguments
from spot_webcam.tools.check import run as run_check
from tests.integration.check.services import SERVICE_NAME, SmallService, served

__all__ = ["fake_robot", "fake_robot_sdk"]

# What a starved host makes slow, of the best service.
PACE = {"times", "clients at once"}

Check = Callable[..., "Outcome"]
Serve = Callable[[type[SmallService]], AbstractContextManager[SmallService]]


@dataclass(frozen=True)
class Outcome:
    """What a run of the command found."""

    code: int
    document: dict[str, Any]

    def lines(self, verdict: str) -> dict[str, str]:
        """Return the reasons of the lines of a verdict by their checks."""
        found: dict[str, list[str]] = {}
        for line in self.document["lines"]:
            if line["verdict"] == verdict:
                found.setdefault(line["check"], []).append(line["reason"])
        return {check: "; ".join(reasons) for check, reasons in found.items()}

    def warnings(self) -> dict[str, str]:
        """Return those lines that no host is to blame for."""
        return {check: why for check, why in self.lines("warn").items() if check not in PACE}


@pytest.fixture
def check(
    fake_robot: FakeRobot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Check]:
    """Run the command quickly against the fake robot, in this process."""
    monkeypatch.setenv("BOSDYN_CLIENT_USERNAME", "user")
    monkeypatch.setenv("BOSDYN_CLIENT_PASSWORD", "password")

    def check(
        *words: str, service: str = SERVICE_NAME, stopping: threading.Event | None = None
    ) -> Outcome:
        parser = OneLineParser()
        add_arguments(parser)
        file = tmp_path / "check.json"
        options = parser.parse_args(
            [
                *(fake_robot.address, "--robot-port", str(fake_robot.port)),
                *("--robot-ca", str(fake_robot.ca_file), "--image-service", service),
                *("--quick", "--json", str(file), *words),
            ]
        )
        try:
            code = run_check(options, stopping or threading.Event())
        except CouldNotRun:
            code = 1
        return Outcome(code, json.loads(file.read_text()))

    return check


@pytest.fixture
def serve(fake_robot: FakeRobot, fake_robot_sdk: Any) -> Serve:
    """Serve a service, and register it with the fake robot."""
    return partial(served, fake_robot, fake_robot_sdk)
