"""What is written and which commands are run, in their order."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.systemd import host
from spot_webcam.tools.systemd.host import Ended
from spot_webcam.tools.systemd.unit import MARK
from tests.unit.tools.systemd.conftest import Computer


def commands(computer: Computer) -> list[str]:
    """Return the commands since the last call that change something, without temporary names."""
    ran = [" ".join(one.split()[:2]) for one in computer.ran if "--version" not in one]
    computer.ran.clear()
    return ran


def test_unit_is_verified_written_enabled_and_started(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.install()
    assert computer.unit.read_text().startswith(MARK)
    assert stat.S_IMODE(computer.unit.stat().st_mode) == 0o644
    assert [file.name for file in computer.units.iterdir()] == ["spot-webcam.service"]
    assert commands(computer) == [
        *("systemd-analyze verify", "systemctl enable"),
        *("systemctl daemon-reload", "systemctl restart"),
    ]
    assert "spot-webcam.service runs" in capsys.readouterr().out


def test_unit_that_runs_is_not_interrupted(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.install()
    commands(computer)
    computer.answers["systemctl is-active"] = Ended(0, "")
    computer.install()
    assert commands(computer) == [
        *("systemd-analyze verify", "systemctl enable", "systemctl is-active")
    ]
    assert "is as it was" in capsys.readouterr().out
    computer.answers["systemctl is-active"] = Ended(3, "")
    computer.install()
    assert commands(computer)[-1] == "systemctl restart"


def test_changed_unit_is_restarted(computer: Computer) -> None:
    computer.install()
    commands(computer)
    computer.answers["systemctl is-active"] = Ended(0, "")
    computer.answers["systemctl --version"] = Ended(0, "systemd 257")
    computer.install()
    assert commands(computer)[-2:] == ["systemctl daemon-reload", "systemctl restart"]


def test_image_that_is_built_has_the_unit_enabled(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    computer.at("/run/systemd/system").rmdir()
    computer.install()
    assert commands(computer) == ["systemd-analyze verify", "systemctl enable"]
    assert "is enabled: systemd, which does not run here" in capsys.readouterr().out
    computer.uninstall()
    assert computer.ran == ["systemctl disable spot-webcam.service"]
    assert not computer.unit.exists()


def test_unit_that_systemd_refuses_is_not_written(computer: Computer) -> None:
    computer.answers["systemd-analyze"] = Ended(
        1, "other.service: Unknown key\n/tmp/x/spot-webcam.service:7: no such command\n"
    )
    with pytest.raises(CouldNotRun, match=r"nothing has changed: /tmp/x/spot-.* no such command$"):
        computer.install()
    assert list(computer.units.iterdir()) == []


def test_doubts_of_systemd_are_shown(
    computer: Computer, capsys: pytest.CaptureFixture[str]
) -> None:
    doubt = "spot-webcam.service:7: Unknown key name 'X' in section 'Service', ignoring."
    computer.answers["systemd-analyze"] = Ended(0, f"other.service: it is odd\n{doubt}\n")
    computer.install()
    out = capsys.readouterr().out
    assert f"systemd-analyze: {doubt}\n" in out
    assert "odd" not in out


def test_start_that_fails_says_what_the_daemon_said(computer: Computer) -> None:
    computer.answers["systemctl restart"] = Ended(1, "Job failed.")
    with pytest.raises(CouldNotRun, match="does not start: journalctl -u spot-webcam shows why"):
        computer.install()
    errors = "the configuration has 2 errors:\nspot.toml:1: this\nspot.toml:2: that"
    computer.answers["journalctl"] = Ended(0, f"serving\nspot-webcam serve: {errors}\n")
    with pytest.raises(CouldNotRun, match=f"does not start: {errors}"):
        computer.install()


def test_interrupted_installation_says_so(computer: Computer) -> None:
    computer.answers["systemctl restart"] = Ended(-2, "")
    computer.stopping.set()
    with pytest.raises(CouldNotRun, match=r"^interrupted: run it again to finish$"):
        computer.install()
    computer.answers.pop("systemctl restart")
    computer.stopping.clear()
    computer.install()
    assert commands(computer)[-1] == "systemctl restart"


def test_command_of_systemd_that_fails_is_shown(computer: Computer) -> None:
    computer.answers["systemctl enable"] = Ended(1, "Failed to enable:\n it is masked.\n")
    with pytest.raises(
        CouldNotRun,
        match=r"systemctl enable spot-webcam.service failed: Failed to enable: it is masked",
    ):
        computer.install()


def test_folder_that_cannot_be_written_is_one_line(computer: Computer) -> None:
    computer.units.rmdir()
    with pytest.raises(CouldNotRun, match=r"spot-webcam.service cannot be written: No such file"):
        computer.install()


def test_unit_that_is_no_text_is_left_alone(computer: Computer) -> None:
    computer.unit.write_bytes(b"\xff\xfe")
    with pytest.raises(CouldNotRun, match="was not written by install-service"):
        computer.install()
    computer.unit.unlink()
    computer.unit.mkdir()
    for command in (computer.install, computer.uninstall):
        with pytest.raises(CouldNotRun, match=r"spot-webcam.service cannot be read: Is a dir"):
            command()


def test_unit_that_cannot_be_removed_is_one_line(
    computer: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    computer.install()

    def unlink(_path: Path, **_options: bool) -> None:  # root may remove whatever it can write
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "unlink", unlink)
    with pytest.raises(CouldNotRun, match=r"service cannot be removed: Read-only file system"):
        computer.uninstall()


def test_unit_of_somebody_else_is_left_alone(computer: Computer) -> None:
    computer.unit.write_text("[Service]\nExecStart=/bin/true\n")
    for command in (computer.install, computer.uninstall):
        with pytest.raises(CouldNotRun, match="was not written by install-service"):
            command()
    assert commands(computer) == []
    assert "ExecStart=/bin/true" in computer.unit.read_text()


def test_removal_may_be_repeated(computer: Computer, capsys: pytest.CaptureFixture[str]) -> None:
    computer.install()
    commands(computer)
    computer.uninstall()
    assert computer.ran == [
        "systemctl disable --now spot-webcam.service",
        "systemctl daemon-reload",
    ]
    assert not computer.unit.exists()
    computer.ran.clear()
    computer.uninstall()
    assert computer.ran == []
    assert "nothing to do" in capsys.readouterr().out
    assert computer.at("/etc/credstore/spot-webcam.payload").exists()


def test_others_than_root_learn_what_to_do(make_computer: Callable[..., Computer]) -> None:
    computer = make_computer(is_root=False)
    again = "sudo /opt/spot-webcam/bin/spot-webcam"
    with pytest.raises(CouldNotRun, match=f"root: {again} install-service, or --print"):
        computer.install()
    with pytest.raises(CouldNotRun, match=f"root: {again} uninstall-service$"):
        computer.uninstall()
    assert computer.ran == []


def test_programs_of_systemd_are_run() -> None:
    ended = host.run_command(["sh", "-c", "echo $LC_ALL; echo error >&2; exit 3"])
    assert ended == Ended(3, "C\nerror\n")
    with pytest.raises(CouldNotRun, match="there is no no-such-program: this needs systemd"):
        host.run_command(["no-such-program"])
    assert host.Host().command
    assert all(folder.is_dir() for folder in host.Host().folders)
