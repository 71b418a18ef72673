"""A Spot without legs."""

from __future__ import annotations

import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.acquisition.captures import Captures
from spot_webcam.fakes.robot.acquisition.download_handler import DownloadHandler
from spot_webcam.fakes.robot.acquisition.rest import Downloads
from spot_webcam.fakes.robot.insight import Insight
from spot_webcam.fakes.robot.services.all_services import own_services
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.certificates import Certificates
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from spot_webcam.fakes.robot.transport.listener import Listener, ReservedPort
from spot_webcam.fakes.robot.transport.router import Router
from spot_webcam.fakes.robot.transport.silence import Silence
from spot_webcam.fakes.robot.transport.web_listener import WebListener
from spot_webcam.fakes.robot.trouble import Operator, Trouble

ADDRESS: Final = "127.0.0.1"
CLOCK_OFFSET_S: Final = 420.0
USERS: Final[Mapping[str, str]] = {"user": "password"}


class FakeRobot(Trouble, Operator, Insight):
    """A robot's API on one TLS port of 127.0.0.1, for the unmodified SDK client.

    Reach it with `bosdyn.client.create_standard_sdk(name, cert_resource_glob=str(ca_file))` and
    `robot.update_secure_channel_port(port)`. Its clock runs `clock_offset_s` off the host's.
    Stored captures are downloaded over HTTPS from `rest_port`, which a robot has on 443 too.
    All methods may be called from any thread.

    What it does not enforce: rate limits, leases, licences, e-stop, which of the robot's own
    services a payload's token covers; who owns a directory entry or a fault; lock-out after wrong
    passwords; client versions. Only unary calls are forwarded, and metadata is not passed on.
    Clearing all faults of a service or payload that has none answers FAULT_NOT_ACTIVE. A fault
    keeps the onset and the payload GUID that its client sent, and gets them where they were left
    out. Silence and downtime are spans of the host's steady clock; a silent robot still does TLS
    and serves downloads. Forwarded calls and silence hold one of 48 workers each, the robot's own
    services share these. A service is told at once when its client gives up, which a robot may
    leave to the deadline. Bodies never move; what was stored and recorded survives a reboot, up to
    limits.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        rest_port: int = 0,
        ca_file: Path | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        clock_offset_s: float = CLOCK_OFFSET_S,
        users: Mapping[str, str] = USERS,
        authorize_new_payloads: bool = False,
    ) -> None:
        self._wanted_port = port
        self._wanted_rest_port = rest_port
        self._wanted_ca_file = ca_file
        self._state = RobotState(
            host_now_ns=now_ns,
            clock_offset_ns=round(clock_offset_s * NANOSECONDS),
            users=users,
            authorize_new_payloads=authorize_new_payloads,
        )
        self._silence = Silence()
        self._forwarder = Forwarder(
            lambda: frozenset(service.endpoint for service in self._state.services())
        )
        self._captures = Captures(self._state.changes, self._state.now_ns)
        self._recordings = Recordings(self._state.changes)
        services, self._acquirer = own_services(
            self._state, self._forwarder, self._captures, self._recordings
        )
        self._router = Router(self._state, services, self._forwarder, self._silence)
        self._web_handler = partial(DownloadHandler, Downloads(self._state, self._captures))
        self._certificates = Certificates(self._authorities)
        self._lifecycle = threading.RLock()
        self._ports: _Ports | None = None
        self._ca_file: Path | None = None
        self._listener: Listener | None = None
        self._web_listener: WebListener | None = None
        self._boot_timer: threading.Timer | None = None

    # Running

    def start(self) -> FakeRobot:
        """Listen, and write the CA file.

        Raises:
            OSError: the port is in use or not permitted, or the CA file cannot be written.
            RuntimeError: started already.
        """
        with self._lifecycle:
            if self._ports is not None:
                raise RuntimeError("the fake robot is started already")
            ca_file = self._wanted_ca_file or _temporary_file()
            try:
                self._certificates.write_ca(ca_file)
                self._ports = _Ports(self._wanted_port, self._wanted_rest_port)
            except OSError:
                self._remove(ca_file)
                raise
            self._ca_file = ca_file
            self.boot()
        return self

    def stop(self) -> None:
        """Close the port and end every thread; nothing when not started."""
        with self._lifecycle:
            timer = self._go_down()
            if self._ports is not None:
                self._ports.release()
                self._ports = None
            if self._ca_file is not None:
                self._remove(self._ca_file)
                self._ca_file = None
        # Outside the lock, which a timer that has just fired is waiting for.
        if timer is not None:
            timer.join()

    def __enter__(self) -> FakeRobot:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def address(self) -> str:
        """Where the robot is."""
        return ADDRESS

    @property
    def port(self) -> int:
        """The port of the started robot; the same after a reboot."""
        return self._started().api.port

    @property
    def rest_port(self) -> int:
        """The port of the started robot where captures are downloaded; the same after a reboot."""
        return self._started().web.port

    @property
    def ca_file(self) -> Path:
        """The PEM file that a client of the started robot has to trust."""
        self._started()
        return self._ca_file or Path()

    # Going down and coming back

    def reboot(self, downtime_s: float = 0.0) -> None:
        """Go down now and come back by itself after `downtime_s`; returns once it is down.

        Directory entries, faults, tokens, time-sync and acquisitions are forgotten; payloads,
        users, refusals, stored captures and the records stay.
        """
        with self._lifecycle:
            self.power_off()
            if downtime_s <= 0:
                self.boot()
                return
            timer = threading.Timer(downtime_s, self._boot_by_timer)
            timer.name = "fake-robot-boot"
            timer.daemon = True
            self._boot_timer = timer
            timer.start()

    def power_off(self) -> None:
        """Go down as a reboot does, and stay so until `boot`."""
        with self._lifecycle:
            self._started()
            self._go_down()
            self._state.forget()

    def boot(self) -> None:
        """Answer on the port again; nothing when the robot is up."""
        with self._lifecycle:
            ports = self._started()
            if self._listener is None:
                self._boot_timer = None
                credentials = self._certificates.credentials()
                self._web_listener = WebListener(ports.web, self._web_handler, self._web_context)
                self._listener = Listener(ports.api, self._router, credentials)
        with self._state.changes.changing():
            pass

    @property
    def is_up(self) -> bool:
        """Whether the robot listens."""
        return self._listener is not None

    def wait_up(self, timeout_s: float) -> bool:
        """Block until the robot listens; return whether it does."""
        return self.wait_for(lambda: self.is_up, timeout_s)

    def _started(self) -> _Ports:
        if self._ports is None:
            raise RuntimeError("the fake robot is not started")
        return self._ports

    def _go_down(self) -> threading.Timer | None:
        timer, self._boot_timer = self._boot_timer, None
        if timer is not None:
            timer.cancel()
        listener, self._listener = self._listener, None
        web_listener, self._web_listener = self._web_listener, None
        if web_listener is not None:
            web_listener.close()
        if listener is not None:
            # Once to free the workers that wait for a service, once for what came meanwhile.
            self._acquirer.cancel()
            self._forwarder.close()
            listener.close()
            self._acquirer.close()
            self._forwarder.close()
            self._silence.end()
        return timer

    def _boot_by_timer(self) -> None:
        with self._lifecycle:
            if self._boot_timer is threading.current_thread():
                self.boot()

    def _authorities(self) -> frozenset[str]:
        own = {service.authority for service in OWN_SERVICES}
        return frozenset(own | {service.authority for service in self._state.services()})

    def _web_context(self) -> ssl.SSLContext:
        return self._certificates.web_context(ADDRESS, "localhost", *self._authorities())

    def _remove(self, ca_file: Path) -> None:
        if ca_file != self._wanted_ca_file:
            ca_file.unlink(missing_ok=True)


def _temporary_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="fake-robot-", suffix=".pem", delete=False) as file:
        return Path(file.name)


class _Ports:
    """The ports of a started robot, which stay its own while it reboots."""

    def __init__(self, api: int, web: int) -> None:
        self.api = ReservedPort(ADDRESS, api)
        try:
            self.web = ReservedPort(ADDRESS, web)
        except OSError:
            self.api.release()
            raise

    def release(self) -> None:
        """Give them back."""
        self.api.release()
        self.web.release()
