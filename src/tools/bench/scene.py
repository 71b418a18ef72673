"""What a contender serves, told to its process as JSON."""

import json
from dataclasses import asdict, dataclass
from enum import Enum


class SourceKind(str, Enum):
    """Where the pictures come from."""

    RAW = "raw"
    MJPEG = "mjpeg"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Scene:
    """Some sources of one kind; `place` is a ring's folder, or a device's name."""

    kind: SourceKind
    place: str
    sources: int = 1

    @property
    def names(self) -> list[str]:
        """The sources' names."""
        return [f"camera{number}" for number in range(self.sources)]

    def to_json(self) -> str:
        """Return it for a command line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Scene":
        """Return what `to_json` was told."""
        told = json.loads(text)
        return cls(SourceKind(told["kind"]), told["place"], told["sources"])
