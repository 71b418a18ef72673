"""Does to a fake robot what a scenario says."""

from collections.abc import Callable

import grpc

from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.app.daemon import AUTHORITY, SERVICE_NAME
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.tools.demo.scenario.values import Payload, RobotDoes, RobotEvent, RobotPart

GUID, SECRET = "scenario-payload", "scenario-secret"
RIVAL_GUID, RIVAL_SECRET = "rival-payload", "rival-secret"
RIVAL_PORT = 9
# Longer than any scenario: it ends with `speak`.
SILENCE_S = 1e6


class RobotHands:
    """Each method returns at once, or after a few calls of the robot.

    With `instant` a silent robot's calls end at once, as if their time were over: a clock that
    stands still while a call is under way could otherwise not end them.
    """

    def __init__(self, robot: FakeRobot, part: RobotPart, *, instant: bool) -> None:
        """Set the started robot up as the part says."""
        self._robot = robot
        self._instant = instant
        self._rival: _Rival | None = None
        self._silent = False
        if part.payload is not Payload.UNKNOWN:
            robot.register_payload(
                GUID, SECRET, authorized=part.payload is Payload.AUTHORIZED, name="scenario"
            )
        if not part.up:
            robot.power_off()

    @property
    def hears(self) -> bool:
        """Whether the robot answers calls at all."""
        return self._robot.is_up and not self._silent

    def do(self, event: RobotEvent) -> None:
        """Do what an event says."""
        robot = self._robot
        actions: dict[RobotDoes, Callable[[], object]] = {
            RobotDoes.POWER_OFF: robot.power_off,
            RobotDoes.BOOT: robot.boot,
            RobotDoes.FALL_SILENT: self._fall_silent,
            RobotDoes.SPEAK: self._speak,
            RobotDoes.EXPIRE_TOKENS: robot.expire_tokens,
            RobotDoes.REVOKE_TOKENS: robot.revoke_tokens,
            RobotDoes.REVOKE: lambda: robot.revoke(GUID),
            RobotDoes.AUTHORIZE: lambda: robot.authorize(GUID),
            RobotDoes.REGISTER_PAYLOAD: lambda: robot.register_payload(GUID, SECRET),
            RobotDoes.SET_CLOCK: lambda: robot.move_clock(event.seconds),
            RobotDoes.REFUSE: lambda: robot.refuse(event.service, grpc.StatusCode.UNAVAILABLE),
            RobotDoes.ACCEPT: lambda: robot.accept(event.service),
            RobotDoes.FOREIGN_REGISTRATION: self._begin_rival,
            RobotDoes.FOREIGN_END: self._end_rival,
        }
        actions[event.does]()

    def beat(self) -> None:
        """Let another's registration live, if there is one."""
        if self._rival is not None and self.hears:
            self._rival.beat()

    def close(self) -> None:
        """Let go of what was begun; the robot itself stays."""
        self._end_rival()

    def _fall_silent(self) -> None:
        self._silent = True
        if self._instant:
            for service in OWN_SERVICES:
                self._robot.refuse(service.name, grpc.StatusCode.DEADLINE_EXCEEDED)
        else:
            self._robot.stop_responding(SILENCE_S)

    def _speak(self) -> None:
        self._silent = False
        if self._instant:
            for service in OWN_SERVICES:
                self._robot.accept(service.name)
        else:
            self._robot.resume()

    def _begin_rival(self) -> None:
        self._end_rival()
        self._rival = _Rival(self._robot)

    def _end_rival(self) -> None:
        rival, self._rival = self._rival, None
        if rival is not None:
            rival.leave()


class _Rival:
    """Another computer's daemon of the same name, as far as the robot can see."""

    def __init__(self, robot: FakeRobot) -> None:
        if RIVAL_GUID not in {account.guid for account in robot.payloads()}:
            robot.register_payload(RIVAL_GUID, RIVAL_SECRET)
        self._link = RobotLink(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(RIVAL_GUID, RIVAL_SECRET),
        )
        entry = ServiceEntry(SERVICE_NAME, AUTHORITY, robot.address, RIVAL_PORT)
        self._directory = BosdynDirectory(self._link, entry)
        self._link.connect()
        self._link.authenticate()
        self._directory.register()

    def beat(self) -> None:
        try:
            entry = self._directory.look_up()
            if entry is not None and entry.same_payload:
                self._directory.heartbeat()
        except RobotError:  # it was replaced, or the robot forgot it: a rival that gives up
            return

    def leave(self) -> None:
        try:
            self._directory.unregister(1.0)
        except RobotError:
            pass
        finally:
            self._link.close()
