"""Snapshot of the robot session: its state at one moment, as frozen values."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SessionSnapshot:
    """The session at one moment.

    `state` is the next step: connect, authenticate, synchronize, register or heartbeat. `error` is
    why the last step failed, empty if it did not. `clock_skew_s` is the robot's clock minus this
    computer's, `clock_error_s` how far that may be off. `token_age_s` is the time since the login;
    `token_left_s` until the token ends. `None`: not known (yet).
    """

    state: str
    connected: bool
    registered: bool
    robot: str = ""
    error: str = ""
    clock_skew_s: float | None = None
    clock_error_s: float | None = None
    token_age_s: float | None = None
    token_left_s: float | None = None
