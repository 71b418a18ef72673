"""The pytest plugin, as other people's projects use it."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes import pytest_plugin
from spot_webcam.fakes.pytest_fixtures import fake_robot_sdk
from spot_webcam.fakes.robot import FakeRobot

ROOT = Path(__file__).parents[3]
# A whole run of pytest; below pytest's timeout.
PROGRAM_TIMEOUT_S = 50.0
HEAVY = ("bosdyn", "grpc", "cv2", "numpy", "trustme", "spot_webcam.fakes.robot")


def run_pytest(*words: str, folder: Path) -> Any:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=PROGRAM_TIMEOUT_S,
    )


def test_example_project_passes() -> None:
    ended = run_pytest(folder=ROOT / "examples" / "pytest-fake-robot")
    assert ended.returncode == 0, ended.stdout
    assert "5 passed" in ended.stdout
    assert "warning" not in ended.stdout


def test_run_that_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import sys\n"
        "def test_it(pytestconfig):\n"
        "    assert pytestconfig.pluginmanager.has_plugin('spot-webcam')\n"
        f"    assert not set({HEAVY}) & set(sys.modules)\n"
    )
    ended = run_pytest(folder=tmp_path)
    assert ended.returncode == 0, ended.stdout


def test_fixtures_and_marker_are_reported(tmp_path: Path) -> None:
    reported = run_pytest("--fixtures", "--markers", folder=tmp_path).stdout
    assert "fake_robot(**options)" in reported
    reported = run_pytest("--fixtures", folder=tmp_path).stdout
    assert {"fake_robot", "fake_robot_sdk", "fake_robot_environment"} <= set(reported.split())


def test_markers_are_merged_and_the_nearest_wins(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.fake_robot(users={'a': 'b'}, clock_offset_s=50)\n"
        "class TestIt:\n"
        "    @pytest.mark.fake_robot(clock_offset_s=1e6)\n"
        "    def test_it(self, fake_robot):\n"
        "        import time\n"
        "        assert fake_robot.now_ns() - time.time_ns() > 1e14\n"
        "@pytest.mark.fake_robot(7)\n"
        "def test_misuse(fake_robot): ...\n"
        "@pytest.mark.fake_robot(bogus=7)\n"
        "def test_unknown(fake_robot): ...\n"
    )
    ended = run_pytest(folder=tmp_path)
    assert "1 passed, 2 errors" in ended.stdout
    assert "takes options by name only" in ended.stdout
    assert "unexpected keyword argument 'bogus'" in ended.stdout


@pytest.mark.fake_robot(clock_offset_s=1_000_000)
def test_marker_gives_options(fake_robot: FakeRobot, fake_robot_sdk: Any) -> None:
    assert fake_robot_sdk.get_id()
    assert fake_robot.now_ns() > 10**18


@pytest.mark.fake_robot(users={"operator": "secret", "admin": "another"})
def test_fixtures_log_in_as_the_robot_s_own_user(
    fake_robot_sdk: Any, fake_robot_environment: dict[str, str]
) -> None:
    assert fake_robot_sdk.list_services()
    assert fake_robot_environment["BOSDYN_CLIENT_USERNAME"] == "operator"
    assert fake_robot_environment["BOSDYN_CLIENT_PASSWORD"] == "secret"


@pytest.mark.fake_robot(users={})
def test_robot_without_users_is_reported(request: pytest.FixtureRequest) -> None:
    with pytest.raises(pytest.UsageError, match="this robot has none"):
        request.getfixturevalue("fake_robot_sdk")
    environment = request.getfixturevalue("fake_robot_environment")
    assert "BOSDYN_CLIENT_USERNAME" not in environment


def test_fixtures_can_be_imported_by_name() -> None:
    assert fake_robot_sdk is pytest_plugin.fake_robot_sdk


def test_plugin_is_loaded_again_as_it_was_before_coverage() -> None:
    # pytest loads it before its coverage is measured: what runs at import is seen here.
    spec = importlib.util.find_spec(pytest_plugin.__name__)
    assert spec is not None
    assert spec.loader is not None
    again = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(again)
    assert {name for name in vars(again) if name.startswith("fake_robot")} == {
        "fake_robot",
        "fake_robot_sdk",
        "fake_robot_environment",
    }
    lines: list[str] = []

    class Config:
        def addinivalue_line(self, name: str, line: str) -> None:
            lines.append(f"{name}: {line}")

    again.pytest_configure(Config())
    assert lines[0].startswith("markers: fake_robot(")


def test_marker_takes_names_only(request: pytest.FixtureRequest) -> None:
    request.node.add_marker(pytest.mark.fake_robot(7))
    with pytest.raises(pytest.UsageError, match="by name only"):
        request.getfixturevalue("fake_robot")
