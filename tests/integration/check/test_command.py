"""`spot-webcam check` as a command: misuse, output, the end."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.fakes.robot import FakeRobot
from tests.integration.check.conftest import Serve
from tests.integration.check.services import SERVICE_NAME, Hangs, SmallService
from tests.timing import PATIENCE_S, eventually


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOSDYN_CLIENT_USERNAME", "user")
    monkeypatch.setenv("BOSDYN_CLIENT_PASSWORD", "password")


@pytest.fixture
def flags(fake_robot: FakeRobot) -> list[str]:
    return [
        *("check", fake_robot.address, "--robot-port", str(fake_robot.port)),
        *("--robot-ca", str(fake_robot.ca_file), "--image-service", SERVICE_NAME),
    ]


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["my robot"], 2, "invalid host name"),
        (["127.0.0.1", "--robot-ca", "no-such-file"], 2, "no-such-file"),
        (["127.0.0.1", "--guid", "a"], 2, "--secret"),
        (["127.0.0.1", "--secret", "a"], 2, "--guid"),
        (["127.0.0.1", "--payload-credentials-file", "no-such-file"], 2, "does not exist"),
        (["127.0.0.1", "--json", "/dev/null/check.json"], 1, "choose another file"),
        (["127.0.0.1", "--json", "/"], 1, "choose another file"),
        (["127.0.0.1", "--json", 300 * "x"], 1, "choose another file"),
    ],
)
def test_misuse_costs_one_line(
    words: list[str], code: int, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", *words]) == code
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("spot-webcam check: ")
    assert text in line


@pytest.mark.parametrize("flag", ["--duration", "--timeout"])
@pytest.mark.parametrize("value", ["nan", "0", "soon"])
def test_times_must_be_some(flag: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["check", "robot", flag, value])
    assert end.value.code == 2
    assert "give seconds" in capsys.readouterr().err


def test_without_a_login_and_a_terminal_it_says_how(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("BOSDYN_CLIENT_PASSWORD", raising=False)
    assert main(["check", "127.0.0.1", "--username", "user"]) == 2
    assert "set BOSDYN_CLIENT_USERNAME" in capsys.readouterr().err


@pytest.mark.usefixtures("login")
def test_robot_that_is_off_is_one_line(
    fake_robot: FakeRobot, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    fake_robot.power_off()
    assert main(flags) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "is it up?" in line


@pytest.mark.usefixtures("login")
def test_wrong_password_is_one_line_without_it(
    flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*flags, "--password", "hunter2"]) == 1
    shown = capsys.readouterr().err
    assert "does not accept this password of the user 'user'" in shown
    assert "hunter2" not in shown


@pytest.mark.usefixtures("login")
def test_json_on_standard_output_stands_alone(
    serve: Serve, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(SmallService):
        assert main([*flags, "--quick", "--duration", "0.2", "--json", "-"]) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["counts"]["failed"] == 0
    assert "0 failed" in shown.err


@pytest.mark.usefixtures("login")
def test_full_disk_is_one_line_after_the_table(
    serve: Serve, flags: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(SmallService):
        assert main([*flags, "--quick", "--duration", "0.2", "--json", "/dev/full"]) == 1
    shown = capsys.readouterr()
    assert "0 failed" in shown.out
    assert shown.err.splitlines()[-1].startswith("spot-webcam check: --json /dev/full: No space")


@pytest.mark.usefixtures("login")
def test_robot_that_is_off_leaves_no_empty_result(
    fake_robot: FakeRobot, flags: list[str], tmp_path: Path
) -> None:
    fake_robot.power_off()
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("of yesterday")
    assert [main([*flags, "--json", str(file)]) for file in (new, old)] == [1, 1]
    assert not new.exists()
    assert old.read_text() == "of yesterday"


def test_password_is_asked_for_on_a_terminal(
    serve: Serve, flags: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "check.json"
    words = [*flags, "--quick", "--duration", "0.2", "--json", str(file), "--username", "user"]
    with serve(SmallService), _OnATerminal(words) as terminal:
        terminal.wait_for(b"Password")
        terminal.type(b"password\n")
        assert terminal.end() == 0
    assert json.loads(file.read_text())["complete"] is True


def test_interrupt_at_the_prompt_ends_it(flags: list[str]) -> None:
    with _OnATerminal([*flags, "--username", "user"]) as terminal:
        terminal.wait_for(b"Password")
        terminal.interrupt()
        assert terminal.end() == 1
        assert b"nothing was answered" in terminal.shown


def test_interrupt_ends_with_the_table_of_what_was_done(
    serve: Serve, flags: list[str], tmp_path: Path
) -> None:
    with serve(Hangs):
        log = tmp_path / "calls"
        with log.open("wb") as err:
            words = [sys.executable, "-m", "spot_webcam", *flags, "-v", "--timeout", "60"]
            check = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=err, env=_environment(password="password")
            )
        try:
            assert eventually(
                lambda: b"no faults before" in log.read_bytes() or check.poll() is not None
            )
            assert check.poll() is None, log.read_text()
            check.send_signal(signal.SIGINT)
            out, _ = check.communicate(timeout=PATIENCE_S)
        finally:
            check.kill()
            check.wait()
    assert check.returncode == 1
    assert b"reachable" in out
    assert log.read_text().splitlines()[-1] == "spot-webcam check: interrupted: this is not all"


def _environment(**login: str) -> dict[str, str]:
    clean = {
        name: value for name, value in os.environ.items() if not name.startswith("BOSDYN_CLIENT")
    }
    if login:
        clean["BOSDYN_CLIENT_USERNAME"] = "user"
        clean["BOSDYN_CLIENT_PASSWORD"] = login["password"]
    return clean


class _OnATerminal:
    """Runs the command with a terminal to ask at."""

    def __init__(self, words: list[str]) -> None:
        self._words = [sys.executable, "-m", "spot_webcam", *words]
        self.shown = b""

    def __enter__(self) -> _OnATerminal:
        self._terminal, end = pty.openpty()
        self._process = subprocess.Popen(
            self._words,
            stdin=end,
            stdout=end,
            stderr=end,
            env=_environment(),
            start_new_session=True,
        )
        os.close(end)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def wait_for(self, text: bytes) -> None:
        while text not in self.shown:
            assert self._read(), self.shown

    def type(self, text: bytes) -> None:
        os.write(self._terminal, text)

    def interrupt(self) -> None:
        """Interrupt it as a user does, again if nothing happens: Python loses a signal that comes
        just before it begins to read.
        """
        while self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(PATIENCE_S / 10)

    def end(self) -> int:
        while self._read():
            pass
        return self._process.wait(PATIENCE_S)

    def _read(self) -> bool:
        try:
            data = os.read(self._terminal, 4096)
        except OSError:  # the process has closed its side
            return False
        self.shown += data
        return bool(data)
