"""`serve --log-format`, and the dump of the state on SIGUSR1, of a real process."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.runtime import log_formats
from spot_webcam.fakes.robot import FakeRobot


def test_json_log_has_an_event_on_each_line(
    robot: FakeRobot, command: Any, serve_flags: list[str], credentials: tuple[str, str]
) -> None:
    process = command.start(
        *serve_flags,
        "--log-format=json",
        "--device-name=front=synthetic:?script=unplug@1s+1s",
        "--device-name=door=rtsp://viewer:hunter2@127.0.0.1:1/door",
    )
    process.wait_for("recovered after")
    process.popen.send_signal(signal.SIGUSR1)
    process.wait_for("state_dump")
    process.popen.terminate()
    ended = process.end()

    assert ended.code == 0
    events = [json.loads(line) for line in ended.err.splitlines()]
    assert all({"time", "level", "logger", "message"} <= event.keys() for event in events)
    failed = next(event for event in events if event.get("source") == "front" and "reason" in event)
    assert (failed["level"], failed["reason"]) == ("warning", "absent")
    recovered = next(event for event in events if "outage_s" in event)
    assert recovered["failures"]["absent"] >= 1
    [state] = [event["state_dump"] for event in events if "state_dump" in event]
    assert {source["name"] for source in state["sources"]} == {"front", "door"}
    assert state["robot"]["registered"] is True
    # Once per cause: the camera that is never there is one line.
    assert sum(event.get("source") == "door" and "reason" in event for event in events) == 1
    assert "hunter2" not in ended.err
    assert credentials[1] not in ended.err


def test_dump_is_one_line_for_people_and_ends_no_camera(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    process = command.start(*serve_flags, "--isolate=always", "--device-name=front=synthetic:")
    process.wait_for(": registered")
    process.wait_for("front: opened")
    # As `systemctl kill` sends it, to every process of the service.
    for child in _children(process.popen.pid):
        os.kill(child, signal.SIGHUP)
        os.kill(child, signal.SIGUSR1)
    # By default, it would end the daemon with its faults on the robot.
    process.popen.send_signal(signal.SIGHUP)
    process.wait_for("SIGHUP: there is no configuration file to load again")
    process.popen.send_signal(signal.SIGUSR1)
    log = process.wait_for("state: {")
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    [line] = [line for line in log.splitlines() if "state: {" in line]
    assert json.loads(line.partition("state: ")[2])["service_name"] == "web-cam-service"
    assert "died" not in ended.err


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def test_missing_journald_is_one_line(
    run_here: Any, monkeypatch: pytest.MonkeyPatch, serve_flags: list[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(log_formats.JournalOutput.__init__, "__defaults__", (tmp_path / "none",))
    ended = run_here(*serve_flags, "--log-format=journal", "--device-name=synthetic:")
    assert ended.code == 2
    assert "--log-format journal: no journald at" in ended.last_line


def test_file_sets_the_form_of_the_log(
    robot: FakeRobot, command: Any, serve_flags: list[str], tmp_path: Path
) -> None:
    file = tmp_path / "spot-webcam.toml"
    file.write_text('[log]\nformat = "json"\n')
    process = command.start(*serve_flags, "--config", str(file), "--device-name=synthetic:")
    process.wait_for("registered")
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert all(json.loads(line)["message"] for line in ended.err.splitlines())
