"""Report of the sources' active faults to the robot, on a thread of its own."""

import logging
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from spot_webcam.app.robot.timeouts import RobotTimeouts
from spot_webcam.domain.errors import RobotError, RobotRefused, RobotUnreachable
from spot_webcam.domain.health.faults import Edge, Fault, FaultLedger
from spot_webcam.domain.health.pauses import PauseDetector
from spot_webcam.domain.ports import Clock, FaultSink
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)


class FaultSource(Protocol):
    """A part of the daemon that may have faults."""

    def faults(self) -> list[Fault]:
        """Return the active faults; never blocks."""
        ...


class FaultReporter:
    """Reports raised and cleared faults while the robot is reachable.

    `registered`, `reachable`, `unreachable` and `record` may be called from any thread.
    """

    def __init__(
        self,
        sources: Sequence[FaultSource],
        sink: FaultSink,
        clock: Clock,
        timeouts: RobotTimeouts,
        pauses: PauseDetector | None = None,
    ) -> None:
        """A step that is late shows in `pauses`, which the sources share."""
        self._sources = sources
        self._sink = sink
        self._clock = clock
        self._ledger = FaultLedger(settle_s=timeouts.fault_settle_s, pause_s=timeouts.fault_pause_s)
        # Of the ledger: the robot session and this reporter run on threads of their own.
        self._lock = threading.Lock()
        self._timeouts = timeouts
        self._pauses = pauses or PauseDetector()
        self._robot_reachable = threading.Event()
        self._logged = ""
        self._raises: Counter[str] = Counter()
        self.wake = threading.Event()

    def step(self) -> float:
        """Report what changed since the last step; return the seconds to wait."""
        self.wake.clear()
        self._pauses.begin_step(self._clock.monotonic_ns())
        wait_s = self._report_changes()
        self._pauses.end_step(self._clock.monotonic_ns() + int(wait_s * NANOSECONDS))
        return wait_s

    def _report_changes(self) -> float:
        faults = [fault for source in self._sources for fault in source.faults()]
        with self._lock:
            self._ledger.observe(faults, self._clock.monotonic_ns())
            edges = self._ledger.due(self._clock.monotonic_ns())
        failed = False
        for edge in edges:
            if not self._robot_reachable.is_set():
                break
            try:
                self._report(edge)
            except RobotError as error:
                self._log_once(f"cannot report the fault {edge.fault.name!r} to the robot: {error}")
                failed = True
                if not isinstance(error, RobotRefused):  # the other reports would fail, too
                    break
        if failed:
            return self._timeouts.fault_retry_s
        self._logged = ""
        return self._timeouts.fault_check_s

    def _report(self, edge: Edge) -> None:
        try:
            (self._sink.trigger if edge.raised else self._sink.clear)(edge.fault)
        except RobotUnreachable:
            with self._lock:
                self._ledger.mark_uncertain(edge)
            raise
        if edge.raised:
            fault, message = edge.fault.name, edge.fault.message
            _LOG.warning("fault raised: %s: %s", fault, message, extra={"fault": fault})
        else:
            _LOG.info("fault cleared: %s", edge.fault.name, extra={"fault": edge.fault.name})
        self.record(edge)

    def record(self, edge: Edge) -> None:
        """Record that the robot has this edge, whichever part of the program reported it."""
        with self._lock:
            self._ledger.mark_reported(edge, self._clock.monotonic_ns())
            self._raises[edge.fault.name] += edge.raised

    def _log_once(self, text: str) -> None:
        if text != self._logged:
            self._logged = text
            _LOG.warning("%s", text)

    def clear_all(self) -> None:
        """Clear the faults of earlier processes of this service.

        Raises:
            RobotError: the call failed.
        """
        self._sink.clear_all()

    def registered(self) -> None:
        """Report all faults again: registration has removed them from the robot."""
        with self._lock:
            self._ledger.reset()
        self.reachable()

    def reachable(self) -> None:
        """Report to the robot, which still has the faults reported before."""
        self._robot_reachable.set()
        self.wake.set()

    def unreachable(self) -> None:
        """Keep changes until the robot is reachable again."""
        self._robot_reachable.clear()

    def reported(self) -> list[Fault]:
        """Return the faults that the robot has from this service."""
        with self._lock:
            return self._ledger.reported()

    def raises(self) -> Mapping[str, int]:
        """Return how many times each fault was raised since the start, by its name."""
        with self._lock:
            return dict(self._raises)

    def clear_reported(self, timeout_s: float) -> None:
        """Clear the faults that the robot may have from us, as far as the time allows."""
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * NANOSECONDS)
        with self._lock:
            faults = self._ledger.possibly_reported()
        for fault in faults:
            left_s = (deadline_ns - self._clock.monotonic_ns()) / NANOSECONDS
            if left_s <= 0:
                return
            try:
                self._sink.clear(fault, left_s)
            except RobotError as error:
                _LOG.warning("cannot clear %r: %s", fault.name, error)
                if not isinstance(error, RobotRefused):
                    return
