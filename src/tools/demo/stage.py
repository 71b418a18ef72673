"""A fake robot, the daemon as a process of its own, and a client."""

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.app.daemon import SERVICE_NAME
from spot_webcam.domain.robot_access import RobotAddress
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.demo.cast import Part
from spot_webcam.tools.robot_clients.image_client import ImageRequester

GUID, SECRET = "demo-payload", "demo-secret"
USER, PASSWORD = "user", "password"

# A busy machine takes its time to start a Python.
REGISTERED_TIMEOUT_S = 60.0
LOOK_S = 0.2
STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Stage:
    """What the play plays on."""

    robot: FakeRobot
    daemon: "subprocess.Popen[bytes]"
    client: ImageRequester


@contextmanager
def stage(
    parts: Sequence[Part], folder: Path, log: Path, stopping: threading.Event
) -> Iterator[Stage]:
    """Set up robot, daemon and client, in this order, and take them down in the other.

    Raises:
        CouldNotRun: the daemon did not register, or `stopping` is set.
    """
    with FakeRobot(ca_file=folder / "robot-ca.pem") as robot, log.open("wb") as log_file:
        robot.register_payload(GUID, SECRET, name="demo payload")
        credentials = folder / "credentials"
        credentials.write_text(f"{GUID}\n{SECRET}\n")
        daemon = subprocess.Popen(  # noqa: S603 - our own program
            _command(robot, credentials, parts), stdout=log_file, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_registered(robot, daemon, log, stopping)
            address = RobotAddress(robot.address, robot.port, robot.ca_file)
            client = ImageRequester(address, USER, PASSWORD, SERVICE_NAME)
            try:
                yield Stage(robot, daemon, client)
            finally:
                client.close()
        finally:
            stop(daemon)


def _wait_until_registered(
    robot: FakeRobot, daemon: "subprocess.Popen[bytes]", log: Path, stopping: threading.Event
) -> None:
    for _ in range(round(REGISTERED_TIMEOUT_S / LOOK_S)):
        if robot.wait_for(robot.services, LOOK_S):
            return
        if stopping.is_set():
            raise CouldNotRun("interrupted")
        if daemon.poll() is not None:
            raise CouldNotRun(f"the daemon ended with {daemon.returncode}; see {log}")
    raise CouldNotRun(f"the daemon did not register; see {log}")


def stop(daemon: "subprocess.Popen[bytes]") -> int:
    """Send SIGTERM and return the exit code; a daemon that does not end is killed."""
    daemon.terminate()
    try:
        return daemon.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        return daemon.wait()


def _command(robot: FakeRobot, credentials: Path, parts: Sequence[Part]) -> list[str]:
    devices = [f"--device-name={part.name}={part.device_name}" for part in parts]
    return [
        *(sys.executable, "-m", "spot_webcam", "serve", robot.address),
        *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--payload-credentials-file", str(credentials), "--host-ip", robot.address),
        *devices,
    ]
