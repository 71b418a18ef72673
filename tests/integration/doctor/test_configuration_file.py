"""The doctor of a configuration file: its errors, what it sets, who can read its secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.doctor.conftest import Outcome

Examine = Callable[[str], Outcome]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "spot-webcam.toml"


@pytest.fixture
def examine(file: Path, capsys: pytest.CaptureFixture[str]) -> Examine:
    """Examine a file of this text."""

    def examine(text: str) -> Outcome:
        file.write_text(text)
        file.chmod(0o644)
        code = main(["doctor", "--config", str(file), "--json"])
        return Outcome(code, json.loads(capsys.readouterr().out)["findings"])

    return examine


def test_file_alone_is_enough(examine: Examine, robot: FakeRobot, credentials_file: Path) -> None:
    found = examine(f"""
        [robot]
        hostname = "{robot.address}"
        port = {robot.port}
        ca_file = "{robot.ca_file}"
        [credentials]
        file = "{credentials_file.name}"
        [[cameras]]
        name = "front"
        device = "synthetic:?size=320x240"
        rotation = 90
        [[cameras]]
        name = "back"
        device = "synthetic:?script=black@0s"
    """)
    assert "is valid" in found.of("ok")["config"]
    assert "240x320" in found.of("ok")["camera front"]
    assert "is the lens covered" in found.of("error")["camera back"]
    assert "the robot reaches" in found.of("ok")["forwarding"]
    assert found.of("warning") == {}
    assert found.code == 1


def test_each_error_of_a_file_is_a_finding_and_nothing_else_is_missing(examine: Examine) -> None:
    found = examine('[robot]\nhostnam = "spot"\n[[cameras]]\ndevice = "0"\nfps = "fast"\n')
    text = found.of("error")["config"]
    assert "spot-webcam.toml:2:" in text
    assert "did you mean hostname?" in text
    assert "spot-webcam.toml:5:" in text
    assert set(found.of("error")) == {"config"}
    assert found.code == 1


def test_parameter_that_a_camera_lacks_is_a_warning(
    examine: Examine, robot: FakeRobot, credentials_file: Path
) -> None:
    found = examine(f"""
        [robot]
        hostname = "{robot.address}"
        port = {robot.port}
        ca_file = "{robot.ca_file}"
        [credentials]
        file = "{credentials_file}"
        [[cameras]]
        name = "front"
        device = "synthetic:?controls=1"
        parameters = {{ zoom = 3 }}
    """)
    assert "cannot set the parameters" in found.of("warning")["camera front"]
    assert "camera front" in found.of("ok")


def test_text_that_is_no_toml_is_a_finding(examine: Examine) -> None:
    assert "no TOML" in examine("[robot").of("error")["config"]


def test_secrets_of_a_file_that_others_can_read_are_found(
    examine: Examine, file: Path, robot: FakeRobot, credentials_file: Path
) -> None:
    password = file.parent / "front-password"
    password.write_text("hunter2\n")
    password.chmod(0o640)
    found = examine(f"""
        [robot]
        hostname = "{robot.address}"
        port = {robot.port}
        ca_file = "{robot.ca_file}"
        [credentials]
        file = "{credentials_file}"
        [[cameras]]
        device = "http://127.0.0.1:1/front"
        user = "viewer"
        password_file = "front-password"
        [[cameras]]
        device = "http://viewer:hunter3@127.0.0.1:1/back"
    """)
    text = found.of("warning")["secrets"]
    assert "front-password has mode 640" in text
    assert "spot-webcam.toml has mode 644" in text
    assert str(credentials_file) in found.of("ok")["secrets"]
    assert "hunter" not in str(found.findings)
