"""Damage to the bytes of a JPEG, as the lab's cameras deliver it.

Each kind is a pure function of the bytes: the same frame always gets the same damage.
"""

import zlib
from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from spot_webcam.fakes.cameras.faults.script import FaultKind

FLIPPED_BYTES = 32
LOST_HEADER_BYTES = 64
PADDING_BYTES = 4096

_MARKER = 0xFF
_START_OF_SCAN = b"\xff\xda"


def damage(data: bytes, kinds: Collection[FaultKind]) -> bytes:
    """Return the bytes of an intact JPEG with these kinds of damage; other faults are ignored."""
    for kind, damaged in _DAMAGES.items():
        if kind in kinds:
            data = damaged(data)
    return data


def _flip(data: bytes) -> bytes:
    """Change bytes of the entropy-coded data without adding or removing a marker."""
    flipped: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).copy()
    scan = data.rindex(_START_OF_SCAN) + 2
    scan += int.from_bytes(data[scan : scan + 2], "big")
    entropy, before = flipped[scan:-2], flipped[scan - 1 : -3]
    places = np.flatnonzero((entropy != _MARKER) & (before != _MARKER))
    rng = _noise(data)
    chosen = rng.choice(places, min(FLIPPED_BYTES, len(places)), replace=False)
    # A different value for each byte, and never one that starts a marker.
    steps = rng.integers(1, _MARKER, len(chosen))
    entropy[chosen] = (entropy[chosen] + steps) % _MARKER
    return flipped.tobytes()


def _noise(data: bytes) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(data))


# Faults may overlap: those that need an intact JPEG come first.
_DAMAGES: dict[FaultKind, Callable[[bytes], bytes]] = {
    FaultKind.FLIP: _flip,
    FaultKind.TRUNCATE: lambda data: data[: len(data) // 2],
    FaultKind.GARBAGE: lambda data: _noise(data).bytes(len(data)),
    FaultKind.HEADER: lambda data: bytes(LOST_HEADER_BYTES) + data[LOST_HEADER_BYTES:],
    FaultKind.PAD: lambda data: data + bytes(PADDING_BYTES),
    FaultKind.TINY: lambda _: b"\0",
    FaultKind.EMPTY: lambda _: b"",
}
DAMAGES = frozenset(_DAMAGES)
