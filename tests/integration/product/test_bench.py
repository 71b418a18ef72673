"""The benchmark as a command: what it writes, and how it ends. No figure is judged here."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spot_webcam.app.cli.main import main
from spot_webcam.tools.bench import crowd
from spot_webcam.tools.bench.keys import KEYS, SCALING

PATIENCE_S = 30.0


@pytest.mark.timeout(120)  # some dozen processes, one after the other, on a busy machine
def test_quick_run_measures_everything_and_writes_it_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / "new" / f"bench.{name}" for name in ("json", "markdown", "svg")}
    flags = [word for name, file in files.items() for word in (f"--{name}", str(file))]
    assert main(["bench", "--quick", *flags]) == 0

    told = json.loads(files["json"].read_text())
    measured = {run["key"] for run in told["runs"]}
    assert {key for key in measured if not key.startswith(SCALING)} == {*KEYS} - {SCALING}
    pairs = {(run["key"], run["contender"]) for run in told["runs"]}
    assert {("jpeg", "ours"), ("jpeg", "helper"), ("jpeg", "floor"), ("memory", "helper")} <= pairs
    assert ("idle-raw", "floor") not in pairs
    assert {run["values"].get("failures", 0) for run in told["runs"]} == {0}
    assert told["remarks"] == []
    for row in told["rows"]:
        assert row["ok"] in {True, False}, row
    assert {cell["contender"] for cell in told["scaling"]} == {"ours", "helper"}
    assert "| measure |" in files["markdown"].read_text()
    assert files["svg"].read_text().startswith("<svg")
    assert "JPEG q75, 8 clients" in capsys.readouterr().out


def test_a_camera_that_is_not_there_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "FIRST_PICTURE_S", 1.0)
    assert main(["bench", "--quick", "--only", "jpeg", "--device", "/dev/none"]) == 1
    [line] = [one for one in capsys.readouterr().err.splitlines() if "bench" in one]
    assert "no picture" in line


def test_an_unwritable_file_is_told_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["bench", "--json", str(tmp_path / "file" / "bench.json")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "choose another file" in line


def test_interrupt_ends_all_processes() -> None:
    words = [sys.executable, "-m", "spot_webcam", "bench", "--only", "jpeg", "--seconds", "60"]
    bench = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    children = Path(f"/proc/{bench.pid}/task/{bench.pid}/children")
    try:
        started = _wait_for_children(bench, children)
        bench.send_signal(signal.SIGINT)
        _, err = bench.communicate(timeout=PATIENCE_S)
    finally:
        bench.kill()
        bench.wait()
    assert bench.returncode == 1
    assert err.splitlines()[-1] == "spot-webcam bench: interrupted"
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]


def _wait_for_children(bench: "subprocess.Popen[str]", children: Path) -> list[str]:
    """Return the bench's processes once all clients and a contender run."""
    if not children.exists():
        pytest.skip("this system does not tell a process's children")
    while len(found := children.read_text().split()) < 5:
        assert bench.poll() is None
        time.sleep(0.05)
    return found
