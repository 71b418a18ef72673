"""Limits and timeouts of the daemon: each number once, with its unit and reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of each resource the daemon uses at most."""

    # Capture.
    # Serving: requests, waits, encodings.
    # Server: calls, connections, bytes in flight.


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long the daemon waits at most, in seconds."""

    # Capture.
    # Serving.
    # Server.
    # Robot.
