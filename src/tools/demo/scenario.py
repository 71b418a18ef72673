"""Scenarios as values. Times are seconds since the start of the daemon."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from spot_webcam.tools.demo.expectations import Expectation


@dataclass(frozen=True, slots=True)
class ScenarioCamera:
    """A synthetic camera; its device name holds the script of its failures.

    `max_age_s` limits the age of its pictures at a client.
    """

    name: str
    device_name: str
    max_age_s: float


class PayloadState(Enum):
    """State of this computer's payload on the robot at the start."""

    AUTHORIZED = "authorized"
    UNAUTHORIZED = "unauthorized"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RobotSetup:
    """The robot at the start."""

    up: bool = True
    payload: PayloadState = PayloadState.AUTHORIZED


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """A failure of a camera, as its script names it; `for_s` of `None` is until the end."""

    at_s: float
    camera: str
    failure: str
    for_s: float | None = None

    @property
    def end_s(self) -> float | None:
        """Time at which the failure is over."""
        return None if self.for_s is None else self.at_s + self.for_s

    @property
    def text(self) -> str:
        """Description for the timeline."""
        duration = "" if self.for_s is None else f" for {self.for_s:g} s"
        return f"{self.camera}: {self.failure}{duration}"


class RobotAction(Enum):
    """What can be done to the robot."""

    POWER_OFF = "power-off"
    BOOT = "boot"
    STOP_RESPONDING = "silent"
    RESUME = "resume"
    EXPIRE_TOKENS = "expire-tokens"
    REVOKE_TOKENS = "revoke-tokens"
    REVOKE = "revoke"
    AUTHORIZE = "authorize"
    REGISTER_PAYLOAD = "register-payload"
    SET_CLOCK = "clock"
    REFUSE = "refuse"
    ACCEPT = "accept"
    FOREIGN_REGISTRATION = "foreign-registration"
    FOREIGN_END = "foreign-end"


@dataclass(frozen=True, slots=True)
class RobotEvent:
    """An action on the robot; `seconds` is for its clock, `service` for refusals."""

    at_s: float
    action: RobotAction
    seconds: float = 0.0
    service: str = ""

    @property
    def text(self) -> str:
        """Description for the timeline."""
        seconds = f" {self.seconds:+g} s" if self.action is RobotAction.SET_CLOCK else ""
        service = f" {self.service}" if self.service else ""
        return f"robot: {self.action.value}{seconds}{service}"


@dataclass(frozen=True, slots=True)
class HostClockEvent:
    """A step of this computer's wall clock, as NTP may make it."""

    at_s: float
    seconds: float

    @property
    def text(self) -> str:
        """Description for the timeline."""
        return f"this computer: clock {self.seconds:+g} s"


@dataclass(frozen=True, slots=True)
class HostileClientEvent:
    """A client that sends each malformed request once."""

    at_s: float

    @property
    def text(self) -> str:
        """Description for the timeline."""
        return "hostile client"


Event: TypeAlias = CameraEvent | RobotEvent | HostClockEvent | HostileClientEvent


def delayed(event: Event, by_s: float) -> Event:
    """Return the event, so much later."""
    return replace(event, at_s=event.at_s + by_s)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Cameras, events, and what must be observed.

    With `max_lasts_s` the scenario is judged by conditions, not times: it goes on after `lasts_s`
    until everything expected was observed, at most so long, and ages are judged by their median.
    """

    name: str
    title: str
    about: str
    lasts_s: float
    cameras: tuple[ScenarioCamera, ...]
    robot: RobotSetup
    events: tuple[Event, ...]
    expectations: tuple[Expectation, ...]
    max_lasts_s: float | None = None

    @property
    def ends_s(self) -> float:
        """Time at which the scenario ends at the latest."""
        return self.lasts_s if self.max_lasts_s is None else self.max_lasts_s
