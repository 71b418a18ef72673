import json
import os
from pathlib import Path

import pytest

from spot_webcam.fakes.sdk_programs import Redirection, Target

TARGET = Target("127.0.0.1", 1234, "the CA", 4321, user="user", password="password")


def folder_of(redirection: Redirection) -> Path:
    return Path(redirection.environment["PYTHONPATH"].split(os.pathsep)[0])


def test_environment_is_added_to() -> None:
    environ = {"PYTHONPATH": "/mine", "BOSDYN_CLIENT_USERNAME": "admin", "HOME": "/home/me"}
    with Redirection(TARGET, environ) as redirection:
        folder = folder_of(redirection)
        assert redirection.environment == {
            "PYTHONPATH": f"{folder}{os.pathsep}/mine",
            "BOSDYN_CLIENT_USERNAME": "user",
            "BOSDYN_CLIENT_PASSWORD": "password",
            "HOME": "/home/me",
        }
    assert environ["PYTHONPATH"] == "/mine"


def test_login_of_another_robot_is_not_passed_on() -> None:
    environ = {"BOSDYN_CLIENT_USERNAME": "admin", "BOSDYN_CLIENT_PASSWORD": "its own", "HOME": "/"}
    with Redirection(Target("127.0.0.1", 1234, "", 4321), environ) as redirection:
        assert "BOSDYN_CLIENT_USERNAME" not in redirection.environment
        assert "BOSDYN_CLIENT_PASSWORD" not in redirection.environment


def test_environment_is_this_process_s_own_when_none_is_given() -> None:
    with Redirection(TARGET) as redirection:
        assert redirection.environment["PATH"] == os.environ["PATH"]


def test_control_port_is_this_robot_s() -> None:
    environ = {"SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT": "1"}
    with Redirection(TARGET, environ) as redirection:
        assert "SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT" not in redirection.environment
    with Redirection(Target("127.0.0.1", 1234, "", 4321, 2), environ) as redirection:
        assert redirection.environment["SPOT_WEBCAM_FAKE_ROBOT_CONTROL_PORT"] == "2"


def test_folder_holds_what_is_injected_and_is_removed() -> None:
    with Redirection(TARGET, {}) as redirection:
        folder = folder_of(redirection)
        assert json.loads((folder / "fake_robot.json").read_text())["port"] == 1234
        assert redirection.ca_file.read_text() == "the CA"
        for name in ("sitecustomize.py", "spot_webcam_fake_robot.py"):
            compile((folder / name).read_text(), name, "exec")
        assert not redirection.was_noticed()
        (folder / "seen").touch()
        assert redirection.was_noticed()
    assert not folder.exists()


def test_folder_that_cannot_be_filled_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError("No space left on device")

    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        Redirection(TARGET, {})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("environ", "no_proxy", "no_grpc_proxy"),
    [
        ({"HOME": "/"}, None, None),
        ({"http_proxy": "p"}, "127.0.0.1", None),
        ({"HTTPS_PROXY": "p", "NO_PROXY": "a,b"}, "a,b,127.0.0.1", None),
        ({"no_proxy": "a", "NO_PROXY": "b"}, "a,127.0.0.1", None),
        ({"no_grpc_proxy": "a"}, "127.0.0.1", "a,127.0.0.1"),
    ],
)
def test_fake_robot_is_not_sought_behind_a_proxy(
    environ: dict[str, str], no_proxy: str | None, no_grpc_proxy: str | None
) -> None:
    with Redirection(TARGET, environ) as redirection:
        assert redirection.environment.get("no_proxy") == no_proxy
        assert redirection.environment.get("no_grpc_proxy") == no_grpc_proxy
