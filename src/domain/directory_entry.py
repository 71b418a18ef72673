"""A service's entry in the robot's directory, as far as it says who made it."""

from dataclasses import dataclass
from enum import Enum


class Owner(Enum):
    """Who made an entry."""

    US = "this daemon"
    THIS_COMPUTER = "a daemon of this computer, which may be dead"
    ANOTHER = "another computer or another program"


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """What the directory says of a name.

    `last_update_ns` is robot time, 0 if not told, and changes with each heartbeat of the owner.
    One that lives is never silent for `max_silence_s`.
    """

    owner: Owner
    last_update_ns: int
    max_silence_s: float
