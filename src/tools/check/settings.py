"""How long and how hard to look."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """`timeout_s` bounds each call, `watch_s` is how long the times of each source are watched.

    `clients` call at once, in `rounds` rounds. No `source_names` are all sources.
    """

    timeout_s: float = 10.0
    watch_s: float = 3.0
    clients: int = 8
    rounds: int = 3
    source_names: tuple[str, ...] = ()
    data_acquisition: bool = False
    change_parameters: bool = False
