"""Environment of a scenario: a fake robot, the daemon in this process, a client and a clock."""

import logging
import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Protocol

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cameras.options import CaptureOptions
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.app.daemon import Daemon
from spot_webcam.app.options import ServeOptions, cameras_of
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.app.web import WebOptions
from spot_webcam.domain.instant import MAX_PLAUSIBLE_AGE_NS
from spot_webcam.domain.ports import Clock, Event
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.demo.fault_injector import GUID, SECRET, RobotFaultInjector
from spot_webcam.tools.demo.scenario import HostClockEvent, Scenario
from spot_webcam.tools.robot_clients.direct_client import DirectClient

OUR_LOGGER = "spot_webcam"
# On the conducted clock the robot answers at once, unless this machine is very busy.
CONDUCTED_RPC_TIMEOUT_S = 20.0
RPC_TIMEOUT_S = 3.0


class HostClock(Clock, Protocol):
    """A `Clock` with a wall time that can be set; it may conduct the daemon's threads."""

    def step(self, seconds: float) -> None:
        """Set the wall clock, as NTP may."""
        ...

    def gather(self, thread_names: Collection[str]) -> None:
        """Block until threads of these names wait for their turn."""
        ...

    def release(self) -> None:
        """Let all threads run freely from here on."""
        ...


class RealTime:
    """A `HostClock` in real time; the computer's own clock is not touched."""

    def __init__(self) -> None:
        self._clock = SystemClock()
        self._stepped_ns = 0

    def time_ns(self) -> int:
        """Return the wall time."""
        return self._clock.time_ns() + self._stepped_ns

    def monotonic_ns(self) -> int:
        """Return the time since an arbitrary start."""
        return self._clock.monotonic_ns()

    def wait(self, event: Event, timeout_s: float) -> bool:
        """Block until the event is set or the time is over."""
        return self._clock.wait(event, timeout_s)

    def step(self, seconds: float) -> None:
        """Set the wall clock as the daemon sees it."""
        self._stepped_ns += round(seconds * NANOSECONDS)

    def gather(self, thread_names: Collection[str]) -> None:
        """Return at once: threads run freely."""

    def release(self) -> None:
        """Do nothing: threads run freely."""


@dataclass(slots=True)
class Environment:
    """All participants; `began_ns` is the start of the daemon, `all_joined` the way it stopped."""

    clock: HostClock
    robot: FakeRobot
    injector: RobotFaultInjector
    daemon: Daemon
    client: DirectClient
    log: list[str]
    began_ns: int = 0
    stopped: bool = False
    all_joined: bool = False

    def stop_daemon(self) -> None:
        """Release the clock and stop the daemon, once."""
        self.clock.release()
        if not self.stopped:
            self.stopped = True
            self.all_joined = self.daemon.stop()


@contextmanager
def environment(
    scenario: Scenario,
    clock: HostClock,
    folder: Path,
    *,
    fast: bool,
    seed: int,
    live_data: bool = False,
    http: WebOptions | None = None,
) -> Iterator[Environment]:
    """Set everything up, start the daemon, and take everything down in the end.

    `live_data` and `http` are the daemon's.

    Raises:
        CouldNotRun: the daemon cannot be started.
    """
    # On the host's monotonic clock: a step of the host's wall clock does not move the robot's.
    epoch_ns = clock.time_ns() - clock.monotonic_ns()
    ca_file = folder / "robot-ca.pem"
    with (
        _captured_log(folder / f"{scenario.name}.log") as log,
        FakeRobot(ca_file=ca_file, now_ns=lambda: epoch_ns + clock.monotonic_ns()) as robot,
    ):
        injector = RobotFaultInjector(robot, scenario.robot, instant=fast)
        devices = [
            Device(camera.name, DeviceAddress(camera.device_name)) for camera in scenario.cameras
        ]
        is_in_process = fast or _would_mislead(scenario)
        isolation = Isolation.NEVER if is_in_process else Isolation.ALWAYS
        robot_timeouts = RobotTimeouts()
        if fast:
            robot_timeouts = RobotTimeouts(robot_rpc_s=CONDUCTED_RPC_TIMEOUT_S)
        options = ServeOptions(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(GUID, SECRET),
            robot.address,
            cameras_of(devices, CaptureOptions(isolation=isolation)),
            robot_timeouts=robot_timeouts,
            live_data=live_data,
            http=http,
        )
        rng = random.Random(seed)  # noqa: S311 - reproducible
        try:
            daemon = Daemon(options, clock, rng)
        except OSError as error:
            raise CouldNotRun(str(error)) from error
        client = DirectClient(robot.address, daemon.port)
        participants = Environment(clock, robot, injector, daemon, client, log)
        try:
            participants.began_ns = clock.monotonic_ns()
            daemon.start()
            captures = {f"capture-{camera.name}" for camera in scenario.cameras}
            clock.gather({"robot-session", "fault-reporter", *captures})
            yield participants
        finally:
            client.close()
            participants.stop_daemon()
            injector.close()


def _would_mislead(scenario: Scenario) -> bool:
    """Whether timestamps from a camera's own process would be wrong, and plausible.

    The wall clock is stepped for the daemon's process alone. A little ahead of the cameras'
    processes it makes their pictures look old; a larger step, or one back, makes their timestamps
    implausible, so that they are ignored.
    """
    steps = [event.seconds for event in scenario.events if isinstance(event, HostClockEvent)]
    return any(0 < ahead_s * NANOSECONDS <= MAX_PLAUSIBLE_AGE_NS for ahead_s in accumulate(steps))


@contextmanager
def _captured_log(path: Path) -> Iterator[list[str]]:
    """Write the daemon's log to a file and to a list, not to the screen."""
    lines: list[str] = []

    class ListHandler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger = logging.getLogger(OUR_LOGGER)
    to_file = logging.FileHandler(path, mode="w", encoding="utf-8", delay=False)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handlers = [ListHandler(), to_file]
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield lines
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
        to_file.close()
        logger.setLevel(level)
        logger.propagate = propagate
