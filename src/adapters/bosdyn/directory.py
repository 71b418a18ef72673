"""The service's entry in the robot's directory."""

from contextlib import suppress
from dataclasses import dataclass

from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)
from bosdyn.client.image import ImageClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot_link import RPC_TIMEOUT_S, RobotLink
from spot_webcam.domain.errors import RobotRefused

# The robot raises a fault by itself when it hears nothing for so long: four heartbeats.
LIVENESS_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """What the directory is told: the name, the authority, and where calls go."""

    name: str
    authority: str
    host_ip: str
    port: int


class BosdynDirectory:
    """A `Directory`."""

    def __init__(self, link: RobotLink, entry: ServiceEntry) -> None:
        self._link = link
        self._entry = entry

    def register(self) -> None:
        """Remove an older entry, and its faults, then add ours."""
        with robot_errors():
            with suppress(ServiceDoesNotExistError):  # the usual case
                self._client().unregister(self._entry.name, timeout=RPC_TIMEOUT_S)
            try:
                self._client().register(**self._fields())
            except ServiceAlreadyExistsError as error:
                # Not of this name, which was free a moment ago.
                raise RobotRefused(
                    f"another service has the authority {self._entry.authority!r}: choose another"
                    " with --authority"
                ) from error

    def heartbeat(self) -> None:
        """Repeat the entry."""
        with robot_errors():
            self._client().update(**self._fields())

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry."""
        with robot_errors(), suppress(ServiceDoesNotExistError):
            self._client().unregister(self._entry.name, timeout=timeout_s)

    def _client(self) -> DirectoryRegistrationClient:
        return self._link.client(DirectoryRegistrationClient.default_service_name)

    def _fields(self) -> dict[str, object]:
        return {
            "name": self._entry.name,
            "service_type": ImageClient.service_type,
            "authority": self._entry.authority,
            "host_ip": self._entry.host_ip,
            "port": self._entry.port,
            "user_token_required": True,
            "liveness_timeout_secs": LIVENESS_TIMEOUT_S,
            "timeout": RPC_TIMEOUT_S,
        }
