"""Start, stop and reboot of the fake robot."""

import ssl
import tempfile
import threading
from pathlib import Path

from spot_webcam.fakes.robot.acquisition.acquirer import Acquirer
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.certificates import Certificates
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from spot_webcam.fakes.robot.transport.listener import Listener, ReservedPorts
from spot_webcam.fakes.robot.transport.router import Router
from spot_webcam.fakes.robot.transport.unresponsive_mode import UnresponsiveMode
from spot_webcam.fakes.robot.transport.web_listener import Handle, WebListener


class Lifecycle:
    """The ports of a fake robot, what listens on them, and its CA file. Thread-safe.

    The ports are kept from `start` to `stop`; a robot that is down does not listen on them.
    """

    def __init__(
        self,
        *,
        address: str,
        port: int,
        rest_port: int,
        ca_file: Path | None,
        state: RobotState,
        router: Router,
        downloads: Handle,
        acquirer: Acquirer,
        forwarder: Forwarder,
        unresponsive: UnresponsiveMode,
    ) -> None:
        """`router` answers calls, `downloads` serves the other port.

        Acquirer, forwarder and unresponsive mode hold workers, which are released when the robot
        goes down.
        """
        self._address = address
        self._requested_ports = port, rest_port
        self._requested_ca_file = ca_file
        self._state = state
        self._router = router
        self._downloads = downloads
        self._acquirer = acquirer
        self._forwarder = forwarder
        self._unresponsive = unresponsive
        self._certificates = Certificates(self._authorities)
        self._lock = threading.RLock()
        self._ports: ReservedPorts | None = None
        self._ca_file: Path | None = None
        self._listener: Listener | None = None
        self._web_listener: WebListener | None = None
        self._boot_timer: threading.Timer | None = None

    def start(self) -> None:
        """Listen, and write the CA file; raises as `FakeRobot.start` does."""
        with self._lock:
            if self._ports is not None:
                raise RuntimeError("the fake robot is started already")
            ca_file = self._requested_ca_file or _temporary_file()
            try:
                self._certificates.write_ca(ca_file)
                self._ports = ReservedPorts(self._address, *self._requested_ports)
            except OSError:
                self._remove(ca_file)
                raise
            self._ca_file = ca_file
            self.boot()

    def stop(self) -> None:
        """Close the ports and join every thread; a no-op if the robot is not started."""
        with self._lock:
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

    @property
    def ports(self) -> ReservedPorts:
        """The ports of the started robot."""
        return self._started()

    @property
    def ca_file(self) -> Path:
        """The CA file of the started robot."""
        self._started()
        return self._ca_file or Path()

    @property
    def is_up(self) -> bool:
        """Whether the robot listens."""
        return self._listener is not None

    def reboot(self, downtime_s: float) -> None:
        """Go down now, and boot after `downtime_s`; returns once the robot is down."""
        with self._lock:
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
        """Go down as in a reboot, and stay down until `boot`."""
        with self._lock:
            self._started()
            self._go_down()
            self._state.forget()

    def boot(self) -> None:
        """Listen again; a no-op if the robot is up."""
        with self._lock:
            ports = self._started()
            if self._listener is None:
                self._boot_timer = None
                credentials = self._certificates.credentials()
                self._web_listener = WebListener(ports.web, self._downloads, self._web_context)
                self._listener = Listener(ports.api, self._router, credentials)
        with self._state.changes.changing():
            pass

    def _started(self) -> ReservedPorts:
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
            # First to free the workers that wait for a service, then for calls begun meanwhile.
            self._acquirer.cancel()
            self._forwarder.close()
            listener.close()
            self._acquirer.close()
            self._forwarder.close()
            self._unresponsive.end()
        return timer

    def _boot_by_timer(self) -> None:
        with self._lock:
            if self._boot_timer is threading.current_thread():
                self.boot()

    def _authorities(self) -> frozenset[str]:
        own = {service.authority for service in OWN_SERVICES}
        return frozenset(own | {service.authority for service in self._state.services()})

    def _web_context(self) -> ssl.SSLContext:
        return self._certificates.web_context(self._address, "localhost", *self._authorities())

    def _remove(self, ca_file: Path) -> None:
        if ca_file != self._requested_ca_file:
            ca_file.unlink(missing_ok=True)


def _temporary_file() -> Path:
    with tempfile.NamedTemporaryFile(prefix="fake-robot-", suffix=".pem", delete=False) as file:
        return Path(file.name)
