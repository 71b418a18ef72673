"""Report of a source's faults to the robot, on a thread of its own."""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from bosdyn.api import service_fault_pb2
from bosdyn.client.fault import ServiceFaultAlreadyExistsError, ServiceFaultDoesNotExistError

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.domain.errors import RobotError, RobotRefused
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.image_service_helpers.sdk_source import SdkSource

RPC_TIMEOUT_S = 5.0
# For all clears at the end.
CLEAR_TIMEOUT_S = 1.0


class SdkFaultSink:
    """A `FaultSink` on the SDK's fault client; records the names of the robot's faults."""

    def __init__(self, fault_client: Any, source: SdkSource) -> None:
        self._client = fault_client
        self._source = source

    def trigger(self, fault: Fault) -> None:
        """Raise a fault, with the severity and attributes of its `ServiceFault`."""
        self.send(fault, timeout=RPC_TIMEOUT_S)

    def send(self, fault: Fault, **options: Any) -> None:
        """Raise a fault, with these options for the call of the client."""
        proto = service_fault_pb2.ServiceFault()
        proto.CopyFrom(self._source.fault_proto(fault.name))
        proto.error_message = fault.message
        with robot_errors(), suppress(ServiceFaultAlreadyExistsError):
            self._client.trigger_service_fault(proto, **options)
        self._source.active_fault_id_names.add(fault.name)

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        """Clear a fault."""
        fault_id = self._source.fault_proto(fault.name).fault_id
        with robot_errors(), suppress(ServiceFaultDoesNotExistError):
            self._client.clear_service_fault(fault_id, timeout=timeout_s or RPC_TIMEOUT_S)
        self._source.active_fault_id_names.discard(fault.name)

    def clear_all(self) -> None:
        """Do nothing: the service may have faults of other sources."""

    def clear_service(self, image_service: str) -> None:
        """Clear all faults of a service, as the SDK's sources do."""
        fault_id = service_fault_pb2.ServiceFaultId(service_name=image_service)
        with robot_errors(), suppress(ServiceFaultDoesNotExistError):
            self._client.clear_service_fault(fault_id, clear_all_service_faults=True)


class FaultPublisher:
    """Clear the faults of an earlier run, then report what changes, until `ask_to_stop`."""

    def __init__(
        self,
        name: str,
        source: SdkSource,
        fault_client: Any,
        clock: Clock,
        *,
        stale_names: Iterable[str] = (),
        repeat_s: float,
    ) -> None:
        """`stale_names` are the faults to clear first.

        Active faults are triggered again after `repeat_s`: the robot forgets them when it reboots
        and when the program registers its service, which the source does not notice.
        """
        self._source = source
        self._sink = SdkFaultSink(fault_client, source)
        self._clock = clock
        self._stale_names = list(stale_names)
        self._repeat_s = repeat_s
        self._timeouts = RobotTimeouts()
        self._reporter = FaultReporter([source], self._sink, clock, self._timeouts)
        self._reporter.reachable()
        self._repeated_ns = clock.monotonic_ns()
        self._logged = ""
        self._thread = LoopThread(name, self.step, clock, self._reporter.wake, self.finish)
        self.record = self._reporter.record
        self.start = self._thread.start
        self.ask_to_stop = self._thread.ask_to_stop
        self.join = self._thread.join

    def step(self) -> float:
        """Report what changed; return the seconds to wait."""
        if self._source.abandoned:
            self.ask_to_stop()
            return 0.0
        try:
            self._clear_stale()
            self._repeat_if_due()
            pause_s = self._reporter.step()
        except RobotError as error:
            self._log_once(f"cannot report faults to the robot: {error}")
            return self._timeouts.fault_retry_s
        except Exception as error:  # noqa: BLE001 - a defect must not end other people's program
            self._log_once(f"unexpected {type(error).__name__}: {error}")
            return self._timeouts.fault_retry_s
        self._logged = ""
        return pause_s

    def finish(self) -> None:
        """Clear the reported faults."""
        self._reporter.clear_reported(CLEAR_TIMEOUT_S)

    def _log_once(self, message: str) -> None:
        if message != self._logged:
            self._logged = message
            self._source.logger.error("%s", message)

    def _clear_stale(self) -> None:
        while self._stale_names:
            with suppress(RobotRefused):
                self._sink.clear(Fault(self._stale_names[0]))
            self._stale_names.pop(0)

    def _repeat_if_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._repeated_ns < self._repeat_s * NANOSECONDS:
            return
        self._repeated_ns = now_ns
        active = {fault.name for fault in self._source.faults()}
        for fault in self._reporter.reported():
            if fault.name in active:
                with suppress(RobotRefused):
                    self._sink.trigger(fault)
