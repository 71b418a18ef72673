"""Address and credentials of the fake robot that programs are redirected to."""

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spot_webcam.fakes.robot import FakeRobot


@dataclass(frozen=True, slots=True)
class Target:
    """What clients need to know of a running fake robot.

    `ca` is the PEM text to trust, `rest_port` the port of downloads, `control_port` the port of its
    `control.ControlServer`, None without one. `user` and `password` are empty if the robot has no
    users.
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
        """Return all fields as a JSON object."""
        return json.dumps(asdict(self))
