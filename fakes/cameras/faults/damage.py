"""Ways in which the bytes of a JPEG arrive spoilt, in the words of the lab's cameras.

Each is a pure function of the bytes, so that the same frame is always spoilt in the same way.
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
    """Return the bytes of an intact JPEG as these faults leave them; other faults do nothing."""
    for kind, spoil in _DAMAGES.items():
        if kind in kinds:
            data = spoil(data)
    return data


def _flip(data: bytes) -> bytes:
    """Change bytes of the entropy-coded data such that no marker comes or goes."""
    spoilt: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).copy()
    scan = data.rindex(_START_OF_SCAN) + 2
    scan += int.from_bytes(data[scan : scan + 2], "big")
    entropy, before = spoilt[scan:-2], spoilt[scan - 1 : -3]
    places = np.flatnonzero((entropy != _MARKER) & (before != _MARKER))
    rng = _noise(data)
    chosen = rng.choice(places, min(FLIPPED_BYTES, len(places)), replace=False)
    # Another value each, and none that begins a marker.
    steps = rng.integers(1, _MARKER, len(chosen))
    entropy[chosen] = (entropy[chosen] + steps) % _MARKER
    return spoilt.tobytes()


def _noise(data: bytes) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(data))


# What needs an intact JPEG comes first: faults may overlap.
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
