"""What a scenario is made of. Times are seconds since the daemon was started."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from spot_webcam.tools.demo.scenario.expectations import Expectation


@dataclass(frozen=True, slots=True)
class CameraPart:
    """A synthetic camera, with what befalls it in its device name.

    A picture of it may be `max_age_s` old at a client.
    """

    name: str
    device_name: str
    max_age_s: float


class Payload(Enum):
    """What the robot knows of this computer at the start."""

    AUTHORIZED = "authorized"
    UNAUTHORIZED = "unauthorized"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class RobotPart:
    """The robot at the start."""

    up: bool = True
    payload: Payload = Payload.AUTHORIZED


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """Something that befalls a camera by its script; `for_s` of `None` is for ever."""

    at_s: float
    camera: str
    does: str
    for_s: float | None = None

    @property
    def text(self) -> str:
        """What a timeline says of it."""
        lasts = "" if self.for_s is None else f" for {self.for_s:g} s"
        return f"{self.camera}: {self.does}{lasts}"


class RobotDoes(Enum):
    """What a robot can do, or have done to it."""

    POWER_OFF = "power-off"
    BOOT = "boot"
    FALL_SILENT = "silent"
    SPEAK = "speak"
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
    """Something that the robot does; `seconds` is for its clock, `service` for refusals."""

    at_s: float
    does: RobotDoes
    seconds: float = 0.0
    service: str = ""

    @property
    def text(self) -> str:
        """What a timeline says of it."""
        more = f" {self.seconds:+g} s" if self.does is RobotDoes.SET_CLOCK else ""
        return f"robot: {self.does.value}{more}{' ' + self.service if self.service else ''}"


@dataclass(frozen=True, slots=True)
class HostEvent:
    """This computer's wall clock is set, as NTP may."""

    at_s: float
    seconds: float

    @property
    def text(self) -> str:
        """What a timeline says of it."""
        return f"this computer: clock {self.seconds:+g} s"


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """A client that sends what no client should, once."""

    at_s: float

    @property
    def text(self) -> str:
        """What a timeline says of it."""
        return "hostile client"


Event: TypeAlias = CameraEvent | RobotEvent | HostEvent | ClientEvent


@dataclass(frozen=True, slots=True)
class Scenario:
    """Cameras, what happens, and what must be seen."""

    name: str
    title: str
    about: str
    lasts_s: float
    cameras: tuple[CameraPart, ...]
    robot: RobotPart
    events: tuple[Event, ...]
    expectations: tuple[Expectation, ...]
