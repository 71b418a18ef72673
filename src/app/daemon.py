"""The composition root: everything of one service, built, started and stopped."""

import logging
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from spot_webcam.adapters.bosdyn.messages.parameter_rules import check_parameters
from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.entry_mark import new_mark
from spot_webcam.adapters.bosdyn.robot.fault_sink import BosdynFaultSink
from spot_webcam.adapters.bosdyn.robot.link import (
    RPC_TIMEOUT_S,
    PayloadCredentials,
    RobotAddress,
    RobotLink,
)
from spot_webcam.adapters.bosdyn.server.allowed_peers import AllowedPeers, Network
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper
from spot_webcam.adapters.bosdyn.server.dispatcher import RpcDispatcher
from spot_webcam.adapters.bosdyn.server.doorkeeper import Doorkeeper
from spot_webcam.adapters.bosdyn.server.executor import CallExecutor
from spot_webcam.adapters.bosdyn.server.grpc_server import GrpcServer
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.system.name_lock import name_lock
from spot_webcam.app.camera_thread import CameraThread
from spot_webcam.app.cameras.isolation import Isolation
from spot_webcam.app.capture import loop as capture_loop
from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.robot import session as robot_session
from spot_webcam.app.robot.address_resolver import AddressResolver
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session import RobotSession
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.errors import NameTaken, RobotError
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.faults import Fault, FaultLedger
from spot_webcam.domain.health.validity import examiner
from spot_webcam.domain.ports import Clock, ImageCodec, ModeRequest, RobotClock
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

SERVICE_NAME = "web-cam-service"
AUTHORITY = "robot-web-cam"

# Workers that never wait for a camera, whatever the number of calls and of cameras.
SPARE_WORKERS = 16
# Of the others, those that one camera may keep waiting at all, and those that one which does not
# answer soon may.
MAX_WAITING_FOR_ONE = 64
MAX_WAITERS = 16
# Within these the daemon stops: so long after it was asked to it has taken leave of the robot, and
# then waits for its threads. The process has three seconds in all.
LEFT_S = 2.1
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
    transcode: bool = False
    restore_controls: bool = False
    hotplug: tuple[str, ...] = ()
    # Whether to replace a living daemon of this service name; none is to wait for its end.
    takeover: bool | None = None
    rpc_timeout_s: float = RPC_TIMEOUT_S
    # Who is answered beside the robot; everyone if empty.
    allow_from: tuple[Network, ...] = ()
    isolation: Isolation = Isolation.AUTO


@dataclass(frozen=True, slots=True)
class ImageServer:
    """The image service and its server, before `server.start`."""

    service: ImageService
    server: GrpcServer
    budget: ByteBudget


def build_service(
    sources: Sequence[CameraSource],
    clock: Clock,
    robot_clock: RobotClock,
    codec: ImageCodec,
    *,
    port: int = 0,
    transcode: bool = False,
    doorkeeper: Doorkeeper | None = None,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
) -> ImageServer:
    """Build the service for these sources and bind its port, 0 for any free one.

    Raises:
        OSError: the port is in use, or not this user's to take.
    """
    limits, timeouts = limits or Limits(), timeouts or Timeouts()
    service = ImageService(
        sources,
        clock,
        robot_clock,
        codec,
        transcode=transcode,
        check_parameters=check_parameters,
        limits=limits,
        timeouts=timeouts,
    )
    executor = CallExecutor(
        limits.call_threads + limits.calls_without_request, limits.running_calls
    )
    budget = ByteBudget(
        limits.bytes_in_flight, limits.small_bytes_in_flight, limits.small_answer_bytes
    )
    servicer = ImageServicer(
        service,
        clock,
        budget,
        max_requests=limits.requests_per_call,
        budget_timeout_s=timeouts.bytes_in_flight_s,
        frame_wait_s=timeouts.frame_wait_s,
        enter_blocking_region=executor.enter_blocking_region,
    )
    reaper = CallReaper(timeouts.call_s, timeouts.request_s, limits.calls_without_request)
    server = GrpcServer(
        RpcDispatcher(servicer, doorkeeper or Doorkeeper(), reaper),
        executor,
        port,
        max_calls=limits.calls,
        handshake_timeout_s=timeouts.handshake_s,
    )
    return ImageServer(service, server, budget)


