"""How cost grows with sources and with clients."""

from dataclasses import dataclass
from itertools import product

from spot_webcam.tools.bench import keys
from spot_webcam.tools.bench.measures import HELPER, OURS, scaling_key
from spot_webcam.tools.bench.results import Results
from spot_webcam.tools.bench.rows import CPU_PICTURE, PICTURES
from spot_webcam.tools.bench.settings import Settings


@dataclass(frozen=True, slots=True)
class Cell:
    """One contender with so many sources and clients."""

    contender: str
    sources: int
    clients: int
    pictures_per_s: float
    cpu_ms_per_picture: float


def scaling(results: Results, settings: Settings) -> list[Cell]:
    """Return all that was measured of it."""
    if keys.SCALING not in settings.keys:
        return []
    cells = []
    for name, sources, clients in product(
        (OURS, HELPER), settings.scaled_sources, settings.scaled_clients
    ):
        key = scaling_key(sources, clients)
        rate, cost = (results.median(key, name, one) for one in (PICTURES, CPU_PICTURE))
        if rate is not None and cost is not None:
            cells.append(Cell(name, sources, clients, rate, cost))
    return cells
