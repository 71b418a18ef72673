"""Fault injection into the fake robot."""

from collections.abc import Callable

import grpc

from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.app.options import AUTHORITY, SERVICE_NAME
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.tools.demo.scenario import PayloadState, RobotAction, RobotEvent, RobotSetup

GUID, SECRET = "scenario-payload", "scenario-secret"
RIVAL_GUID, RIVAL_SECRET = "rival-payload", "rival-secret"
RIVAL_PORT = 9
# Longer than any scenario: `speak` ends it.
SILENCE_S = 1e6


class RobotFaultInjector:
    """Applies the events of a scenario to the robot; no method blocks longer than a few calls.

    With `instant` an unresponsive robot refuses calls at once, as if their time were over: the
    conducted clock does not advance during a call, so that it could not end otherwise.
    """

    def __init__(self, robot: FakeRobot, setup: RobotSetup, *, instant: bool) -> None:
        """Bring the started robot into its initial state."""
        self._robot = robot
        self._instant = instant
        self._rival: _RivalDaemon | None = None
        self._responds = True
        if setup.payload is not PayloadState.UNKNOWN:
            authorized = setup.payload is PayloadState.AUTHORIZED
            robot.register_payload(GUID, SECRET, authorized=authorized, name="scenario")
        if not setup.up:
            robot.power_off()

    @property
    def robot_responds(self) -> bool:
        """Whether the robot answers calls at all."""
        return self._robot.is_up and self._responds

    def apply(self, event: RobotEvent) -> None:
        """Apply an event."""
        robot = self._robot
        actions: dict[RobotAction, Callable[[], object]] = {
            RobotAction.POWER_OFF: robot.power_off,
            RobotAction.BOOT: robot.boot,
            RobotAction.STOP_RESPONDING: self._stop_responding,
            RobotAction.RESUME: self._resume,
            RobotAction.EXPIRE_TOKENS: robot.expire_tokens,
            RobotAction.REVOKE_TOKENS: robot.revoke_tokens,
            RobotAction.REVOKE: lambda: robot.revoke(GUID),
            RobotAction.AUTHORIZE: lambda: robot.authorize(GUID),
            RobotAction.REGISTER_PAYLOAD: lambda: robot.register_payload(GUID, SECRET),
            RobotAction.SET_CLOCK: lambda: robot.move_clock(event.seconds),
            RobotAction.REFUSE: lambda: robot.refuse(event.service, grpc.StatusCode.UNAVAILABLE),
            RobotAction.ACCEPT: lambda: robot.accept(event.service),
            RobotAction.FOREIGN_REGISTRATION: self._start_rival,
            RobotAction.FOREIGN_END: self._stop_rival,
        }
        actions[event.action]()

    def heartbeat(self) -> None:
        """Renew the rival's registration, if there is one."""
        if self._rival is not None and self.robot_responds:
            self._rival.heartbeat()

    def close(self) -> None:
        """Stop the rival; the robot stays as it is."""
        self._stop_rival()

    def _stop_responding(self) -> None:
        self._responds = False
        if self._instant:
            for service in OWN_SERVICES:
                self._robot.refuse(service.name, grpc.StatusCode.DEADLINE_EXCEEDED)
        else:
            self._robot.stop_responding(SILENCE_S)

    def _resume(self) -> None:
        self._responds = True
        if self._instant:
            for service in OWN_SERVICES:
                self._robot.accept(service.name)
        else:
            self._robot.resume()

    def _start_rival(self) -> None:
        self._stop_rival()
        self._rival = _RivalDaemon(self._robot)

    def _stop_rival(self) -> None:
        rival, self._rival = self._rival, None
        if rival is not None:
            rival.stop()


class _RivalDaemon:
    """Registration of another computer's daemon under the same service name."""

    def __init__(self, robot: FakeRobot) -> None:
        timeouts = RobotTimeouts()
        if RIVAL_GUID not in {account.guid for account in robot.payloads()}:
            robot.register_payload(RIVAL_GUID, RIVAL_SECRET)
        self._link = RobotLink(
            RobotAddress(robot.address, robot.port, robot.ca_file),
            PayloadCredentials(RIVAL_GUID, RIVAL_SECRET),
            timeouts.robot_rpc_s,
        )
        entry = ServiceEntry(SERVICE_NAME, AUTHORITY, RIVAL_PORT, timeouts.liveness_s)
        self._directory = BosdynDirectory(self._link, entry, lambda: robot.address)
        self._link.connect()
        self._link.authenticate()
        self._directory.register()

    def heartbeat(self) -> None:
        try:
            entry = self._directory.look_up()
            if entry is not None and entry.same_payload:
                self._directory.heartbeat()
        except RobotError:  # replaced, or forgotten by the robot: this rival does not come back
            return

    def stop(self) -> None:
        try:
            self._directory.unregister(1.0)
        except RobotError:
            pass
        finally:
            self._link.close()
