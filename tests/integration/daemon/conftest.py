from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.app.cameras.options import CaptureOptions
from spot_webcam.app.cli.main import main
from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import SERVICE_NAME, ServeOptions, cameras_of
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.cameras import SyntheticDevice
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot_access import sdk_robot
from tests.recordings import write_recording
from tests.timing import PATIENCE_S, eventually

GUID = "22222222-3333-4444-5555-666666666666"
SECRET = "a-secret-of-this-test"
USER, PASSWORD = "user", "password"


StartDaemon = Callable[..., Daemon]
Connect = Callable[..., "Client"]


def calls_of(robot: FakeRobot, method: str) -> int:
    """Return how often a method of the robot was called."""
    return sum(call.method.endswith(f"/{method}") for call in robot.calls())


@pytest.fixture
def robot(fake_robot: FakeRobot) -> FakeRobot:
    """A robot that knows the payload, and has authorized it."""
    fake_robot.register_payload(GUID, SECRET)
    return fake_robot


@pytest.fixture
def credentials() -> tuple[str, str]:
    """GUID and secret of the daemon's payload."""
    return GUID, SECRET


@pytest.fixture
def timeouts() -> dict[str, float]:
    """Fields of `Timeouts` and `RobotTimeouts` that differ from the defaults in later daemons."""
    return {}


def _of(kind: type[Any], values: Mapping[str, float]) -> dict[str, float]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in values.items() if name in names}


@pytest.fixture
def begin_daemon(timeouts: dict[str, float]) -> Iterator[StartDaemon]:
    """Start daemons and return at once; they are stopped afterwards."""
    with ExitStack() as stack:

        def begin(robot: FakeRobot, *device_names: str, **changes: Any) -> Daemon:
            address = RobotAddress(robot.address, robot.port, robot.ca_file)
            credentials = PayloadCredentials(GUID, changes.pop("secret", SECRET))
            shared = {field.name for field in fields(CaptureOptions)} & set(changes)
            capture = CaptureOptions(**{name: changes.pop(name) for name in shared})
            cameras = cameras_of(parse_devices(device_names), capture)
            clock = changes.pop("clock", None)
            options = ServeOptions(
                address,
                credentials,
                changes.pop("host_ip", robot.address),
                changes.pop("cameras", cameras),
                hotplugged=capture,
                timeouts=Timeouts(**_of(Timeouts, timeouts)),
                robot_timeouts=RobotTimeouts(**_of(RobotTimeouts, timeouts)),
                **changes,
            )
            daemon = Daemon(options, clock)
            stack.callback(daemon.stop)
            daemon.start()
            return daemon

        yield begin


@pytest.fixture
def start_daemon(begin_daemon: StartDaemon) -> StartDaemon:
    """Start daemons, each registered when it is returned."""

    def start(robot: FakeRobot, *device_names: str, **changes: Any) -> Daemon:
        daemon = begin_daemon(robot, *device_names, **changes)
        assert daemon.registered.wait(PATIENCE_S)
        return daemon

    return start


@pytest.fixture
def sdk(robot: FakeRobot) -> Iterator[Any]:
    """An SDK `Robot` that is not logged in."""
    with sdk_robot(robot) as unknown:
        yield unknown


