"""Fault ledger: which faults are active, and which edges have to be reported to the robot."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from spot_webcam.domain.timing import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Fault:
    """A service fault of severity WARN, identified by its name; the message may change."""

    name: str
    message: str = ""


def capture_fault(source: str, message: str) -> Fault:
    """Return the fault of a source that delivers no pictures."""
    return Fault(f"Image Capture Failure for {source}", message)


def decode_fault(source: str, message: str) -> Fault:
    """Return the fault of a source whose pictures cannot be decoded or encoded."""
    return Fault(f"Decoding Image {source} Failure", message)


@dataclass(frozen=True, slots=True)
class Edge:
    """A change to report to the robot: a fault was raised or cleared."""

    fault: Fault
    raised: bool
    # Edges from before the last `reset` are void.
    epoch: int = field(default=0, compare=False)


class FaultLedger:
    """Compares the active faults with those that were reported to the robot.

    Debounced: a fault is cleared once it has been inactive for `settle_s`. It is raised again no
    sooner than `pause_s` after it was raised last, and cleared likewise, so that a flapping source
    costs the robot one raise and one clear per `pause_s`. Not thread-safe.
    """

    def __init__(self, *, settle_s: float, pause_s: float) -> None:
        self._settle_ns = int(settle_s * NANOSECONDS)
        self._pause_ns = int(pause_s * NANOSECONDS)
        self._active: dict[str, Fault] = {}
        self._reported: dict[str, Fault] = {}
        # Faults that the robot may have or not: the answer of its call was lost.
        self._uncertain: dict[str, Fault] = {}
        self._inactive_since_ns: dict[str, int] = {}
        self._raised_ns: dict[str, int] = {}
        self._cleared_ns: dict[str, int] = {}
        self._epoch = 0

    def observe(self, faults: Iterable[Fault], now_ns: int) -> None:
        """Record all faults that are active at this moment of the monotonic clock."""
        active = {fault.name: fault for fault in faults}
        for name in self._active.keys() - active.keys():
            self._inactive_since_ns[name] = now_ns
        for name in active.keys() & self._inactive_since_ns.keys():
            del self._inactive_since_ns[name]
        self._active = active

    def due(self, now_ns: int) -> list[Edge]:
        """Return the edges to report now, raises first; repeated until `mark_reported`."""
        raises = [
            Edge(fault, raised=True, epoch=self._epoch)
            for name, fault in self._active.items()
            if name not in self._reported and self._is_pause_over(self._raised_ns, name, now_ns)
        ]
        clears = [
            Edge(fault, raised=False, epoch=self._epoch)
            for name, fault in {**self._uncertain, **self._reported}.items()
            if name not in self._active
            and now_ns - self._inactive_since_ns.get(name, now_ns) >= self._settle_ns
            and self._is_pause_over(self._cleared_ns, name, now_ns)
        ]
        return raises + clears

    def _is_pause_over(self, times_ns: dict[str, int], name: str, now_ns: int) -> bool:
        last_ns = times_ns.get(name)
        return last_ns is None or now_ns - last_ns >= self._pause_ns

    def mark_reported(self, edge: Edge, now_ns: int) -> None:
        """Record that the robot has this edge, unless it lost its faults since."""
        if edge.epoch != self._epoch:
            self.mark_uncertain(edge)
            return
        self._uncertain.pop(edge.fault.name, None)
        if edge.raised:
            self._reported[edge.fault.name] = edge.fault
            self._raised_ns[edge.fault.name] = now_ns
        else:
            self._reported.pop(edge.fault.name, None)
            self._cleared_ns[edge.fault.name] = now_ns
            self._inactive_since_ns.pop(edge.fault.name, None)

    def mark_uncertain(self, edge: Edge) -> None:
        """Record that the robot may have this edge: it is reported again, or reverted."""
        # A clear from before a `reset` changes nothing; a raise may have arrived after it.
        if edge.raised or edge.epoch == self._epoch:
            self._reported.pop(edge.fault.name, None)
            self._uncertain[edge.fault.name] = edge.fault

    def reset(self) -> None:
        """Report all faults again: the robot rebooted, or registering removed its faults."""
        self._epoch += 1
        self._reported.clear()
        self._uncertain.clear()
        self._raised_ns.clear()
        self._cleared_ns.clear()

    def reported(self) -> list[Fault]:
        """Return the faults that the robot has from this service."""
        return list(self._reported.values())

    def possibly_reported(self) -> list[Fault]:
        """Return the reported faults, and those that the robot may have."""
        return list({**self._uncertain, **self._reported}.values())
