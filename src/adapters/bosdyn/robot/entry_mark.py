"""Whose a directory entry is, written into the entry itself.

The directory tells no endpoint of an entry, and the payload's GUID is the same for all programs
of a computer, and for all computers with one credentials file. What a service may choose freely
is its liveness timeout: some billionths of a second of it tell one daemon from another.
"""

import hashlib
import secrets
from dataclasses import dataclass

# The robot raises a fault by itself when it hears nothing for so long: four heartbeats.
LIVENESS_TIMEOUT_S = 20.0

# From 16 to 32 a double holds every multiple of this, and all marks are below 8 microseconds.
_UNIT_S = 2.0**-47
_COMPUTER_BITS, _PROCESS_BITS = 12, 18


@dataclass(frozen=True, slots=True)
class EntryMark:
    """A computer and a process on it; both numbers are 1 or more, and as good as unique."""

    computer: int
    process: int

    @property
    def liveness_timeout_s(self) -> float:
        """The liveness timeout that holds this mark."""
        return LIVENESS_TIMEOUT_S + ((self.computer << _PROCESS_BITS) | self.process) * _UNIT_S


def new_mark(scope: str) -> EntryMark:
    """Return a mark for this process on the computer that the scope names.

    An empty scope is a computer that nobody else is on.
    """
    name = scope.encode() or secrets.token_bytes(16)
    computer = int.from_bytes(hashlib.sha256(name).digest(), "big")
    return EntryMark(
        1 + computer % ((1 << _COMPUTER_BITS) - 1),
        1 + secrets.randbelow((1 << _PROCESS_BITS) - 1),
    )


def read_mark(liveness_timeout_s: float) -> EntryMark | None:
    """Return the mark in a liveness timeout, or nothing if another program chose it."""
    units = (liveness_timeout_s - LIVENESS_TIMEOUT_S) / _UNIT_S
    if not 0 < units < 1 << (_COMPUTER_BITS + _PROCESS_BITS) or units != int(units):
        return None
    computer, process = divmod(int(units), 1 << _PROCESS_BITS)
    return EntryMark(computer, process) if computer and process else None
