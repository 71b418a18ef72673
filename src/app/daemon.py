"""The composition root: everything of one service, built, started and stopped."""

import logging
import os
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from spot_webcam import __version__
from spot_webcam.adapters.bosdyn.messages.parameter_forms import DictParamForms
from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters
from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.fault_sink import BosdynFaultSink
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper, evict
from spot_webcam.adapters.bosdyn.server.dispatcher import RpcDispatcher
from spot_webcam.adapters.bosdyn.server.executor import CallExecutor
from spot_webcam.adapters.bosdyn.server.grpc_server import GrpcServer
from spot_webcam.adapters.bosdyn.server.peer_allowlist import Network, PeerAllowlist, parse_network
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.system.name_lock import FileLock
from spot_webcam.adapters.system.network import SystemNetwork
from spot_webcam.app.cameras.camera_thread import CameraThread
from spot_webcam.app.cameras.isolation import Isolation, isolated_or_not
from spot_webcam.app.capture.source import CameraSource, bulkhead_of
from spot_webcam.app.monitoring.monitor import Monitor
from spot_webcam.app.monitoring.request_tally import RequestTally
from spot_webcam.app.robot.address_resolver import AddressResolver
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.host_address import HostAddress
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session import RobotSession
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.runtime.shortage import require
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.serving.viewer import ViewerPictures
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.app.web import WebOptions, WebServer, build_web_server
from spot_webcam.domain.errors import NameTaken, RobotError
from spot_webcam.domain.health.backoff import Backoff
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.health.validity import frame_validator
from spot_webcam.domain.ports import Clock, ImageCodec, ModeRequest, RobotClock
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.robot_access import PayloadCredentials, RobotAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

SERVICE_NAME = "web-cam-service"
AUTHORITY = "robot-web-cam"

# Threads beside gRPC's pool and the cameras': the main thread, those for signals and the log, two
# that answer calls, five about the server, four loops, and one for a token in a call to the robot.
OWN_TASKS = 15
# A camera's capture thread, and its process.
TASKS_OF_CAMERA = 2
# Of the HTTP server: its own thread, and those that wait for pictures.
TASKS_OF_HTTP = 5
# Of gRPC, the port, the robot's connections and this process itself; and of a camera's process.
OWN_DESCRIPTORS = 16
DESCRIPTORS_OF_CAMERA = 6
# Its port, what wakes its thread, and a few browsers.
DESCRIPTORS_OF_HTTP = 16


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """Options of `serve`."""

    robot: RobotAddress
    credentials: PayloadCredentials
    # This computer's address as the robot reaches it; `None`: the one from which it is reached.
    host_ip: str | None
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
    # Whether to replace a running daemon of this service name; `None`: wait for its end.
    takeover: bool | None = None
    # Networks that are answered beside the robot; all if empty.
    allow_from: tuple[Network, ...] = ()
    isolation: Isolation = Isolation.AUTO
    # The HTTP server; `None`: there is none.
    http: WebOptions | None = None
    limits: Limits = field(default_factory=Limits)
    timeouts: Timeouts = field(default_factory=Timeouts)


