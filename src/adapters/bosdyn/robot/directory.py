"""The service's entry in the robot's directory."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from bosdyn.client.directory import DirectoryClient, NonexistentServiceError
from bosdyn.client.directory_registration import (
    DirectoryRegistrationClient,
    ServiceAlreadyExistsError,
    ServiceDoesNotExistError,
)
from bosdyn.client.image import ImageClient

from spot_webcam.adapters.bosdyn.errors import robot_errors
from spot_webcam.adapters.bosdyn.robot.entry_mark import EntryMark, read_mark
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.directory_entry import DirectoryEntry, Owner
from spot_webcam.domain.errors import NameTaken, NotRegistered, RobotRefused

# Our own daemons beat every five seconds, and each call may take three.
OUR_LONGEST_SILENCE_S = 8.0
# The SDK's keep-alive beats every thirty seconds, unless it is told otherwise.
MAX_SILENCE_S = 35.0


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """What the directory is told: the name, the authority, and where calls go."""

    name: str
    authority: str
    host_ip: str
    port: int


class BosdynDirectory:
    """A `Directory`. Its entry bears the mark, by which it is known from those of others."""

    def __init__(self, link: RobotLink, entry: ServiceEntry, mark: EntryMark) -> None:
        self._link = link
        self._entry = entry
        self._mark = mark
        # How the robot shows our entry: should it round, nobody's mark can be read.
        self._shown_s: float | None = None

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        """Read the entry's mark."""
        with robot_errors():
            shown = self._shown(timeout_s)
        if shown is None:
            return None
        mark = read_mark(shown.liveness_timeout_secs)
        return DirectoryEntry(
            self._owner(shown, mark),
            shown.last_update.ToNanoseconds(),
            OUR_LONGEST_SILENCE_S if mark else _max_silence_s(shown.liveness_timeout_secs),
        )

    def register(self) -> None:
        """Remove an older entry, and its faults, then add ours."""
        with robot_errors():
            with suppress(ServiceDoesNotExistError):  # the usual case
                self._client().unregister(self._entry.name, timeout=self._link.rpc_timeout_s)
            try:
                self._client().register(**self._fields())
            except ServiceAlreadyExistsError as error:
                # Not of this name, which was free a moment ago.
                raise RobotRefused(
                    f"another service has the authority {self._entry.authority!r}: choose another"
                    " with --authority"
                ) from error
            shown = self._shown(None)
        self._shown_s = None if shown is None else shown.liveness_timeout_secs

    def heartbeat(self) -> int | None:
        """Repeat the entry, if it is still there and ours."""
        with robot_errors():
            shown = self._shown(None)
            if shown is None:
                raise NotRegistered("the robot's directory does not know the service")
            if self._owner(shown, read_mark(shown.liveness_timeout_secs)) is not Owner.US:
                raise NameTaken(f"another daemon has taken {self._entry.name} over")
            answer = self._client().update(**self._fields())
        return answer.header.response_timestamp.ToNanoseconds() or None

    def unregister(self, timeout_s: float) -> None:
        """Remove the entry."""
        with robot_errors(), suppress(ServiceDoesNotExistError):
            self._client().unregister(self._entry.name, timeout=timeout_s)

    def _shown(self, timeout_s: float | None) -> Any:
        """Return the directory's message of the name, or nothing."""
        directory = self._link.client(DirectoryClient.default_service_name)
        try:
            return directory.get_entry(
                self._entry.name, timeout=timeout_s or self._link.rpc_timeout_s
            )
        except NonexistentServiceError:
            return None

    def _owner(self, shown: Any, mark: EntryMark | None) -> Owner:
        if mark == self._mark or shown.liveness_timeout_secs == self._shown_s:
            return Owner.US
        if mark is not None and mark.computer == self._mark.computer:
            return Owner.THIS_COMPUTER
        return Owner.ANOTHER

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
            "liveness_timeout_secs": self._mark.liveness_timeout_s,
            "timeout": self._link.rpc_timeout_s,
        }


def _max_silence_s(liveness_timeout_s: float) -> float:
    """Return how long another program's service may be silent: the robot, too, waits no longer."""
    return min(liveness_timeout_s or MAX_SILENCE_S, MAX_SILENCE_S)
