"""Directory of the services that payloads have registered."""

import re
from dataclasses import dataclass, replace

from spot_webcam.domain.robot_access import bracketed
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full

SERVICE_LIMIT = 256
_LIVENESS_LIMIT_S = 1_000_000

_LABEL = r"(?!..--)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_AUTHORITY = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


@dataclass(frozen=True, slots=True)
class RegisteredService:
    """A directory entry and the endpoint that its calls are forwarded to."""

    name: str
    type: str
    authority: str
    host_ip: str
    port: int
    user_token_required: bool = True
    liveness_timeout_s: float = 0.0
    payload_guid: str = ""
    last_update_ns: int = 0

    @property
    def route(self) -> tuple[str, str]:
        """Key that calls are routed by: authority and service type."""
        return (self.authority, self.type)

    @property
    def endpoint(self) -> str:
        """Address of the service, as `host:port`."""
        return f"{bracketed(self.host_ip)}:{self.port}"

    def liveness_deadline_ns(self) -> int | None:
        """Robot time by which the next heartbeat is due, None without a liveness timeout."""
        if self.liveness_timeout_s <= 0:
            return None
        return self.last_update_ns + round(self.liveness_timeout_s * NANOSECONDS)


class Directory:
    """Registered services, unique by name and by route; at most `max_services`.

    The names and routes of the robot's own services are reserved. Not thread-safe: `RobotState`
    holds the lock. Not enforced: who owns an entry.
    """

    def __init__(
        self,
        own_names: frozenset[str],
        own_routes: frozenset[tuple[str, str]],
        *,
        max_services: int = SERVICE_LIMIT,
    ) -> None:
        self._own_names = own_names
        self._own_routes = own_routes
        self._max_services = max_services
        self._by_name: dict[str, RegisteredService] = {}
        self._by_route: dict[tuple[str, str], RegisteredService] = {}

    def register(self, service: RegisteredService) -> bool:
        """Add an entry; False if its name or route is taken. A taken name is refreshed."""
        _require_valid(service)
        if service.name in self._by_name:
            self._put(replace(self._by_name[service.name], last_update_ns=service.last_update_ns))
            return False
        if service.name in self._own_names or self._is_taken(service):
            return False
        if len(self._by_name) >= self._max_services:
            raise full("services", self._max_services)
        self._put(service)
        return True

    def update(self, service: RegisteredService) -> bool:
        """Replace the entry of that name; False if there is none."""
        _require_valid(service)
        if service.name not in self._by_name:
            return False
        if self._is_taken(service):
            raise InvalidRequest(f"{service.authority} already serves {service.type}")
        self.unregister(service.name)
        self._put(service)
        return True

    def unregister(self, name: str) -> bool:
        """Remove the entry of that name; False if there is none."""
        service = self._by_name.pop(name, None)
        if service is None:
            return False
        del self._by_route[service.route]
        return True

    def find(self, authority: str, service_type: str) -> RegisteredService | None:
        """Return the entry of this route."""
        return self._by_route.get((authority, service_type))

    def all(self) -> list[RegisteredService]:
        """Return every entry, oldest first."""
        return list(self._by_name.values())

    def clear(self) -> None:
        """Forget every entry."""
        self._by_name.clear()
        self._by_route.clear()

    def _put(self, service: RegisteredService) -> None:
        self._by_name[service.name] = service
        self._by_route[service.route] = service

    def _is_taken(self, service: RegisteredService) -> bool:
        holder = self._by_route.get(service.route)
        return service.route in self._own_routes or (
            holder is not None and holder.name != service.name
        )


def _require_valid(service: RegisteredService) -> None:
    if not service.name or not service.type:
        raise InvalidRequest("a service needs a name and a type")
    if len(service.authority) > 253 or not _AUTHORITY.fullmatch(service.authority):
        raise InvalidRequest("the authority is not a host name")
    if not service.host_ip or not 0 < service.port < 65536:
        raise InvalidRequest("the endpoint needs a host and a port from 1 to 65535")
    if not 0 <= service.liveness_timeout_s <= _LIVENESS_LIMIT_S:
        raise InvalidRequest(f"the liveness timeout must be from 0 to {_LIVENESS_LIMIT_S} s")
