"""Who has got something of a frame already."""

from collections.abc import Callable, Hashable
from typing import TypeAlias

# Tells one client from another; called where it matters.
Who: TypeAlias = "Callable[[], Hashable]"


def anyone() -> None:
    """Tell no client from another; a `Who`."""


# Answers of one frame whose clients are noted. Where there are more, everyone counts as having
# one: such clients ask so often that to make the next frame's costs little for each.
MAX_NOTED = 32


class Takers:
    """The clients that got something of a frame. Thread-safe, if not to the last count."""

    __slots__ = ("_noted", "_who")

    def __init__(self) -> None:
        self._who: set[Hashable] = set()
        self._noted = 0

    def note(self, who: Who) -> bool:
        """Note a client that gets something; return whether it is the first that it gets."""
        if self._noted >= MAX_NOTED:
            return False
        self._noted += 1
        client = who()
        if client in self._who:
            return False
        self._who.add(client)
        return True
