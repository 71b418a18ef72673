"""How much is measured, and for how long."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from spot_webcam.tools.bench.keys import IDLE_MJPEG, KEYS, MEMORY, SCALING

# With one camera, whose kind of pictures is its own.
NOT_WITH_A_DEVICE = (IDLE_MJPEG, MEMORY, SCALING)


@dataclass(frozen=True, slots=True)
class Settings:
    """`fresh` gives each run of a contender a process of its own.

    Before a run, clients call for `warm_s` without being counted, and a source without clients
    settles for `settle_s`. Scaling is measured for each number of sources with each of clients.
    """

    rounds: int
    seconds: float
    warm_s: float
    settle_s: float
    ring_frames: int
    scaled_sources: tuple[int, ...]
    scaled_clients: tuple[int, ...]
    fresh: bool
    keys: tuple[str, ...] = KEYS
    device: str | None = None
    cols: int = 1920
    rows: int = 1080
    fps: float = 30.0

    @property
    def period_ms(self) -> float | None:
        """The time between two frames; a device's own is not known."""
        return None if self.device is not None else 1000.0 / self.fps


FULL = Settings(
    rounds=3,
    seconds=4.0,
    warm_s=1.0,
    settle_s=2.0,
    ring_frames=15,
    scaled_sources=(1, 2, 4, 8),
    scaled_clients=(1, 8, 32),
    fresh=True,
)
QUICK = Settings(
    rounds=1,
    seconds=0.3,
    warm_s=0.1,
    settle_s=0.1,
    ring_frames=3,
    scaled_sources=(2,),
    scaled_clients=(1, 8),
    fresh=False,
    cols=640,
    rows=360,
)


def settings_of(
    *,
    quick: bool,
    rounds: int | None = None,
    seconds: float | None = None,
    device: str | None = None,
    only: Sequence[str] | None = None,
) -> Settings:
    """Return the settings of a command line."""
    settings = QUICK if quick else FULL
    wanted = KEYS if only is None else tuple(key for key in KEYS if key in only)
    if device is not None:
        wanted = tuple(key for key in wanted if key not in NOT_WITH_A_DEVICE)
    return replace(
        settings,
        rounds=rounds or settings.rounds,
        seconds=seconds or settings.seconds,
        device=device,
        keys=wanted,
    )
