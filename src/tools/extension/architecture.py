"""The two kinds of computers that extensions are built for, and their names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Architecture:
    """An architecture as Debian and Docker name it, and as Python does."""

    name: str
    machine: str


# A CORE I/O is arm64; other payload computers, and the ones that develop, are amd64.
ARCHITECTURES = {
    found.name: found
    for found in (Architecture("amd64", "x86_64"), Architecture("arm64", "aarch64"))
}
