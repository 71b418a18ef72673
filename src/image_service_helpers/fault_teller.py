"""Tells the robot a source's faults, on a thread of its own."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Protocol

from bosdyn.api import service_fault_pb2
from bosdyn.client.fault import ServiceFaultAlreadyExistsError, ServiceFaultDoesNotExistError

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.app.robot.fault_reporter import FaultReporter
from spot_webcam.app.runtime.loop_thread import LoopThread
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import RobotError, RobotRefused
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.ports import Clock
from spot_webcam.domain.timing import NANOSECONDS

RPC_TIMEOUT_S = 5.0
# The robot forgets faults when it reboots and when the service registers, which programs do
# behind our back. So what stands is told again at this pace.
RETELL_S = 30.0
CLEARING_S = 1.0


class FaultySource(Protocol):
    """A source as the robot is told of it. Its methods never block."""

    active_fault_id_names: set[str]
    logger: logging.Logger
    abandoned: bool

    def faults(self) -> list[Fault]:
        """Return the faults that stand now."""
        ...

    def fault_proto(self, name: str) -> Any:
        """Return the `ServiceFault` of that name as it is to be told, but for its message."""
        ...


class SdkFaultSink:
    """A `FaultSink` on the SDK's fault client; notes which faults the robot knows of."""

    def __init__(self, fault_client: Any, source: FaultySource) -> None:
        self._client = fault_client
        self._source = source

    def trigger(self, fault: Fault) -> None:
        """Raise it, with the severity and the attributes that the source gave it."""
        proto = service_fault_pb2.ServiceFault()
        proto.CopyFrom(self._source.fault_proto(fault.name))
        proto.error_message = fault.message
        with robot_errors(), suppress(ServiceFaultAlreadyExistsError):
            self._client.trigger_service_fault(proto, timeout=RPC_TIMEOUT_S)
        self._source.active_fault_id_names.add(fault.name)

    def clear(self, fault: Fault, timeout_s: float | None = None) -> None:
        """Clear it."""
        fault_id = self._source.fault_proto(fault.name).fault_id
        with robot_errors(), suppress(ServiceFaultDoesNotExistError):
            self._client.clear_service_fault(fault_id, timeout=timeout_s or RPC_TIMEOUT_S)
        self._source.active_fault_id_names.discard(fault.name)

    def clear_all(self) -> None:
        """Do nothing: others' faults are theirs to clear."""


class FaultPublisher:
    """Clears what an earlier life left behind, then tells edges."""

    def __init__(
        self,
        source: FaultySource,
        fault_client: Any,
        clock: Clock,
        leftovers: Iterable[str],
    ) -> None:
        """`leftovers` are the names of the source's own faults."""
        self._source = source
        self._sink = SdkFaultSink(fault_client, source)
        self._clock = clock
        self._leftovers = list(leftovers)
        self._timeouts = Timeouts()
        self._reporter = FaultReporter([source], self._sink, clock, self._timeouts)
        self._reporter.reachable()
        self._retold_ns = clock.monotonic_ns()
        self._thread: LoopThread | None = None
        self._complaint = ""

    def thread(self, name: str) -> LoopThread:
        """Return a thread that tells; when it ends, it clears what was raised."""
        wake = self._reporter.wake
        self._thread = LoopThread(name, self.step, self._clock, wake, self._finish)
        return self._thread

    def step(self) -> float:
        """Tell what there is to tell; return the seconds to wait."""
        if self._source.abandoned and self._thread is not None:
            self._thread.ask_to_stop()
            return 0.0
        try:
            self._clear_leftovers()
            self._retell_when_due()
            pause_s = self._reporter.step()
        except RobotError as error:
            self._complain(f"the robot cannot be told of faults: {error}")
            return self._timeouts.fault_retry_s
        except Exception as error:  # noqa: BLE001 - a defect here ends no program of others
            self._complain(f"unexpected {type(error).__name__}: {error}")
            return self._timeouts.fault_retry_s
        self._complaint = ""
        return pause_s

    def _complain(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            self._source.logger.error("%s", text)

    def _clear_leftovers(self) -> None:
        while self._leftovers:
            with suppress(RobotRefused):
                self._sink.clear(Fault(self._leftovers[0]))
            self._leftovers.pop(0)

    def _retell_when_due(self) -> None:
        now_ns = self._clock.monotonic_ns()
        if now_ns - self._retold_ns < RETELL_S * NANOSECONDS:
            return
        self._retold_ns = now_ns
        standing = {fault.name for fault in self._source.faults()}
        for fault in self._reporter.reported():
            if fault.name in standing:
                with suppress(RobotRefused):
                    self._sink.trigger(fault)

    def _finish(self) -> None:
        self._reporter.clear_reported(CLEARING_S)
