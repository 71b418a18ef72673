"""Names by which the server is called: foreign ones are refused (DNS rebinding)."""

import ipaddress
import re
from collections.abc import Iterable

_HOST = re.compile(r"(\[[0-9A-Za-z:.%]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?")


class KnownHosts:
    """The values of Host and Origin that are accepted.

    Of a name that another name server resolves to this computer, a page could read everything
    here. No name server can do that with an address, or with the names of this computer.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {"localhost", *(name.lower().rstrip(".") for name in names if name)}

    def accepts_host(self, host: str | None) -> bool:
        """Whether the Host header names an address, or this computer."""
        found = _HOST.fullmatch(host or "")
        if not found:
            return False
        name = found[1].lower().rstrip(".")
        return name in self._names or _is_address(name)

    def accepts_origin(self, origin: str | None, scheme: str, host: str) -> bool:
        """Whether a request is from a page of this server, or from no page."""
        return origin is None or origin.lower() == f"{scheme}://{host}".lower()


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
