"""`spot-webcam healthcheck` finds daemons among processes, and says that none runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.tools import healthcheck
from spot_webcam.tools.healthcheck import daemons_in

BIN = "/opt/spot-webcam/bin"


def add_process(proc: Path, number: str, *words: str, network: str = "net:[1]") -> None:
    (proc / number / "ns").mkdir(parents=True)
    (proc / number / "ns" / "net").symlink_to(network)
    (proc / number / "cmdline").write_text("\0".join((*words, "")))


def test_daemons_of_this_network_are_found(tmp_path: Path) -> None:
    add_process(tmp_path, "self", f"{BIN}/spot-webcam", "healthcheck")
    found = {
        "1": (f"{BIN}/python", f"{BIN}/spot-webcam", "serve", "192.168.50.3"),
        "2": (f"{BIN}/spot-webcam", "serve"),
        "3": (f"{BIN}/python", "-m", "spot_webcam", "serve", "--config", "FILE"),
    }
    others = {
        "4": (f"{BIN}/python", f"{BIN}/spot-webcam", "healthcheck"),
        "5": ("sh", "-c", "spot-webcam serve"),
        "6": ("serve", "spot-webcam"),
        "7": (),
        "10": ("/sbin/docker-init", "--", "spot-webcam", "serve", "192.168.50.3"),
        "11": (f"{BIN}/python",),
    }
    for number, words in (found | others).items():
        add_process(tmp_path, number, *words)
    add_process(tmp_path, "8", *found["1"], network="net:[2]")
    (tmp_path / "9").mkdir()  # it has ended
    add_process(tmp_path, "12")
    (tmp_path / "12" / "cmdline").write_text("python")  # a title
    assert {process.name for process in daemons_in(tmp_path)} == set(found)


def test_no_daemon_is_no_health(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(healthcheck, "daemons_in", lambda _: [])
    assert main(["healthcheck"]) == 1
    assert capsys.readouterr().err == (
        "spot-webcam healthcheck: no daemon of this user runs here: start it with spot-webcam"
        " serve\n"
    )


def test_it_takes_no_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["healthcheck", "--port", "21000"])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
