"""The composition root: everything of one service, built, started and stopped."""

import logging
import os
import random
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from spot_webcam import __version__
from spot_webcam.adapters.bosdyn.messages.initial_parameters import encode_parameters
from spot_webcam.adapters.bosdyn.messages.parameter_forms import DictParamForms
from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters
from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory, ServiceEntry
from spot_webcam.adapters.bosdyn.robot.fault_sink import BosdynFaultSink
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.bosdyn.server.peer_allowlist import PeerAllowlist, parse_network
from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.adapters.system.name_lock import FileLock
from spot_webcam.adapters.system.network import SystemNetwork
from spot_webcam.app.cameras.camera_set import CameraSet
from spot_webcam.app.cameras.camera_thread import CameraThread
from spot_webcam.app.cameras.options import CameraOptions
from spot_webcam.app.health_plugin import health_entry, health_services
from spot_webcam.app.image_server import build_service
from spot_webcam.app.monitoring.monitor import Monitor
from spot_webcam.app.monitoring.picture_meter import PictureMeter
from spot_webcam.app.monitoring.request_tally import RequestTally
from spot_webcam.app.options import ServeOptions
from spot_webcam.app.robot.address_resolver import AddressResolver
from spot_webcam.app.robot.catalogue import catalogue_of
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.host_address import HostAddress
from spot_webcam.app.robot.registration_lease import RegistrationLease
from spot_webcam.app.robot.session import RobotSession
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.runtime.shortage import require
from spot_webcam.app.serving.viewer import ViewerPictures
from spot_webcam.app.web import WebOptions, WebServer, build_web_server
from spot_webcam.domain.errors import NameTaken, RobotError
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.media.transformed import TransformingCodec
from spot_webcam.domain.ports import Clock, ImageCodec
from spot_webcam.domain.sources.naming import Device
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# Threads beside gRPC's pool and the cameras': the main thread, those for signals and the log, two
# that answer calls, five about the server, four loops, and one for a token in a call to the robot.
OWN_TASKS = 15
# A camera's capture thread, and its process.
TASKS_OF_CAMERA = 2
# Of the HTTP server: its own thread, that of the state, and those that wait for pictures.
TASKS_OF_HTTP = 6
# Of gRPC, the port, the robot's connections and this process itself; and of a camera's process.
OWN_DESCRIPTORS = 16
DESCRIPTORS_OF_CAMERA = 6
# Its port, what wakes its thread, and a few browsers.
DESCRIPTORS_OF_HTTP = 16


