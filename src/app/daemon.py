"""The composition root: everything of one service, built, started and stopped."""

import logging
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from spot_webcam.adapters.bosdyn.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.fault_sink import BosdynFaultSink
from spot_webcam.adapters.bosdyn.grpc_server import WORKERS, GrpcServer
from spot_webcam.adapters.bosdyn.image_servicer import ImageServicer
from spot_webcam.adapters.bosdyn.robot_clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot_link import PayloadCredentials, RobotAddress, RobotLink
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.app.fault_reporter import FaultReporter
from spot_webcam.app.loop_thread import LoopThread
from spot_webcam.app.robot_session import RobotSession
from spot_webcam.app.served_camera import ServedCamera
from spot_webcam.domain.errors import CredentialsRejected, RobotError
from spot_webcam.domain.examination import examiner
from spot_webcam.domain.image_service import ImageService
from spot_webcam.domain.ports import Clock, ModeRequest
from spot_webcam.domain.source_name import Device
from spot_webcam.domain.time_units import NANOSECONDS

_LOG = logging.getLogger(__name__)

SERVICE_NAME = "web-cam-service"
AUTHORITY = "robot-web-cam"

# Workers that never wait for a camera, whatever the number of calls.
SPARE_WORKERS = 8
# Within these the daemon stops; the process has three seconds in all.
LEAVE_S = 1.0
JOIN_S = 0.3


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
    serve_damaged: bool = False
    restore_controls: bool = False
    hotplug: tuple[str, ...] = ()


class Daemon:
    """One image service, from its cameras to its entry in the robot's directory."""

    def __init__(self, options: ServeOptions, clock: Clock | None = None) -> None:
        """Build all parts and bind the port; nothing runs yet.

        Every wait goes by the clock, the system's if none is given.

        Raises:
            CameraMisconfigured: a device name can never be opened here.
            OSError: the port cannot be had.
        """
        clock = clock or SystemClock()
        self._clock = clock
        self._options = options
        codec = OpenCvCodec()
        self._examine = examiner(None if options.serve_damaged else codec.thumbnail)
        self._cameras = [self._camera(device) for device in options.devices]
        # Grows when cameras join; whoever looks over it sees it with or without the new one.
        self._sources = [one.source for one in self._cameras]
        self._link = RobotLink(options.robot, options.credentials)
        robot_clock = BosdynRobotClock(self._link)
        self._service = ImageService(self._sources, clock, robot_clock, codec)
        self._server = GrpcServer(ImageServicer(self._service, clock), options.port)
        self.port = self._server.port
        entry = ServiceEntry(options.service_name, options.authority, options.host_ip, self.port)
        sink = BosdynFaultSink(self._link, options.service_name)
        reporter = FaultReporter(self._sources, sink, clock)
        self._session = RobotSession(
            self._link,
            robot_clock,
            BosdynDirectory(self._link, entry),
            sink,
            reporter,
            clock,
            catalogue=self._service.catalogue,
        )
        self._threads = [
            LoopThread("robot-session", self._session.step, clock, self._session.wake),
            LoopThread("fault-reporter", reporter.step, clock, reporter.wake),
        ]
        if options.hotplug:
            self._threads.append(self._hotplug(options.hotplug))

    def _hotplug(self, patterns: Sequence[str]) -> LoopThread:
        # Only Linux has it, and nothing of V4L2 is imported elsewhere.
        from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel  # noqa: PLC0415
        from spot_webcam.app.hotplug import Hotplug  # noqa: PLC0415

        hotplug = Hotplug(
            patterns,
            DeviceNames(LinuxKernel()),
            lambda: [one.device for one in self._cameras],
            self._join_in,
        )
        return LoopThread("hotplug", hotplug.step, self._clock, hotplug.wake)

    def _camera(self, device: Device) -> ServedCamera:
        return ServedCamera(
            device,
            self._options.mode,
            self._clock,
            examine=self._examine,
            on_demand=self._options.on_demand,
            restore_controls=self._options.restore_controls,
            most_waiters=max(1, (WORKERS - SPARE_WORKERS) // max(1, len(self._options.devices))),
        )

    def _join_in(self, device: Device) -> None:
        """Serve one more camera; on the hotplug thread."""
        joined = self._camera(device)
        self._service.add(joined.source)
        self._sources.append(joined.source)
        self._cameras.append(joined)
        joined.start()
        self._session.wake.set()

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
        for one in self._cameras:
            one.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Take leave of the robot and end; bounded to about two seconds.

        Returns whether every thread ended: one that hangs in a driver cannot be made to.
        """
        for thread in self._threads:
            thread.ask_to_stop()
        for one in self._cameras:
            one.ask_to_stop()
        self._session.leaving = True
        if not self._join(self._threads):
            # A call to the robot is under way: it must not come through after we have left.
            with suppress(RobotError):
                self._link.renew()
            self._join(self._threads)
        for one in self._cameras:  # one may have joined in the meantime
            one.ask_to_stop()
        self._session.leave(LEAVE_S)
        self._server.stop(grace_s=0.1)
        self._link.close()  # which ends a call that a silent robot does not answer
        return self._join([*self._threads, *self._cameras])

    def _join(self, threads: Sequence[LoopThread | ServedCamera]) -> bool:
        deadline_ns = self._clock.monotonic_ns() + int(JOIN_S * NANOSECONDS)
        ended = True
        for thread in threads:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            ended = thread.join(left_s) and ended
        return ended
