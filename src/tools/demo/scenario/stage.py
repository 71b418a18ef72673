"""What a scenario is played on: a fake robot, the daemon in this process, and a client."""

import logging
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.app.daemon import Daemon, ServeOptions
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import MAX_PLAUSIBLE_AGE_NS, NANOSECONDS
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.tools.demo.scenario.host import HostClock
from spot_webcam.tools.demo.scenario.robot_hands import GUID, SECRET, RobotHands
from spot_webcam.tools.demo.scenario.values import HostEvent, Scenario
from spot_webcam.tools.robot_clients.direct_client import DirectClient

OUR_LOGGER = "spot_webcam"
# The robot answers at once, unless this machine is very busy.
CONDUCTED_RPC_TIMEOUT_S = 20.0


@dataclass(slots=True)
class Stage:
    """All that takes part; `began_ns` is when the daemon was started, `left_well` how it ended."""

    clock: HostClock
    robot: FakeRobot
    hands: RobotHands
    daemon: Daemon
    client: DirectClient
    log: list[str]
    began_ns: int = 0
    left: bool = False
    left_well: bool = False

    def leave(self) -> None:
        """Let time be real, and the daemon take its leave."""
        self.clock.release()
        if not self.left:
            self.left = True
            self.left_well = self.daemon.stop()


@contextmanager
def stage(
    scenario: Scenario, clock: HostClock, folder: Path, *, fast: bool, seed: int
) -> Iterator[Stage]:
    """Set everything up, start the daemon, and take all down in the end.

    Raises:
        CouldNotRun: the daemon cannot be started.
    """
    # As steady as the host's steady clock: setting the host's wall clock does not set this one.
    epoch_ns = clock.time_ns() - clock.monotonic_ns()
    ca_file = folder / "robot-ca.pem"
    with (
        _log(folder / f"{scenario.name}.log") as log,
        FakeRobot(ca_file=ca_file, now_ns=lambda: epoch_ns + clock.monotonic_ns()) as robot,
    ):
        hands = RobotHands(robot, scenario.robot, instant=fast)
        options = ServeOptions(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(GUID, SECRET),
            robot.address,
            [Device(part.name, DeviceAddress(part.device_name)) for part in scenario.cameras],
            timeouts=Timeouts(robot_rpc_s=CONDUCTED_RPC_TIMEOUT_S) if fast else Timeouts(),
            isolation=Isolation.NEVER if fast or _would_mislead(scenario) else Isolation.ALWAYS,
        )
        rng = random.Random(seed)  # noqa: S311 - to be repeated
        try:
            daemon = Daemon(options, clock, rng)
        except OSError as error:
            raise CouldNotRun(str(error)) from error
        client = DirectClient(robot.address, daemon.port)
        scene = Stage(clock, robot, hands, daemon, client, log)
        try:
            scene.began_ns = clock.monotonic_ns()
            daemon.start()
            captures = {f"capture-{part.name}" for part in scenario.cameras}
            clock.gather({"robot-session", "fault-reporter", *captures})
            yield scene
        finally:
            client.close()
            scene.leave()
            hands.close()


def _would_mislead(scenario: Scenario) -> bool:
    """Whether times of a camera's own process would be wrong, and plausible.

    The clock is set for the daemon's process alone. A little ahead of its cameras' it makes their
    pictures look old; by more, or behind, and their times are not believed.
    """
    steps = [event.seconds for event in scenario.events if isinstance(event, HostEvent)]
    return any(0 < ahead_s * NANOSECONDS <= MAX_PLAUSIBLE_AGE_NS for ahead_s in accumulate(steps))


@contextmanager
def _log(path: Path) -> Iterator[list[str]]:
    """Keep what the daemon logs, in a file and for the expectations, and not on the screen."""
    lines: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    logger = logging.getLogger(OUR_LOGGER)
    to_file = logging.FileHandler(path, mode="w", encoding="utf-8", delay=False)
    to_file.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
    handlers = [Keep(), to_file]
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