def require_resources(cameras: int, *, loops: int = 0, has_http: bool = False) -> None:
    """Check that the host grants the measured minimum of a service with so many more loops.

    Raises:
        Shortage: it does not.
    """
    # The size of gRPC's thread pool.
    pool = min(16, max(4, os.sysconf("SC_NPROCESSORS_CONF")))
    require(
        tasks=OWN_TASKS + loops + pool + TASKS_OF_CAMERA * cameras + TASKS_OF_HTTP * has_http,
        descriptors=OWN_DESCRIPTORS
        + DESCRIPTORS_OF_CAMERA * cameras
        + DESCRIPTORS_OF_HTTP * has_http,
    )


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
        codec = TransformingCodec(OpenCvCodec())
        timeouts, robot_timeouts = options.timeouts, options.robot_timeouts
        self._cameras = CameraSet(
            options.cameras, clock, codec, encode_parameters, self._rng, self._limits, timeouts
        )
        self._link = RobotLink(options.robot, options.credentials, robot_timeouts.robot_rpc_s)
        robot_clock = BosdynRobotClock(self._link, clock)
        # Parsed again: a mapped network (::ffff:10.0.0.0/104) becomes its IPv4 network.
        allowlist = PeerAllowlist(parse_network(str(network)) for network in options.allow_from)
        requests = RequestTally(clock, robot_clock)
        meter = PictureMeter(self._cameras, codec, clock, timeouts.quality_s)
        name = options.service_name
        further = None
        if options.live_data:
            further = partial(health_services, name, self._cameras, meter, self._link, clock)
        built = build_service(
            self._cameras,
            clock,
            robot_clock,
            codec,
            port=options.port,
            allowlist=allowlist,
            answered=requests.answered,
            further=further,
            limits=self._limits,
            timeouts=timeouts,
        )
        self._service, self._server, self._budget = built.service, built.server, built.budget
        self.port = self._server.port
        entry = ServiceEntry(name, options.authority, self.port, robot_timeouts.liveness_s)
        entries = [entry, health_entry(entry)] if options.live_data else [entry]
        self._host_address = HostAddress(
            options.host_ip, options.robot.host, self.port, SystemNetwork()
        )
        directory, *companions = (
            BosdynDirectory(self._link, entry, self._host_address.current) for entry in entries
        )
        sink = BosdynFaultSink(self._link, name)
        self._reporter = reporter = FaultReporter(
            [self._cameras], sink, clock, robot_timeouts, self._cameras.pauses
        )
        self._session = RobotSession(
            self._link,
            robot_clock,
            RegistrationLease(
                directory,
                FileLock(f"{options.robot} {name}"),
                robot_clock,
                clock,
                robot_timeouts,
                name,
                options.takeover,
                companions,
            ),
            reporter,
            clock,
            robot_timeouts,
            rng=self._rng,
            catalogue=lambda: catalogue_of(self._service.list_sources()),
            connected=self._host_address.resolve,
        )
        self._threads = [
            LoopThread("robot-session", self._session.step, clock, self._session.wake),
            LoopThread("fault-reporter", reporter.step, clock, reporter.wake),
        ]
        # Of the set of cameras, while one thread changes it.
        self._changing = threading.Lock()
        self._resolver: LoopThread | None = None
        if not allowlist.open:
            resolver = AddressResolver(options.robot.host, allowlist.update_robot, robot_timeouts)
            self._resolver = LoopThread("address-resolver", resolver.step, clock, resolver.wake)
        if options.hotplug:
            self._threads.append(self._hotplug(options.hotplug))
        self.monitor = Monitor(
            self._cameras,
            self._session,
            reporter,
            requests,
            lambda: [*self._threads, *(camera.loop for camera in self._cameras.threads)],
            clock,
            service_name=name,
            port=self.port,
            version=__version__,
            bytes_in_flight=lambda: self.bytes_in_flight,
            quality=meter.qualities,
        )
        self.web = None if options.http is None else self._web_server(options.http, codec)

    def _web_server(self, http: WebOptions, codec: ImageCodec) -> WebServer:
        pictures = ViewerPictures(
            self._cameras,
            self._clock,
            codec,
            forms=DictParamForms(),
            check_parameters=check_parameters,
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
            self._cameras.devices,
            self._add_camera,
            period_s=self._timeouts.hotplug_period_s,
        )
        return LoopThread("hotplug", hotplug.step, self._clock, hotplug.wake)

    def _add_camera(self, device: Device) -> None:
        """Add a camera; on the hotplug thread."""
        with self._changing:
            self._cameras.add(CameraOptions(device, self._options.hotplugged), self._service)
        self._session.wake.set()

    def replace_cameras(self, cameras: Sequence[CameraOptions]) -> None:
        """Serve these cameras from now on; those that are the same go on without a gap.

        Raises:
            CameraMisconfigured: a device name can never be opened here; nothing has changed.
        """
        with self._changing:
            is_changed = self._cameras.replace(cameras, self._service)
        if is_changed:
            self._session.wake.set()

    def run_beside(self, name: str, step: Callable[[], float], wake: threading.Event) -> None:
        """Run one more loop from `start` to `stop`, on a thread of its own."""
        self._threads.append(LoopThread(name, step, self._clock, wake))

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
        self.monitor.events.attach(*(camera.address for camera in self._cameras.devices()))
        if self._resolver is not None:
            self._resolver.start()
        self._server.start()
        _LOG.info("serving on port %d", self.port)
        self._host_address.check()
        self._cameras.start()
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
        self._cameras.ask_to_stop()
        self._session.shutting_down = True
        if not self._join(self._threads):
            # A call to the robot is pending: it must not take effect after we have unregistered.
            with suppress(RobotError):
                self._link.reopen_channels()
            self._join(self._threads)
        self._cameras.ask_to_stop()  # a camera may have been added meanwhile
        took_s = (self._clock.monotonic_ns() - began_ns) / NANOSECONDS
        self._session.shut_down(self._options.robot_timeouts.unregister_s - took_s)
        self._server.stop(grace_s=0.1)
        self._link.close()  # ends a call that an unresponsive robot does not answer
        self.monitor.events.detach()
        return self._join(self._all_threads())

    def left_behind(self) -> list[str]:
        """Return the names of the threads that still run after a stop."""
        return [thread.name for thread in self._all_threads() if not thread.join(0.0)]

    def _all_threads(self) -> list[LoopThread | CameraThread | WebServer]:
        web = [] if self.web is None else [self.web]
        return [*self._threads, *self._cameras.threads, *web]

    def _join(self, threads: Sequence[LoopThread | CameraThread | WebServer]) -> bool:
        deadline_ns = self._clock.monotonic_ns() + int(self._timeouts.join_s * NANOSECONDS)
        ended = True
        for thread in threads:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            ended = thread.join(left_s) and ended
        return ended
