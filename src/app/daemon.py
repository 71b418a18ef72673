"""The composition root: everything of one service, built, started and stopped."""

import logging
import threading
from dataclasses import dataclass, field

from spot_webcam.adapters.bosdyn.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.fault_sink import BosdynFaultSink
from spot_webcam.adapters.bosdyn.grpc_server import WORKERS, GrpcServer
from spot_webcam.adapters.bosdyn.image_servicer import ImageServicer
from spot_webcam.adapters.bosdyn.robot_clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot_link import PayloadCredentials, RobotAddress, RobotLink
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.app.camera_factory import camera
from spot_webcam.app.capture_loop import CaptureLoop
from spot_webcam.app.fault_reporter import FaultReporter
from spot_webcam.app.loop_thread import LoopThread
from spot_webcam.app.robot_session import RobotSession
from spot_webcam.domain.capture_time import NANOSECONDS
from spot_webcam.domain.errors import CredentialsRejected, NoData
from spot_webcam.domain.image import Layout
from spot_webcam.domain.image_service import ImageService
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.ports import Clock, ModeRequest
from spot_webcam.domain.source import ImageSource
from spot_webcam.domain.source_name import Device, without_password

_LOG = logging.getLogger(__name__)

SERVICE_NAME = "web-cam-service"
AUTHORITY = "robot-web-cam"

# Workers that never wait for a camera, whatever the number of calls.
SPARE_WORKERS = 8
# Within these the daemon stops; the process has three seconds in all.
LEAVE_S = 1.0
JOIN_S = 0.5


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `serve` was asked to do."""

    robot: RobotAddress
    credentials: PayloadCredentials
    host_ip: str
    devices: list[Device]
    port: int = 0
    service_name: str = SERVICE_NAME
    authority: str = AUTHORITY
    mode: ModeRequest = field(default_factory=ModeRequest)
    on_demand: bool = False
    restore_controls: bool = False


class Daemon:
    """One image service, from its cameras to its entry in the robot's directory."""

    def __init__(self, options: ServeOptions) -> None:
        """Build all parts and bind the port; nothing runs yet.

        Raises:
            CameraMisconfigured: a device name can never be opened here.
            OSError: the port cannot be had.
        """
        clock = SystemClock()
        self._clock: Clock = clock
        self._sources = [_live_source(device, options, clock) for device in options.devices]
        self._captures = [
            CaptureLoop(
                camera(device.device_name, options.mode, clock),
                source,
                clock,
                restore_controls=options.restore_controls,
            )
            for device, source in zip(options.devices, self._sources, strict=True)
        ]
        self._link = RobotLink(options.robot, options.credentials)
        robot_clock = BosdynRobotClock(self._link)
        service = ImageService(self._sources, clock, robot_clock, OpenCvCodec())
        self._server = GrpcServer(ImageServicer(service, clock), options.port)
        self.port = self._server.port
        entry = ServiceEntry(options.service_name, options.authority, options.host_ip, self.port)
        sink = BosdynFaultSink(self._link, options.service_name)
        reporter = FaultReporter(self._sources, sink, clock)
        self._session = RobotSession(
            self._link, robot_clock, BosdynDirectory(self._link, entry), sink, reporter, clock
        )
        self._robot_threads = [
            LoopThread("robot-session", self._session.step, clock, self._session.wake),
            LoopThread("fault-reporter", reporter.step, clock, reporter.wake),
        ]
        self._camera_threads = [
            LoopThread(f"capture-{source.name}", loop.step, clock, source.demand, loop.finish)
            for loop, source in zip(self._captures, self._sources, strict=True)
        ]
        for device in options.devices:
            shown = without_password(device.device_name)
            _LOG.info("source %s is device %s", device.source_name, shown)

    @property
    def registered(self) -> threading.Event:
        """Set while the robot knows the service."""
        return self._session.registered

    @property
    def refusal(self) -> CredentialsRejected | None:
        """Why the daemon can never begin, if so."""
        return self._session.refusal

    def start(self) -> None:
        """Run; returns at once."""
        self._server.start()
        _LOG.info("serving on port %d", self.port)
        for thread in self._camera_threads + self._robot_threads:
            thread.start()

    def stop(self) -> bool:
        """Take leave of the robot and end; bounded to about two seconds.

        Returns whether every thread ended: one that hangs in a driver cannot be made to.
        """
        for thread in self._robot_threads + self._camera_threads:
            thread.ask_to_stop()
        for loop, source in zip(self._captures, self._sources, strict=True):
            loop.interrupt()
            source.fail(NoData("the service is stopping"))
        self._join(self._robot_threads)
        self._session.leave(LEAVE_S)
        self._server.stop(grace_s=0.1)
        self._link.close()  # which ends a call that a silent robot does not answer
        return self._join(self._robot_threads + self._camera_threads)

    def _join(self, threads: list[LoopThread]) -> bool:
        deadline_ns = self._clock.monotonic_ns() + int(JOIN_S * NANOSECONDS)
        ended = True
        for thread in threads:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            ended = thread.join(left_s) and ended
        return ended


def _live_source(device: Device, options: ServeOptions, clock: Clock) -> LiveSource:
    """Return the source of a camera that is presumed to be a colour one until it is opened."""
    description = ImageSource(
        device.source_name, Layout.BGR8, options.mode.cols or 0, options.mode.rows or 0
    )
    return LiveSource(
        description,
        clock,
        on_demand=options.on_demand,
        most_waiters=max(1, (WORKERS - SPARE_WORKERS) // len(options.devices)),
    )
