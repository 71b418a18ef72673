"""Adapter of the robot's directory services to the `Directory` port."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from bosdyn.client.directory import DirectoryClient, NonexistentServiceError
from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)
from bosdyn.client.image import ImageClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.directory_entry import DirectoryEntry
from spot_webcam.domain.errors import RobotRefused

# The SDK's keep-alive updates an entry every thirty seconds by default.
MAX_SILENCE_S = 35.0


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """Name, authority, port and type of the service.

    The robot raises a fault when the entry is not updated for `liveness_timeout_s`.
    """

    name: str
    authority: str
    port: int
    liveness_timeout_s: float
    service_type: str = ImageClient.service_type


class BosdynDirectory:
    """A `Directory`. Entries of our payload have its GUID, which the robot adds by the token.

    `host_ip` returns this computer's address for the entry, or raises `RobotError`.
    """

    def __init__(self, link: RobotLink, entry: ServiceEntry, host_ip: Callable[[], str]) -> None:
        self._link = link
        self._entry = entry
        self._host_ip = host_ip

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        """Read the entry."""
        directory = self._link.client(DirectoryClient.default_service_name)
        with robot_errors():
            try:
                entry = directory.get_entry(
                    self._entry.name, timeout=timeout_s or self._link.rpc_timeout_s
                )
            except NonexistentServiceError:
                return None
        return DirectoryEntry(
            # Robot software is to report GUIDs in lower case in future.
            entry.host_payload_guid.casefold() == self._link.payload_guid.casefold(),
            entry.last_update.ToNanoseconds(),
            _max_silence_s(entry.liveness_timeout_secs),
        )

    def register(self) -> None:
        """Remove an older entry, and its faults, then add ours."""
        with robot_errors():
            with suppress(ServiceDoesNotExistError):  # the usual case
                self._client().unregister(self._entry.name, timeout=self._link.rpc_timeout_s)
            try:
                self._client().register(**self._fields())
            except ServiceAlreadyExistsError as error:
                # Of another name: ours was free a moment ago.
                raise RobotRefused(
                    f"another service has the authority {self._entry.authority!r}: choose another"
                    " with --authority"
                ) from error

    def heartbeat(self) -> int | None:
        """Repeat the entry."""
        with robot_errors():
            answer = self._client().update(**self._fields())
        return answer.header.response_timestamp.ToNanoseconds() or None

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry."""
        with robot_errors(), suppress(ServiceDoesNotExistError):
            self._client().unregister(self._entry.name, timeout=timeout_s)

    def _client(self) -> DirectoryRegistrationClient:
        return self._link.client(DirectoryRegistrationClient.default_service_name)

    def _fields(self) -> dict[str, object]:
        return {
            "name": self._entry.name,
            "service_type": self._entry.service_type,
            "authority": self._entry.authority,
            "host_ip": self._host_ip(),
            "port": self._entry.port,
            "user_token_required": True,
            "liveness_timeout_secs": self._entry.liveness_timeout_s,
            "timeout": self._link.rpc_timeout_s,
        }


def _max_silence_s(liveness_timeout_s: float) -> float:
    """Return how long a living service may be silent: the robot accepts no more either."""
    return min(liveness_timeout_s or MAX_SILENCE_S, MAX_SILENCE_S)
