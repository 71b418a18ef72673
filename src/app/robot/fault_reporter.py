"""Tells the robot which faults stand, on a thread of its own."""

import logging
import threading
from collections.abc import Sequence
from typing import Protocol

from spot_webcam.domain.errors import RobotError, RobotRefused, RobotUnreachable
from spot_webcam.domain.health.faults import Edge, Fault, FaultLedger
from spot_webcam.domain.ports import Clock, FaultSink
from spot_webcam.domain.timing import NANOSECONDS

_LOG = logging.getLogger(__name__)

# How often the sources are looked at, which costs microseconds.
PERIOD_S = 0.1
# After a robot error, edges are told again no sooner than this.
PAUSE_S = 1.0


class Troubled(Protocol):
    """What may have faults."""

    def faults(self) -> list[Fault]:
        """Return the faults that stand now; never blocks."""
        ...


class FaultReporter:
    """Compares what the sources say with what the robot knows, while the robot is there."""

    def __init__(
        self,
        sources: Sequence[Troubled],
        sink: FaultSink,
        clock: Clock,
        ledger: FaultLedger | None = None,
    ) -> None:
        self._sources = sources
        self._sink = sink
        self._clock = clock
        self._ledger = ledger or FaultLedger()
        # Of the ledger: the session and the reporter run on threads of their own.
        self._lock = threading.Lock()
        self._robot_listens = threading.Event()
        self._complaint = ""
        self.wake = threading.Event()

    def step(self) -> float:
        """Look at the sources and tell what changed; return the seconds to wait."""
        self.wake.clear()
        faults = [fault for source in self._sources for fault in source.faults()]
        with self._lock:
            self._ledger.observe(faults, self._clock.monotonic_ns())
            edges = self._ledger.due(self._clock.monotonic_ns())
        pause_s = PERIOD_S
        for edge in edges:
            if not self._robot_listens.is_set():
                break
            try:
                self._tell(edge)
            except RobotError as error:
                self._log_once(f"cannot tell the robot of {edge.fault.name!r}: {error}")
                pause_s = PAUSE_S
                if not isinstance(error, RobotRefused):  # nor will it hear the others
                    break
        if pause_s == PERIOD_S:
            self._complaint = ""
        return pause_s

    def _tell(self, edge: Edge) -> None:
        try:
            (self._sink.trigger if edge.raised else self._sink.clear)(edge.fault)
        except RobotUnreachable:
            with self._lock:
                self._ledger.mark_uncertain(edge)
            raise
        if edge.raised:
            _LOG.warning("fault raised: %s: %s", edge.fault.name, edge.fault.message)
        else:
            _LOG.info("fault cleared: %s", edge.fault.name)
        with self._lock:
            self._ledger.mark_reported(edge, self._clock.monotonic_ns())

    def _log_once(self, text: str) -> None:
        if text != self._complaint:
            self._complaint = text
            _LOG.warning("%s", text)

    def registered(self) -> None:
        """The robot has just registered the service, and so forgotten its faults."""
        with self._lock:
            self._ledger.reset()
        self.reachable()

    def reachable(self) -> None:
        """The robot listens, and knows what it was told before."""
        self._robot_listens.set()
        self.wake.set()

    def unreachable(self) -> None:
        """The robot does not listen: keep what changes for later."""
        self._robot_listens.clear()

    def reported(self) -> list[Fault]:
        """Return the faults that the robot has from this service."""
        with self._lock:
            return self._ledger.reported()

    def clear_told(self, timeout_s: float) -> None:
        """Clear what was raised, as far as the time allows, of a robot that answers."""
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
