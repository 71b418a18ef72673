"""How long one picture takes through a robot, ours beside the SDK's helper, in one run."""

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from spot_webcam.adapters.bosdyn.picture_client import PictureClient
from spot_webcam.adapters.bosdyn.robot_link import RobotAddress
from spot_webcam.app.native_libraries import quieten
from spot_webcam.fakes.robot import FakeRobot

GUID, SECRET = "bench-payload", "bench-secret"
START_TIMEOUT_S = 30.0
ROUNDS, CALLS_A_ROUND = 6, 100
SMALL = "synthetic:?size=640x480"
LARGE = "synthetic:?size=1920x1080"


@dataclass
class Service:
    """A service under measurement."""

    name: str
    process: "subprocess.Popen[bytes]"
    registered_s: float


@contextmanager
def running(robot: FakeRobot, name: str, command: list[str], log: Path) -> Iterator[Service]:
    """Start a service as a process and wait until it is registered."""
    with log.open("wb") as log_file:
        began_s = time.perf_counter()
        process = subprocess.Popen(command, stdout=log_file, stderr=subprocess.STDOUT)  # noqa: S603
        try:
            up = robot.wait_for(
                lambda: name in [service.name for service in robot.services()], START_TIMEOUT_S
            )
            if not up:
                raise SystemExit(f"{name} did not register:\n{log.read_text()}")
            yield Service(name, process, time.perf_counter() - began_s)
        finally:
            process.terminate()
            process.wait(START_TIMEOUT_S)


def ours(robot: FakeRobot, name: str, device: str) -> list[str]:
    """Return the command of our daemon."""
    return [
        *(sys.executable, "-m", "spot_webcam", "serve", robot.address, "--host-ip", "127.0.0.1"),
        *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--guid", GUID, "--secret", SECRET),
        *("--service-name", name, "--authority", name, "--device-name", device),
    ]


def theirs(robot: FakeRobot, name: str, device: str) -> list[str]:
    """Return the command of the SDK's helper on the same frames."""
    return [
        *(sys.executable, str(Path(__file__).with_name("sdk_service.py"))),
        *("--robot-port", str(robot.port), "--robot-ca", str(robot.ca_file)),
        *("--guid", GUID, "--secret", SECRET),
        *("--service-name", name, "--device-name", device),
    ]


def memory_mb(process: "subprocess.Popen[bytes]") -> float:
    """Return the largest resident size so far; Linux tells it."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise SystemExit("this kernel tells no memory sizes")


def main() -> None:
    """Measure and print."""
    quieten()
    console = Console()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        robot = stack.enter_context(FakeRobot())
        robot.register_payload(GUID, SECRET)
        commands = {
            "spot-webcam": ours(robot, "ours", SMALL),
            "the SDK's helper": theirs(robot, "theirs", SMALL),
            "spot-webcam 1080p": ours(robot, "ours-large", LARGE),
            "the SDK's helper 1080p": theirs(robot, "theirs-large", LARGE),
        }
        names = ("ours", "theirs", "ours-large", "theirs-large")
        services = [
            stack.enter_context(running(robot, name, command, folder / f"{name}.log"))
            for name, command in zip(names, commands.values(), strict=True)
        ]
        address = RobotAddress(robot.address, robot.port, robot.ca_file)
        clients = [PictureClient(address, "user", "password", name) for name in names]
        for client in clients:
            stack.callback(client.close)
        trips_s: list[list[float]] = [[] for _ in services]
        # Rounds alternate, so that a busy moment of the machine hits all alike.
        for _ in track(range(ROUNDS), "measuring", console=console, transient=True):
            for client, times in zip(clients, trips_s, strict=True):
                for _ in range(CALLS_A_ROUND):
                    times.append(client.look(["synthetic"])[0].round_trip_s)
        table = Table(title="one client, JPEG, through the fake robot")
        for column in ("service", "registered after", "median", "p99", "memory"):
            table.add_column(column, justify="left" if column == "service" else "right")
        for label, service, times in zip(commands, services, trips_s, strict=True):
            table.add_row(
                label,
                f"{service.registered_s:.2f} s",
                f"{1000 * statistics.median(times):.2f} ms",
                f"{1000 * statistics.quantiles(times, n=100)[98]:.2f} ms",
                f"{memory_mb(service.process):.0f} MB",
            )
        console.print(table)


if __name__ == "__main__":
    main()
