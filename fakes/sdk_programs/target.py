"""Which fake robot programs are pointed at."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spot_webcam.fakes.robot import FakeRobot


@dataclass(frozen=True, slots=True)
class Target:
    """A running fake robot as its clients need to know it.

    `ca` is the PEM text to trust, `rest_port` is where it serves downloads, `control_port` where
    it takes orders (see `control.ControlServer`), None where it does not. A robot that has no users
    has none to tell: both are empty.
    """

    address: str
    port: int
    ca: str
    rest_port: int
    control_port: int | None = None
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, robot: "FakeRobot", control_port: int | None = None) -> "Target":
        """Describe a started robot, with the first of its users."""
        user, password = next(iter(robot.users().items()), ("", ""))
        return cls(
            robot.address,
            robot.port,
            robot.ca_file.read_text(),
            robot.rest_port,
            control_port,
            user,
            password,
        )

    def to_json(self) -> str:
        """Give all of it as a JSON object."""
        return json.dumps(asdict(self))
