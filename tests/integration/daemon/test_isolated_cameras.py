"""The daemon with cameras in processes of their own."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

OK = image_pb2.ImageResponse.STATUS_OK
IMAGE_DATA_ERROR = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
# Ten seconds between pictures, which are good for half a minute: no load makes them stale.
STEADY = "steady=synthetic:?fps=0.1"


def workers() -> list[str]:
    """Return the process ids of all cameras on this machine that the tests started."""
    found = []
    for one in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = one.read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"spot_webcam.app.cameras.worker" in words:
            found.append(one.parent.name)
    return found


def of(parent: int) -> list[str]:
    """Return those of one daemon."""
    found = []
    for pid in workers():
        stat = Path(f"/proc/{pid}/stat")
        if stat.exists() and stat.read_text().rpartition(")")[2].split()[1] == str(parent):
            found.append(pid)
    return found


@pytest.mark.parametrize("event", ["crash", "hang"])
def test_camera_that_ends_its_process_costs_one_trigger_and_one_clear(
    serve: Callable[..., Any], event: str
) -> None:
    # At four pictures a second the last one is good for 1.25 s.
    serving = serve(
        f"bad=synthetic:?size=64x48&fps=4&script={event}@2s+2s",
        STEADY,
        isolation=Isolation.ALWAYS,
    )
    serving.wait_for_status("steady", OK)
    asked = [image_pb2.ImageRequest(image_source_name=name) for name in ("bad", "steady")]
    seen: list[tuple[int, int]] = []

    def events() -> list[str]:
        return [
            event.kind
            for event in serving.robot.fault_events()
            if event.fault_name == "Image Capture Failure for bad"
        ]

    def cleared() -> bool:
        bad, steady = serving.client.get(*asked)
        seen.append((bad.status, steady.status))
        return "clear" in events()

    assert serving.eventually(cleared)
    assert {steady for _, steady in seen} == {OK}
    assert {bad for bad, _ in seen} == {OK, IMAGE_DATA_ERROR}
    assert events() == ["trigger", "clear"]
    serving.wait_for_status("bad", OK)


def test_recording_is_played_by_a_process_of_its_own(serve: Callable[..., Any], clip: Path) -> None:
    serving = serve(f"clip={clip}")
    serving.wait_for_pictures()
    assert len(workers()) >= 1


@pytest.mark.parametrize("script", ["hang@0s", "hang@1s", "crash@0s", ""])
def test_signal_ends_the_process_and_its_cameras(
    robot: FakeRobot, command: Any, serve_flags: list[str], script: str
) -> None:
    device = f"--device-name=cam=synthetic:?controls=1&script={script}"
    process = command.start(*serve_flags, "--isolate=always", "--restore-controls", device)
    process.wait_for("registered")
    assert robot.wait_for(lambda: of(process.popen.pid), PATIENCE_S)
    process.popen.send_signal(signal.SIGTERM)
    ended = process.end()
    assert ended.code == 0
    assert "Traceback" not in ended.err
    assert of(process.popen.pid) == []


def test_killed_daemon_leaves_no_camera(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    process = command.start(*serve_flags, "--isolate=always", "--device-name=synthetic:")
    process.wait_for("opened")
    before = of(process.popen.pid)
    assert len(before) == 1
    process.popen.kill()
    process.popen.wait(PATIENCE_S)
    assert robot.wait_for(lambda: not set(before) & set(workers()), PATIENCE_S)


def test_processes_log_to_where_the_daemon_does(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    flags = ["--isolate=always", "--device-name=synthetic:front", "-v"]
    process = command.start(*serve_flags, *flags)
    log = process.wait_for("this process runs synthetic:front")
    [line] = [one for one in log.splitlines() if "this process runs" in one]
    assert "DEBUG   spot_webcam.app.cameras.worker: " in line or " DEBUG   __main__: " in line
    process.popen.terminate()
    assert process.end().code == 0