class Client:
    """The SDK's image client, through the robot."""

    def __init__(self, sdk_robot: Any, service_name: str) -> None:
        sdk_robot.authenticate(USER, PASSWORD, timeout=PATIENCE_S)
        sdk_robot.sync_with_directory()
        self.images = sdk_robot.ensure_client(service_name)

    def list(self) -> dict[str, Any]:
        """Return the listed sources by name."""
        return {one.name: one for one in self.images.list_image_sources(timeout=PATIENCE_S)}

    def call(self, *requests: Any) -> Any:
        """Return the whole response: the SDK's `get_image` raises for the first bad status."""
        message = image_pb2.GetImageRequest(image_requests=requests)
        stub = image_service_pb2_grpc.ImageServiceStub(self.images.channel)
        return self.images.call(stub.GetImage, message, timeout=PATIENCE_S)

    def get(self, *requests: Any) -> list[Any]:
        """Return the answers to some requests of one call."""
        return list(self.call(*requests).image_responses)

    def ask(self, source_name: str, **fields: Any) -> Any:
        """Return the answer to one request."""
        [answer] = self.get(image_pb2.ImageRequest(image_source_name=source_name, **fields))
        return answer

    def status(self, source_name: str) -> int:
        """Return what a plain request for a source is answered."""
        status: int = self.ask(source_name).status
        return status


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Give clients of the service of a robot."""
    with ExitStack() as stack:

        def connect(robot: FakeRobot, service_name: str = SERVICE_NAME) -> Client:
            return Client(stack.enter_context(sdk_robot(robot)), service_name)

        yield connect


@pytest.fixture
def call_directly() -> Iterator[Callable[[Daemon, str], Any]]:
    """Get the response of the daemon's own port for one source: the robot forwards calls there."""
    with ExitStack() as stack:

        def call(daemon: Daemon, source_name: str) -> Any:
            channel = stack.enter_context(grpc.insecure_channel(f"127.0.0.1:{daemon.port}"))
            request = image_pb2.GetImageRequest()
            request.image_requests.add(image_source_name=source_name)
            stub = image_service_pb2_grpc.ImageServiceStub(channel)
            return stub.GetImage(request, timeout=PATIENCE_S)

        yield call


@pytest.fixture
def ask_directly(call_directly: Callable[[Daemon, str], Any]) -> Callable[[Daemon, str], int]:
    """Get the status of a source from the daemon's own port."""
    return lambda daemon, source_name: call_directly(daemon, source_name).image_responses[0].status


@pytest.fixture
def short_heartbeat(timeouts: dict[str, float]) -> None:
    """Let daemons notice at once what happens to the robot."""
    timeouts |= {"heartbeat_s": 0.2, "name_taken_retry_s": 0.1, "name_watch_s": 0.1}


@dataclass(frozen=True)
class Serving:
    """A registered daemon, its robot and a client."""

    robot: FakeRobot
    daemon: Daemon
    client: Client

    def eventually(self, predicate: Callable[[], object]) -> bool:
        """Whether the predicate holds within the patience of a loaded machine.

        Not by the robot's `wait_for`: a predicate that calls the robot changes it, and would be
        called without a pause.
        """
        return eventually(predicate)

    def faults(self) -> list[str]:
        """Return the names of the standing faults."""
        return [fault.fault_id.fault_name for fault in self.robot.faults()]

    def calls(self, method: str) -> int:
        """Return how often a method of the robot was called."""
        return calls_of(self.robot, method)

    def wait_for_status(self, source_name: str, status: int) -> None:
        assert self.eventually(lambda: self.client.status(source_name) == status)

    def wait_for_pictures(self) -> None:
        """Wait until every source has given a picture, and so says what it is."""
        for name in self.client.list():
            self.wait_for_status(name, image_pb2.ImageResponse.STATUS_OK)


@pytest.fixture
def serve(robot: FakeRobot, start_daemon: StartDaemon, connect: Connect) -> Callable[..., Serving]:
    """Serve devices to the robot."""

    def serve(*device_names: str, **changes: Any) -> Serving:
        daemon = start_daemon(robot, *device_names, **changes)
        return Serving(robot, daemon, connect(robot, changes.get("service_name", SERVICE_NAME)))

    return serve


# The command as a process


@dataclass(frozen=True)
class Ended:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        return self.err.rstrip("\n").rpartition("\n")[2]


SURROUNDINGS = {
    "BOSDYN_CLIENT_USERNAME": USER,
    "BOSDYN_CLIENT_PASSWORD": PASSWORD,
    # argparse breaks its help by the width of the terminal.
    "COLUMNS": "200",
}


