"""Which faults stand, and which edges the robot has still to be told."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from spot_webcam.domain.timing import NANOSECONDS


@dataclass(frozen=True, slots=True)
class Fault:
    """A service fault of severity WARN. Its name is its identity; the message may change."""

    name: str
    message: str = ""


def capture_fault(source: str, message: str) -> Fault:
    """Return the fault of a source that gives no pictures."""
    return Fault(f"Image Capture Failure for {source}", message)


def decode_fault(source: str, message: str) -> Fault:
    """Return the fault of a source whose pictures cannot be decoded or encoded."""
    return Fault(f"Decoding Image {source} Failure", message)


@dataclass(frozen=True, slots=True)
class Edge:
    """A change to tell the robot: the fault was raised, or cleared."""

    fault: Fault
    raised: bool
    # Edges of a robot that has forgotten since are void.
    epoch: int = field(default=0, compare=False)


class FaultLedger:
    """Compares the faults that stand with what the robot was told. Thread-safe.

    Debounced: a fault is told as cleared once it has been gone for `settle_s`, and raised or
    cleared again no sooner than `pause_s` after it was so last, so that a source that flaps
    costs the robot one raise and one clear in `pause_s`.
    """

    def __init__(self, *, settle_s: float = 1.0, pause_s: float = 10.0) -> None:
        self._settle_ns = int(settle_s * NANOSECONDS)
        self._pause_ns = int(pause_s * NANOSECONDS)
        self._lock = threading.Lock()
        self._standing: dict[str, Fault] = {}
        self._told: dict[str, Fault] = {}
        # Those of which the robot may know or not: the answer got lost.
        self._doubtful: dict[str, Fault] = {}
        self._gone_since_ns: dict[str, int] = {}
        self._raised_ns: dict[str, int] = {}
        self._cleared_ns: dict[str, int] = {}
        self._epoch = 0

    def observe(self, faults: Iterable[Fault], now_ns: int) -> None:
        """Take note of all faults that stand at this moment of the monotonic clock."""
        with self._lock:
            standing = {fault.name: fault for fault in faults}
            for name in self._standing.keys() - standing.keys():
                self._gone_since_ns[name] = now_ns
            for name in standing.keys() & self._gone_since_ns.keys():
                del self._gone_since_ns[name]
            self._standing = standing

    def due(self, now_ns: int) -> list[Edge]:
        """Return the edges to tell now, raises first; each comes again until `tell` notes it."""
        with self._lock:
            raises = [
                Edge(fault, raised=True, epoch=self._epoch)
                for name, fault in self._standing.items()
                if name not in self._told and self._pause_is_over(self._raised_ns, name, now_ns)
            ]
            clears = [
                Edge(fault, raised=False, epoch=self._epoch)
                for name, fault in {**self._doubtful, **self._told}.items()
                if name not in self._standing
                and now_ns - self._gone_since_ns.get(name, now_ns) >= self._settle_ns
                and self._pause_is_over(self._cleared_ns, name, now_ns)
            ]
            return raises + clears

    def _pause_is_over(self, device_timestamp_ns: dict[str, int], name: str, now_ns: int) -> bool:
        last = device_timestamp_ns.get(name)
        return last is None or now_ns - last >= self._pause_ns

    def tell(self, edge: Edge, now_ns: int) -> None:
        """Take note that the robot knows of this edge, unless it has forgotten since."""
        with self._lock:
            if edge.epoch != self._epoch:
                self._note_doubt(edge)
                return
            self._doubtful.pop(edge.fault.name, None)
            if edge.raised:
                self._told[edge.fault.name] = edge.fault
                self._raised_ns[edge.fault.name] = now_ns
            else:
                self._told.pop(edge.fault.name, None)
                self._cleared_ns[edge.fault.name] = now_ns
                self._gone_since_ns.pop(edge.fault.name, None)

    def doubt(self, edge: Edge) -> None:
        """Take note that the robot may know of this edge: it is told again, or taken back."""
        with self._lock:
            self._note_doubt(edge)

    def _note_doubt(self, edge: Edge) -> None:
        # A clear from before the robot forgot changes nothing; a raise may have come after that.
        if edge.raised or edge.epoch == self._epoch:
            self._told.pop(edge.fault.name, None)
            self._doubtful[edge.fault.name] = edge.fault

    def forget(self) -> None:
        """The robot forgot all faults (it rebooted, or we registered anew): tell them again."""
        with self._lock:
            self._epoch += 1
            self._told.clear()
            self._doubtful.clear()
            self._raised_ns.clear()
            self._cleared_ns.clear()

    def told(self) -> list[Fault]:
        """Return the faults that the robot holds because of us."""
        with self._lock:
            return list(self._told.values())

    def perhaps_told(self) -> list[Fault]:
        """Return those, and the faults that it may hold."""
        with self._lock:
            return list({**self._doubtful, **self._told}.values())