def require_resources(options: ServeOptions) -> None:
    """Check that the host grants the measured minimum of a service.

    Raises:
        Shortage: it does not.
    """
    cameras = len(options.devices)
    # The size of gRPC's thread pool.
    pool = min(16, max(4, os.sysconf("SC_NPROCESSORS_CONF")))
    has_http = options.http is not None
    require(
        tasks=OWN_TASKS + pool + TASKS_OF_CAMERA * cameras + TASKS_OF_HTTP * has_http,
        descriptors=OWN_DESCRIPTORS
        + DESCRIPTORS_OF_CAMERA * cameras
        + DESCRIPTORS_OF_HTTP * has_http,
    )


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
    allowlist: PeerAllowlist | None = None,
    answered: Callable[[Sequence[Answer], int], None] = lambda *_: None,
    limits: Limits | None = None,
    timeouts: Timeouts | None = None,
) -> ImageServer:
    """Build the service for these sources and bind its port, 0 for any free one.

    Raises:
        OSError: the port is in use, or this user may not bind it.
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
        evict=evict,
        answered=answered,
    )
    reaper = CallReaper(timeouts.call_s, timeouts.request_s, limits.calls_without_request)
    server = GrpcServer(
        RpcDispatcher(servicer, allowlist or PeerAllowlist(), reaper),
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
    ) -> None:
        """Build all parts and bind the port; nothing runs yet.

        Every wait uses the clock, by default the system's, and every pause is jittered by `rng`.

        Raises:
            CameraMisconfigured: a device name can never be opened here.
            OSError: the port cannot be bound.
            ModuleNotFoundError: the extra `http` is not installed.
        """
        clock = clock or SystemClock()
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311 - it spreads retries
        self._options = options
        self._limits, self._timeouts = options.limits, options.timeouts
        codec = OpenCvCodec()
        self._validator = frame_validator(codec.examine)
        self._bulkhead = bulkhead_of(self._limits)
        self._pauses = PauseDetector()
        self._cameras = [self._camera(device) for device in options.devices]
        # Grows when cameras are added; concurrent iteration sees it with or without the new source.
        self._sources = [camera.source for camera in self._cameras]
        timeouts = self._timeouts
        self._link = RobotLink(options.robot, options.credentials, timeouts.robot_rpc_s)
        robot_clock = BosdynRobotClock(self._link, clock)
        # Parsed again: a mapped network (::ffff:10.0.0.0/104) becomes its IPv4 network.
        allowlist = PeerAllowlist(parse_network(str(network)) for network in options.allow_from)
        requests = RequestTally(clock, robot_clock)
        built = build_service(
            self._sources,
            clock,
            robot_clock,
            codec,
            port=options.port,
            transcode=options.transcode,
            allowlist=allowlist,
            answered=requests.answered,
            limits=self._limits,
            timeouts=timeouts,
        )
        self._service, self._server, self._budget = built.service, built.server, built.budget
        self.port = self._server.port
        entry = ServiceEntry(
            options.service_name,
            options.authority,
            self.port,
            timeouts.liveness_s,
        )
        self._host_address = HostAddress(
            options.host_ip, options.robot.host, self.port, SystemNetwork()
        )
        sink = BosdynFaultSink(self._link, options.service_name)
        self._reporter = reporter = FaultReporter(
            self._sources, sink, clock, timeouts, self._pauses
        )
        self._session = RobotSession(
            self._link,
            robot_clock,
            RegistrationLease(
                BosdynDirectory(self._link, entry, self._host_address.current),
                FileLock(f"{options.robot} {options.service_name}"),
                robot_clock,
                clock,
                timeouts,
                options.service_name,
                options.takeover,
            ),
            reporter,
            clock,
            timeouts,
            rng=self._rng,
            catalogue=self._service.catalogue,
            connected=self._host_address.resolve,
        )
        self._threads = [
            LoopThread("robot-session", self._session.step, clock, self._session.wake),
            LoopThread("fault-reporter", reporter.step, clock, reporter.wake),
        ]
        self._resolver: LoopThread | None = None
        if not allowlist.open:
            resolver = AddressResolver(options.robot.host, allowlist.update_robot, timeouts)
            self._resolver = LoopThread("address-resolver", resolver.step, clock, resolver.wake)
        if options.hotplug:
            self._threads.append(self._hotplug(options.hotplug))
        self.monitor = Monitor(
            self._sources,
            self._session,
            reporter,
            requests,
            self._threads,
            clock,
            service_name=options.service_name,
            port=self.port,
            version=__version__,
            bytes_in_flight=lambda: self.bytes_in_flight,
        )
        self.web = None if options.http is None else self._web_server(options.http, codec)

    def _web_server(self, http: WebOptions, codec: ImageCodec) -> WebServer:
        pictures = ViewerPictures(
            self._sources,
            self._clock,
            codec,
            forms=DictParamForms(),
            check_parameters=check_parameters,
            transcode=self._options.transcode,
            limits=self._limits,
            timeouts=self._timeouts,
        )
        try:
            return build_web_server(self.monitor, pictures, http, __version__)
        except BaseException:
            self._server.stop(0.0)
            raise

    def _hotplug(self, patterns: Sequence[str]) -> LoopThread:
        # Linux only: V4L2 cannot be imported elsewhere.
        from spot_webcam.adapters.v4l2 import DeviceNames, LinuxKernel  # noqa: PLC0415
        from spot_webcam.app.cameras.hotplug import Hotplug  # noqa: PLC0415

        hotplug = Hotplug(
            patterns,
            DeviceNames(LinuxKernel()),
            lambda: [camera.device for camera in self._cameras],
            self._add_camera,
            period_s=self._timeouts.hotplug_period_s,
        )
        return LoopThread("hotplug", hotplug.step, self._clock, hotplug.wake)

    def _camera(self, device: Device) -> CameraThread:
        options, timeouts = self._options, self._timeouts
        is_damage_served = options.serve_damaged or device.serve_damaged
        return CameraThread(
            device,
            isolated_or_not(device, options.mode, self._clock, options.isolation),
            options.mode,
            self._clock,
            validator=frame_validator(None) if is_damage_served else self._validator,
            on_demand=options.on_demand,
            restore_controls=options.restore_controls,
            bulkhead=self._bulkhead,
            pauses=self._pauses,
            backoff=Backoff(timeouts.first_reopen_pause_s, timeouts.max_reopen_pause_s, self._rng),
            limits=self._limits,
            timeouts=timeouts,
        )

    def _add_camera(self, device: Device) -> None:
        """Add a camera; on the hotplug thread."""
        added = self._camera(device)
        added.start()  # first, because there may be no thread for it
        self._service.add(added.source)
        self._sources.append(added.source)
        self._cameras.append(added)
        self._session.wake.set()

    @property
    def registered(self) -> threading.Event:
        """Set while the robot knows the service."""
        return self._session.registered

    @property
    def refusal(self) -> NameTaken | None:
        """The reason why the daemon gave up, with `--no-takeover`."""
        return self._session.refusal

    @property
    def bytes_in_flight(self) -> int:
        """Size of the answers that are being sent to clients."""
        return self._budget.taken_bytes

    def reported_faults(self) -> list[Fault]:
        """Return the faults that were reported to the robot and not cleared."""
        return self._reporter.reported()

    def start(self) -> None:
        """Start all threads; returns at once. A start that fails is undone, as by `stop`."""
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.monitor.events.attach(*(camera.device.address for camera in self._cameras))
        if self._resolver is not None:
            self._resolver.start()
        self._server.start()
        _LOG.info("serving on port %d", self.port)
        self._host_address.check()
        for camera in self._cameras:
            camera.start()
        for thread in self._threads:
            thread.start()
        if self.web is not None:
            self.web.start()
            _LOG.info("page at %s", self.web.url)

    def stop(self) -> bool:
        """Unregister and stop, within about two and a half seconds.

        Returns whether every thread ended: a thread that hangs in a driver cannot be ended, and is
        in `left_behind`.
        """
        began_ns = self._clock.monotonic_ns()
        if self._resolver is not None:  # not added: a name server may block it
            self._resolver.ask_to_stop()
        if self.web is not None:
            self.web.ask_to_stop()
        for thread in self._threads:
            thread.ask_to_stop()
        for camera in self._cameras:
            camera.ask_to_stop()
        self._session.shutting_down = True
        if not self._join(self._threads):
            # A call to the robot is pending: it must not take effect after we have unregistered.
            with suppress(RobotError):
                self._link.reopen_channels()
            self._join(self._threads)
        for camera in self._cameras:  # a camera may have been added meanwhile
            camera.ask_to_stop()
        took_s = (self._clock.monotonic_ns() - began_ns) / NANOSECONDS
        self._session.shut_down(self._timeouts.unregister_s - took_s)
        self._server.stop(grace_s=0.1)
        self._link.close()  # ends a call that an unresponsive robot does not answer
        self.monitor.events.detach()
        return self._join(self._all_threads())

    def left_behind(self) -> list[str]:
        """Return the names of the threads that still run after a stop."""
        return [thread.name for thread in self._all_threads() if not thread.join(0.0)]

    def _all_threads(self) -> list[LoopThread | CameraThread | WebServer]:
        web = [] if self.web is None else [self.web]
        return [*self._threads, *self._cameras, *web]

    def _join(self, threads: Sequence[LoopThread | CameraThread | WebServer]) -> bool:
        deadline_ns = self._clock.monotonic_ns() + int(self._timeouts.join_s * NANOSECONDS)
        ended = True
        for thread in threads:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            ended = thread.join(left_s) and ended
        return ended
