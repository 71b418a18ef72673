"""Address of a robot, and the credentials of a payload computer on it."""

import os
from dataclasses import dataclass, field


def bracketed(host: str) -> str:
    """Return a host as it stands in URLs and before a port: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, slots=True)
class RobotAddress:
    """Host and port of a robot. `ca_file` holds the certificates to trust instead of the SDK's."""

    host: str
    port: int = 443
    ca_file: "os.PathLike[str] | None" = None

    @property
    def target(self) -> str:
        """The host as it stands before a port: an IPv6 address in brackets."""
        return bracketed(self.host)

    def __str__(self) -> str:
        return f"{self.target}:{self.port}"


@dataclass(frozen=True, slots=True)
class PayloadCredentials:
    """GUID and secret by which the robot recognises this payload computer."""

    guid: str
    secret: str = field(repr=False)