class Daemon:
    """One image service, from its cameras to its entry in the robot's directory."""

    def __init__(
        self,
        options: ServeOptions,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        limits: Limits | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        """Build all parts and bind the port; nothing runs yet.

        Every wait goes by the clock, the system's if none is given, and every pause is jittered
        by the generator.

        Raises:
            CameraMisconfigured: a device name can never be opened here.
            OSError: the port cannot be had.
        """
        clock = clock or SystemClock()
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - it spreads retries
        self._options = options
        limits = limits or Limits()
        codec = OpenCvCodec()
        self._examine = examiner(None if options.serve_damaged else codec.thumbnail)
        self._waiting_room = Bulkhead(limits.call_threads - SPARE_WORKERS, MAX_WAITING_FOR_ONE)
        self._cameras = [self._camera(device) for device in options.devices]
        # Grows when cameras join; whoever looks over it sees it with or without the new one.
        self._sources = [one.source for one in self._cameras]
        self._link = RobotLink(options.robot, options.credentials, options.rpc_timeout_s)
        robot_clock = BosdynRobotClock(self._link, clock)
        self._allowed = None if not options.allow_from else AllowedPeers(options.allow_from)
        built = build_service(
            self._sources,
            clock,
            robot_clock,
            codec,
            port=options.port,
            transcode=options.transcode,
            doorkeeper=Doorkeeper(self._allowed),
            limits=limits,
            timeouts=timeouts,
        )
        self._service, self._server, self._budget = built.service, built.server, built.budget
        self.port = self._server.port
        lock = name_lock(f"{options.robot} {options.service_name}")
        entry = ServiceEntry(options.service_name, options.authority, options.host_ip, self.port)
        directory = BosdynDirectory(self._link, entry, new_mark(lock.scope))
        sink = BosdynFaultSink(self._link, options.service_name)
        self._ledger = FaultLedger()
        reporter = FaultReporter(self._sources, sink, clock, self._ledger)
        self._session = RobotSession(
            self._link,
            robot_clock,
            directory,
            RegistrationLease(
                directory, lock, robot_clock, clock, options.service_name, options.takeover
            ),
            sink,
            reporter,
            clock,
            backoff=Backoff(robot_session.FIRST_PAUSE_S, robot_session.MAX_PAUSE_S, self._rng),
            catalogue=self._service.catalogue,
        )
        self._threads = [
            LoopThread("robot-session", self._session.step, clock, self._session.wake),
            LoopThread("fault-reporter", reporter.step, clock, reporter.wake),
        ]
        self._finder = self._robot_finder()
        if options.hotplug:
            self._threads.append(self._hotplug(options.hotplug))

    def _robot_finder(self) -> LoopThread | None:
        if self._allowed is None:
            return None
        finder = AddressResolver(self._options.robot.host, self._allowed)
        return LoopThread("robot-finder", finder.step, self._clock, finder.wake)

    def _hotplug(self, patterns: Sequence[str]) -> LoopThread:
        # Only Linux has it, and nothing of V4L2 is imported elsewhere.
        from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel  # noqa: PLC0415
        from spot_webcam.app.cameras.hotplug import Hotplug  # noqa: PLC0415

        hotplug = Hotplug(
            patterns,
            DeviceNames(LinuxKernel()),
            lambda: [one.device for one in self._cameras],
            self._join_in,
        )
        return LoopThread("hotplug", hotplug.step, self._clock, hotplug.wake)

    def _camera(self, device: Device) -> CameraThread:
        return CameraThread(
            device,
            self._options.mode,
            self._clock,
            examine=self._examine,
            on_demand=self._options.on_demand,
            restore_controls=self._options.restore_controls,
            isolation=self._options.isolation,
            max_waiters=MAX_WAITERS,
            bulkhead=self._waiting_room,
            backoff=Backoff(capture_loop.FIRST_PAUSE_S, capture_loop.MAX_PAUSE_S, self._rng),
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
    def refusal(self) -> NameTaken | None:
        """Why the daemon has given up, as it was asked to in this case."""
        return self._session.refusal

    @property
    def bytes_in_flight(self) -> int:
        """Size of the answers that are on their way to clients."""
        return self._budget.taken_bytes

    def told_faults(self) -> list[Fault]:
        """Return the faults that the robot holds because of us, as far as we know."""
        return self._ledger.told()

    def start(self) -> None:
        """Run; returns at once."""
        if self._finder is not None:
            self._finder.start()
        self._server.start()
        _LOG.info("serving on port %d", self.port)
        for one in self._cameras:
            one.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Take leave of the robot and end; bounded to about two and a half seconds.

        Returns whether every thread ended: one that hangs in a driver cannot be made to. Those
        that did not are `left_behind`.
        """
        began_ns = self._clock.monotonic_ns()
        if self._finder is not None:  # and not waited for: a name server takes its time
            self._finder.ask_to_stop()
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
        self._session.leave(LEFT_S - (self._clock.monotonic_ns() - began_ns) / NANOSECONDS)
        self._server.stop(grace_s=0.1)
        self._link.close()  # which ends a call that a silent robot does not answer
        return self._join([*self._threads, *self._cameras])

    def left_behind(self) -> list[str]:
        """Return the names of the threads that run still, after a stop."""
        threads: list[LoopThread | CameraThread] = [*self._threads, *self._cameras]
        return [one.name for one in threads if not one.join(0.0)]

    def _join(self, threads: Sequence[LoopThread | CameraThread]) -> bool:
        deadline_ns = self._clock.monotonic_ns() + int(JOIN_S * NANOSECONDS)
        ended = True
        for thread in threads:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            ended = thread.join(left_s) and ended
        return ended
