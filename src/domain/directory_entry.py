"""The entry of a service in the robot's directory, and its renewal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Renewal:
    """The robot's time of its answer to a heartbeat, between two monotonic times of this computer.

    In nanoseconds; the robot's is since the Unix epoch, and `None` if not reported.
    """

    asked_ns: int
    robot_ns: int | None
    answered_ns: int


@dataclass(frozen=True, slots=True)
class DirectoryEntry:
    """What the directory reports about a service name.

    `last_update_ns` is robot time, 0 if not reported; each heartbeat of the owner changes it.
    A living owner is never silent for longer than `max_silence_s`. All programs of one payload
    share `same_payload`, also on several computers with copied credentials.
    """

    same_payload: bool
    last_update_ns: int
    max_silence_s: float
