"""The benchmark as a command: what it writes, and how it ends. No figure is judged here."""

import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.app.cli.main import main
from spot_webcam.tools.bench.benchmark import QUICK, bench
from spot_webcam.tools.bench.contender import Contender
from spot_webcam.tools.bench.loads import LOADS
from spot_webcam.tools.bench.output import Outputs
from spot_webcam.tools.bench.report import ROWS
from tests.timing import PATIENCE_S, eventually

pytestmark = pytest.mark.slow


@pytest.mark.timeout(120)  # some processes, one after the other, on a busy machine
def test_quick_run_measures_everything_and_writes_it_down(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    json_file, markdown_file = tmp_path / "new" / "bench.json", tmp_path / "new" / "bench.md"
    # The installation under test is its own baseline.
    flags = [
        "--baseline",
        sys.executable,
        "--json",
        str(json_file),
        "--markdown",
        str(markdown_file),
    ]
    assert main(["bench", "--quick", *flags]) == 0

    written = json.loads(json_file.read_text())
    pairs = {(measured["load"], measured["contender"]) for measured in written["slices"]}
    assert pairs == {
        (key, contender)
        for key, load in LOADS.items()
        for contender in load.contenders(has_baseline=True)
    }
    assert [row["measure"] for row in written["rows"]] == [spec.title for spec in ROWS]
    for row in written["rows"]:
        assert {"serve", "baseline", "helper"} <= set(row["values"])
        if "no client" not in row["measure"]:  # short as it is, a busy machine may not run it
            assert all(spread["median"] > 0 for spread in row["values"].values()), row
            assert all(spread["median"] > 0 for spread in row["ratios"].values()), row
    assert "| measure | serve | baseline | helper | bare |" in markdown_file.read_text()
    assert "JPEG q75, 8 clients" in capsys.readouterr().out


def test_missing_camera_is_one_line() -> None:
    settings = replace(QUICK, loads=("jpeg",), device="/dev/none", first_picture_timeout_s=1.0)
    with pytest.raises(CouldNotRun, match=r"serve sent no image within 1 s: .*/dev/none"):
        bench(settings, Outputs(), threading.Event())


def test_unwritable_file_is_reported_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    assert main(["bench", "--json", str(tmp_path / "file" / "bench.json")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "choose another file" in line


def test_baseline_that_cannot_be_started_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench", "--quick", "--only", "idle", "--baseline", "/none/python"]
    assert main(words) == 1
    line = capsys.readouterr().err.splitlines()[-1]
    assert "spot-webcam bench: baseline cannot be started" in line
    assert "/none/python" in line


def test_contender_that_ends_is_reported_with_its_last_line(tmp_path: Path) -> None:
    program = "import sys; sys.exit('first line\\nthe port is in use')"
    command = [sys.executable, "-c", program]
    with (
        Contender("helper", command, 1, tmp_path / "log", threading.Event()) as contender,
        pytest.raises(CouldNotRun, match="helper has ended with 1: the port is in use"),
    ):
        contender.wait_until(contender.is_listening, "listen")


def test_interrupt_ends_all_processes() -> None:
    command = [sys.executable, "-m", "spot_webcam", "bench", "--quick"]
    words = [*command, "--only", "jpeg", "--seconds", "60"]
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    bench = subprocess.Popen(words, **pipes, text=True, start_new_session=True)
    children = Path(f"/proc/{bench.pid}/task/{bench.pid}/children")
    try:
        started = _wait_for_children(bench, children)
        # As a terminal does, to all processes of the foreground.
        os.killpg(bench.pid, signal.SIGINT)
        _, err = bench.communicate(timeout=PATIENCE_S)
    finally:
        bench.kill()
        bench.wait()
    assert bench.returncode == 1
    assert err.splitlines()[-1] == "spot-webcam bench: interrupted"
    assert "Traceback" not in err
    # The resource tracker of multiprocessing ends by itself, when its pipe does.
    assert eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in started))


def _wait_for_children(bench: "subprocess.Popen[str]", children: Path) -> list[str]:
    """Return the benchmark's processes once all clients and a contender run."""
    if not children.exists():
        pytest.skip("this system does not list a process's children")
    # A process of clients, the resource tracker of multiprocessing, and a contender.
    found: list[str] = []

    def are_running() -> bool:
        assert bench.poll() is None
        found[:] = children.read_text().split()
        return len(found) >= 3

    assert eventually(are_running)
    return found