class Command:
    """The `spot-webcam` command, with standard output and standard error in files."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._running: list[subprocess.Popen[bytes]] = []

    def start(
        self,
        *arguments: str,
        program: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> Process:
        """Start it; by `python -m spot_webcam`, or another program."""
        self._count += 1
        out = self._folder / f"out-{self._count}"
        err = self._folder / f"err-{self._count}"
        command = [*(program or (sys.executable, "-m", "spot_webcam")), *arguments]
        with out.open("wb") as out_file, err.open("wb") as err_file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out_file,
                stderr=err_file,
                cwd=self._folder,
                env={**(environment or os.environ), **SURROUNDINGS},
            )
        self._running.append(process)
        return Process(process, out, err)

    def run(self, *arguments: str, **how: Any) -> Ended:
        """Run it to its end."""
        return self.start(*arguments, **how).end()

    def kill_all(self) -> None:
        for process in self._running:
            process.kill()
            process.wait()


@dataclass(frozen=True)
class Process:
    """A process that runs."""

    popen: subprocess.Popen[bytes]
    out_file: Path
    err_file: Path

    def wait_for(self, text: str, file: Path | None = None) -> str:
        """Return what it has printed to a file, its errors at first, once the text is in it."""
        printed = file or self.err_file
        assert eventually(lambda: text in printed.read_text())
        return printed.read_text()

    def end(self) -> Ended:
        """Wait for its end."""
        code = self.popen.wait(PATIENCE_S)
        return Ended(code, self.out_file.read_text(), self.err_file.read_text())


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    """Run the command; what still runs afterwards is killed."""
    command = Command(tmp_path)
    yield command
    command.kill_all()


@pytest.fixture
def run_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """Run the command to its end in this process, where no more is tested: a start costs 0.5 s."""
    monkeypatch.chdir(tmp_path)
    for name, value in SURROUNDINGS.items():
        monkeypatch.setenv(name, value)

    def run(*arguments: str) -> Ended:
        try:
            code = main(arguments)
        except SystemExit as end:
            code = int(end.code or 0)
        printed = capsys.readouterr()
        return Ended(code, printed.out, printed.err)

    return run


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], str]:
    """Write a Python program to a file."""

    def write(text: str) -> str:
        file = tmp_path / "program.py"
        file.write_text(text)
        return str(file)

    return write


@pytest.fixture
def serve_flags(robot: FakeRobot) -> list[str]:
    """What `serve` needs to reach the robot, without devices."""
    return [
        *("serve", robot.address, "--robot-port", str(robot.port)),
        *("--robot-ca", str(robot.ca_file), "--host-ip", robot.address),
        *("--guid", GUID, "--secret", SECRET),
    ]


@pytest.fixture
def write_config(
    robot: FakeRobot, credentials: tuple[str, str], tmp_path: Path
) -> Callable[[str], Path]:
    """Write a configuration for the robot, with these cameras."""
    (tmp_path / "login").write_text("\n".join(credentials))

    def write(cameras: str) -> Path:
        file = tmp_path / "spot.toml"
        # At once, as an editor does it.
        new = tmp_path / "new.toml"
        new.write_text(
            f'[robot]\nhostname = "{robot.address}"\nport = {robot.port}\n'
            f'ca_file = "{robot.ca_file}"\nhost_ip = "{robot.address}"\n'
            f'[credentials]\nfile = "login"\n[service]\nname = "cams"\n{cameras}'
        )
        new.rename(file)
        return file

    return write


# A recording


def write_clip(path: Path, pictures: int = 5, fps: float = 20.0) -> None:
    """Make a small recording appear at once, as when a device is plugged in."""
    unfinished = path.with_name(f"unfinished-{path.name}")
    device = SyntheticDevice(cols=64, rows=48, fps=fps)
    pattern = Pattern(device.cols, device.rows, device.seed, device.layout, device.fps)
    write_recording(unfinished, map(pattern.frame, range(pictures)), fps=fps)
    unfinished.rename(path)


@pytest.fixture
def make_clip() -> Callable[[Path], None]:
    """Write recordings."""
    return write_clip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """A recording of a quarter of a second."""
    path = tmp_path / "clip.avi"
    write_clip(path)
    return path
