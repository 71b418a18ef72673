"""In-process fake of Spot's API."""

import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import grpc
from bosdyn.api import data_buffer_pb2

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.acquisition.captures import Captures, StoredCapture
from spot_webcam.fakes.robot.acquisition.downloads import DownloadHandler
from spot_webcam.fakes.robot.lifecycle import Lifecycle
from spot_webcam.fakes.robot.services.all_services import own_services
from spot_webcam.fakes.robot.state.calls import CallRecord
from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.state.faults import FaultEvent
from spot_webcam.fakes.robot.state.payloads import PayloadAccount
from spot_webcam.fakes.robot.state.recordings import Recordings
from spot_webcam.fakes.robot.state.robot_state import RobotState
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from spot_webcam.fakes.robot.transport.link_delay import LinkDelay
from spot_webcam.fakes.robot.transport.router import Router
from spot_webcam.fakes.robot.transport.unresponsive_mode import UnresponsiveMode

ADDRESS = "127.0.0.1"
CLOCK_OFFSET_S = 420.0
USERS: Mapping[str, str] = {"user": "password"}


class FakeRobot:
    """A robot's API on one TLS port, of 127.0.0.1 by default, for the unmodified SDK client.

    Connect with `bosdyn.client.create_standard_sdk(name, cert_resource_glob=str(ca_file))` and
    `robot.update_secure_channel_port(port)`. The robot's clock runs `clock_offset_s` off the
    host's. Stored captures are downloaded over HTTPS from `rest_port`, which is 443 on a robot.
    All methods are thread-safe.

    Not enforced: rate limits, leases, licences, e-stop; which of the robot's own services a
    payload's token covers; who owns a directory entry or a fault; lock-out after wrong passwords;
    client versions. Only unary calls are forwarded, without metadata. Clearing all faults of a
    service or payload that has none returns FAULT_NOT_ACTIVE. A fault keeps the onset and the
    payload GUID that its client sent; the fake sets them where the client did not. Downtime and
    unresponsiveness are measured on the host's monotonic clock; an unresponsive robot still
    completes TLS handshakes and serves downloads. Each forwarded or held call occupies one of 48
    workers, which the robot's own services share. A registered service is notified at once when
    its client gives up; a robot may wait for the deadline. The body never moves. Stored captures
    and recordings survive a reboot, up to limits.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        address: str = ADDRESS,
        rest_port: int = 0,
        ca_file: Path | None = None,
        now_ns: Callable[[], int] = time.time_ns,
        clock_offset_s: float = CLOCK_OFFSET_S,
        users: Mapping[str, str] = USERS,
        authorize_new_payloads: bool = False,
    ) -> None:
        self._address = address
        self._state = RobotState(
            host_now_ns=now_ns,
            clock_offset_ns=round(clock_offset_s * NANOSECONDS),
            users=users,
            authorize_new_payloads=authorize_new_payloads,
        )
        self._unresponsive = UnresponsiveMode()
        self._delay = LinkDelay()
        forwarder = Forwarder(
            lambda: frozenset(service.endpoint for service in self._state.services())
        )
        self._captures = Captures(self._state.changes, self._state.now_ns)
        self._recordings = Recordings(self._state.changes)
        services, acquirer = own_services(self._state, forwarder, self._captures, self._recordings)
        self._lifecycle = Lifecycle(
            address=address,
            port=port,
            rest_port=rest_port,
            ca_file=ca_file,
            state=self._state,
            router=Router(self._state, services, forwarder, self._unresponsive, self._delay),
            downloads=partial(DownloadHandler, self._state, self._captures),
            acquirer=acquirer,
            forwarder=forwarder,
            unresponsive=self._unresponsive,
        )

    # Start and stop

    def start(self) -> "FakeRobot":
        """Listen, and write the CA file.

        Raises:
            OSError: the port is in use or not permitted, or the CA file cannot be written.
            RuntimeError: the robot is started already.
        """
        self._lifecycle.start()
        return self

    def stop(self) -> None:
        """Close the ports and join every thread; a no-op if the robot is not started."""
        self._lifecycle.stop()

    def __enter__(self) -> "FakeRobot":
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
        """IP address of the robot."""
        return self._address

    @property
    def port(self) -> int:
        """Port of the started robot; the same after a reboot."""
        return self._lifecycle.ports.api.port

    @property
    def rest_port(self) -> int:
        """Download port of the started robot; the same after a reboot."""
        return self._lifecycle.ports.web.port

    @property
    def ca_file(self) -> Path:
        """PEM file that clients of the started robot have to trust."""
        return self._lifecycle.ca_file

    # Reboot

    def reboot(self, downtime_s: float = 0.0) -> None:
        """Go down now and boot after `downtime_s`; returns once the robot is down.

        Directory entries, faults, tokens, time-sync and acquisitions are forgotten; payloads,
        users, refusals, stored captures and the records stay.
        """
        self._lifecycle.reboot(downtime_s)

    def power_off(self) -> None:
        """Go down as in a reboot, and stay down until `boot`."""
        self._lifecycle.power_off()

    def boot(self) -> None:
        """Listen again; a no-op if the robot is up."""
        self._lifecycle.boot()

    @property
    def is_up(self) -> bool:
        """Whether the robot listens."""
        return self._lifecycle.is_up

    def wait_up(self, timeout_s: float) -> bool:
        """Block until the robot listens; return whether it does."""
        return self.wait_for(lambda: self.is_up, timeout_s)

    # Fault injection

    def stop_responding(self, seconds: float) -> None:
        """Leave calls unanswered for `seconds`, then answer those whose clients still wait."""
        self._unresponsive.begin(seconds)

    def resume(self) -> None:
        """Answer calls again, after `stop_responding`."""
        self._unresponsive.end()

    def unanswered_calls(self) -> int:
        """Return how many calls `stop_responding` holds back now."""
        return self._unresponsive.held_calls()

    def delay_calls(self, there_s: float, back_s: float = 0.0) -> None:
        """Delay all later calls on their way to the robot, and their answers on the way back."""
        self._delay.set(there_s, back_s)

    def refuse(self, service_name: str, code: grpc.StatusCode, details: str = "") -> None:
        """End all calls of a service, own or registered, with this status until `accept`."""
        self._state.refusals.refuse(service_name, code, details)

    def accept(self, service_name: str) -> None:
        """End a refusal."""
        self._state.refusals.accept(service_name)

    def move_clock(self, seconds: float) -> None:
        """Set the robot's clock forward, or back if negative; time-sync restarts."""
        self._state.move_clock(seconds)

    def expire_tokens(self) -> None:
        """End the lifetime of every token now."""
        self._state.tokens.expire_all()

    def revoke_tokens(self) -> None:
        """Forget every token."""
        self._state.tokens.revoke_all()

    # Payloads, as an operator manages them

    def register_payload(
        self, guid: str, secret: str, *, name: str = "", authorized: bool = True
    ) -> None:
        """Add a payload account.

        Raises:
            ValueError: the GUID is taken.
        """
        if not self._state.payloads.add(PayloadAccount(guid, secret, name, authorized)):
            raise ValueError(f"a payload with GUID {guid!r} is registered already")

    def authorize(self, guid: str) -> None:
        """Authorize a payload; `LookupError` if it is unknown."""
        self._state.payloads.set_authorized(guid, True)

    def revoke(self, guid: str) -> None:
        """Withdraw a payload's authorization and its tokens; `LookupError` if it is unknown."""
        self._state.revoke_payload(guid)

    # Inspection: what tests see and clients do not

    def now_ns(self) -> int:
        """Return robot time."""
        return self._state.now_ns()

    def users(self) -> dict[str, str]:
        """Return the users and their passwords."""
        return dict(self._state.users)

    def payloads(self) -> list[PayloadAccount]:
        """Return every payload account, oldest first."""
        return self._state.payloads.all()

    def services(self) -> list[RegisteredService]:
        """Return every registered service, oldest first, without the robot's own."""
        return self._state.services()

    def faults(self) -> list[Any]:
        """Return the active faults, as `bosdyn.api.ServiceFault` messages, oldest first."""
        return self._state.faults()

    def fault_events(self) -> list[FaultEvent]:
        """Return every trigger and clear, by clients and by the robot, oldest first."""
        return self._state.fault_events()

    def calls(self) -> list[CallRecord]:
        """Return the last finished calls, oldest first."""
        return self._state.calls.all()

    def stored_captures(self) -> list[StoredCapture]:
        """Return the contents of the data-acquisition store, oldest first."""
        return self._captures.all()

    def recorded_text_messages(self) -> list[Any]:
        """Return the data buffer's `bosdyn.api.TextMessage`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.TextMessage)

    def recorded_operator_comments(self) -> list[Any]:
        """Return the data buffer's `bosdyn.api.OperatorComment`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.OperatorComment)

    def recorded_blobs(self) -> list[Any]:
        """Return the data buffer's `bosdyn.api.DataBlob`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.DataBlob)

    def recorded_events(self) -> list[Any]:
        """Return the data buffer's `bosdyn.api.Event`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.Event)

    def recorded_signal_ticks(self) -> list[Any]:
        """Return the data buffer's `bosdyn.api.SignalTick`s, oldest first."""
        return self._recordings.of_type(data_buffer_pb2.SignalTick)

    def wait_for(self, predicate: Callable[[], object], timeout_s: float) -> bool:
        """Block until the predicate holds or the timeout ends; return whether it holds.

        The predicate runs in the caller's thread, after each change of the robot's state.
        """
        return self._state.changes.wait_for(predicate, timeout_s)
