"""Address of a robot, and the credentials of a payload computer on it."""

import os
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class RobotAddress:
    """Host and port of a robot. `ca_file` holds the certificates to trust instead of the SDK's."""

    host: str
    port: int = 443
    ca_file: "os.PathLike[str] | None" = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PayloadCredentials:
    """GUID and secret by which the robot recognises this payload computer."""

    guid: str
    secret: str = field(repr=False)
