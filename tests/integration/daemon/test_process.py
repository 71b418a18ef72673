"""The command as a process: signals, exit codes, what it prints."""

import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spot_webcam import __version__
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

COMMANDS = ("serve", "demo", "fake-robot")
SERVE_FLAGS = (
    *("--guid", "--secret", "--payload-credentials-file", "--host-ip", "--port", "/dev/video0"),
    *("--device-name", "--robot-port", "--robot-ca", "--service-name", "--authority"),
    *("--res-width", "--res-height", "--fps", "--codec", "--on-demand", "--takeover", "-v"),
    *("--allow-from", "--isolate", "--serve-damaged", "--transcode", "--hotplug", "--config"),
    "--live-data",
)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_unregisters_and_ends_with_0(
    number: signal.Signals, robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    process = command.start(
        *serve_flags, "--device-name=gone=synthetic:?script=absent@0s", "--device-name=synthetic:"
    )
    assert robot.wait_for(robot.faults, PATIENCE_S)

    process.popen.send_signal(number)
    ended = process.end()

    assert ended.code == 0
    assert robot.services() == []
    assert robot.faults() == []
    assert f"{number.name}: stopping" in ended.err
    assert "unregistered" in ended.err
    assert "Traceback" not in ended.err
    assert "threads still blocked" not in ended.err


def test_signal_ends_a_process_whose_robot_is_silent(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    robot.stop_responding(600)
    process = command.start(*serve_flags, "--device-name=synthetic:")
    assert robot.wait_for(robot.unanswered_calls, PATIENCE_S)
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    # No camera is at fault, and none must be blamed.
    assert "capture-" not in ended.err
    assert "camera" not in ended.last_line


def test_threads_that_do_not_end_are_named(
    robot: FakeRobot, command: Any, serve_flags: list[str], tmp_path: Path
) -> None:
    # A name server that is silent, and one camera, which is well.
    program = tmp_path / "serve.py"
    program.write_text(
        "import sys, threading\n"
        "from spot_webcam.adapters.bosdyn.robot.link import RobotLink\n"
        "from spot_webcam.app.cli import entry\n"
        "def resolve(link):\n"
        "    print('resolving', file=sys.stderr, flush=True)\n"
        "    threading.Event().wait()\n"
        "RobotLink.connect = resolve\n"
        "entry.main()\n"
    )
    process = command.start(
        *serve_flags, "--device-name=well=synthetic:", program=(sys.executable, str(program))
    )
    process.wait_for("well: opened")
    process.wait_for("resolving")
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert ended.last_line.endswith("operating system: robot-session")


def test_own_name_need_not_resolve_yet(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    # Which a name server that is silent would hold up, a signal with it.
    process = command.start(
        *serve_flags, "--host-ip=payload.invalid", "--port=0", "--device-name=synthetic:"
    )
    process.wait_for(": registered")
    [entry] = robot.services()
    assert entry.endpoint.startswith("payload.invalid:")
    process.popen.terminate()
    assert process.end().code == 0


def test_directory_entry_is_what_the_flags_say(
    robot: FakeRobot, command: Any, tmp_path: Path, credentials: tuple[str, str]
) -> None:
    file = tmp_path / "credentials"
    file.write_text("\n".join(credentials))
    port = _free_port()
    process = command.start(
        *("serve", robot.address, "--robot-port", str(robot.port)),
        *("--robot-ca", str(robot.ca_file), "--host-ip", robot.address),
        *("--payload-credentials-file", str(file), "--device-name", "synthetic:"),
        *("--service-name", "other-service", "--authority", "other.authority"),
        *("--port", str(port)),
    )
    assert robot.wait_for(robot.services, PATIENCE_S)
    [entry] = robot.services()
    assert (entry.name, entry.authority) == ("other-service", "other.authority")
    assert entry.endpoint == f"127.0.0.1:{port}"
    process.popen.terminate()
    assert process.end().code == 0


def test_authority_of_another_service_is_reported(
    robot: FakeRobot, command: Any, serve_flags: list[str], start_daemon: Callable[..., Any]
) -> None:
    # Two services of one payload computer: a new name needs a new authority, too.
    start_daemon(robot, "synthetic:")
    process = command.start(*serve_flags, "--service-name=second", "--device-name=synthetic:")
    log = process.wait_for("register: ")
    assert "--authority" in log.partition("register: ")[2].partition("\n")[0]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize("flags", [(), ("-v",)], ids=["quiet", "verbose"])
def test_credentials_are_never_printed(
    flags: tuple[str, ...],
    robot: FakeRobot,
    command: Any,
    serve_flags: list[str],
    credentials: tuple[str, str],
) -> None:
    process = command.start(*serve_flags, *flags, "--device-name=synthetic:")
    process.wait_for(": registered")
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert credentials[1] not in ended.out + ended.err
    # How every token of the robot begins.
    assert "eyJ" not in ended.out + ended.err


def test_passwords_of_cameras_are_never_reported(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    passwords = {
        "hunter1": "rtsp://operator:hunter1@127.0.0.1:1/front",
        "hunter%2F2": "http://operator:hunter%2F2@127.0.0.1:1/back?stream=1",
        # FFmpeg takes the last @ for the end of the password.
        "hunter3": "rtsp://operator:p@hunter3@127.0.0.1:1/door",
        # Without a path, as cameras with one stream have it.
        "hunter4": "rtsp://operator:hunter4@127.0.0.1:1",
        "hunter5": "rtsp://operator:hunter5@127.0.0.1:2/",
    }
    devices = [f"--device-name={device}" for device in passwords.values()]
    process = command.start(*serve_flags, "-v", *devices)
    assert robot.wait_for(lambda: len(robot.faults()) == len(devices), PATIENCE_S)
    reported = str(robot.faults())
    process.popen.terminate()
    ended = process.end()
    assert ended.code == 0
    assert [one for one in passwords if one in ended.out + ended.err + reported] == []


def test_version_is_reported(run_here: Callable[..., Any]) -> None:
    ended = run_here("--version")
    assert (ended.code, ended.out, ended.err) == (0, f"spot-webcam {__version__}\n", "")


@pytest.mark.parametrize("words", [(), ("serve",), ("fake-robot",)])
def test_help_is_reported(words: tuple[str, ...], run_here: Callable[..., Any]) -> None:
    ended = run_here(*words, "--help")
    assert ended.code == 0
    assert ended.err == ""
    assert ended.out.startswith(f"usage: {' '.join(['spot-webcam', *words])} ")
    if not words:
        assert all(name in ended.out for name in COMMANDS)
    if words == ("serve",):
        assert all(flag in ended.out for flag in SERVE_FLAGS)


@pytest.mark.parametrize("words", [("--version",), ("serve", "--bogus")])
def test_module_is_the_same_command(words: tuple[str, ...], command: Any) -> None:
    script = shutil.which("spot-webcam", path=str(Path(sys.executable).parent))
    if script is None:
        pytest.skip("the command is not installed beside this Python")
    assert command.run(*words, program=(script,)) == command.run(*words)


def test_fake_robot_serves_until_it_is_asked_to_stop(command: Any, tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    robot = command.start("fake-robot", "--port", "0", "--ca-file", str(ca_file))
    guide = robot.wait_for("Ctrl-C ends it.", robot.out_file)
    port = guide.partition("127.0.0.1:")[2].partition(";")[0]
    assert "BEGIN CERTIFICATE" in ca_file.read_text()
    daemon = command.start(
        *("serve", "127.0.0.1", "--robot-port", port, "--robot-ca", str(ca_file)),
        *("--guid", "fake-payload", "--secret", "fake-secret"),
        *("--host-ip", "127.0.0.1", "--device-name", "synthetic:"),
    )
    daemon.wait_for("registered")
    for process in (daemon, robot):
        process.popen.terminate()
        assert process.end().code == 0


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells what is open")
def test_standard_descriptors_that_are_closed_go_nowhere(
    robot: FakeRobot, command: Any, serve_flags: list[str]
) -> None:
    # A socket of ours would get their numbers, and what native code prints.
    closing = ("sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", sys.executable, "-m", "spot_webcam")
    process = command.start(*serve_flags, "--device-name=synthetic:", program=closing)
    assert robot.wait_for(robot.services, PATIENCE_S)
    opened = Path(f"/proc/{process.popen.pid}/fd")
    assert {str((opened / number).readlink()) for number in "012"} == {os.devnull}
    process.popen.terminate()
    assert process.end().code == 0
