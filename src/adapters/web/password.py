"""The password of the page: HTTP Basic (RFC 7617), with a limit of wrong attempts."""

import base64
import binascii
import hashlib
import hmac
import ipaddress
import time
from collections.abc import Callable

# Wrong passwords from one address until it has to wait, and for how long.
MAX_ATTEMPTS = 5
LOCKED_S = 60.0
# Addresses of which wrong attempts are kept; beyond it those that wait are forgotten, oldest first.
MAX_ADDRESSES = 1024
IPV6_PREFIX = 64


class Password:
    """Checks the password of requests. Not thread-safe.

    Compared in constant time. An address that gave `MAX_ATTEMPTS` wrong ones is refused for
    `LOCKED_S`, whatever it gives; of IPv6, the network, in which a host chooses its address. Any
    user name is accepted.
    """

    def __init__(self, password: str, now_s: Callable[[], float] = time.monotonic) -> None:
        # Of equal length, whatever the length of the password.
        self._digest = _digest(password.encode())
        self._now_s = now_s
        # By network: how many attempts were wrong, and when the last one was.
        self._wrong: dict[str, tuple[int, float]] = {}

    def locked_s(self, address: str) -> float:
        """Return for how long an address is refused; 0 if it is not."""
        address = _network(address)
        attempts, last_s = self._wrong.get(address, (0, 0.0))
        left_s = last_s + LOCKED_S - self._now_s()
        if left_s <= 0:
            self._wrong.pop(address, None)
        return left_s if attempts >= MAX_ATTEMPTS and left_s > 0 else 0.0

    def accepts(self, address: str, authorization: str | None) -> bool:
        """Whether the value of an Authorization header has the password; counts wrong ones."""
        given = None if authorization is None else _password(authorization)
        if given is None:  # a browser's first request has none
            return False
        address = _network(address)
        if hmac.compare_digest(_digest(given), self._digest):
            self._wrong.pop(address, None)
            return True
        attempts, _ = self._wrong.pop(address, (0, 0.0))
        if len(self._wrong) >= MAX_ADDRESSES:
            del self._wrong[next(iter(self._wrong))]
        self._wrong[address] = (attempts + 1, self._now_s())
        return False


def _network(address: str) -> str:
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if ip.version == 4 or ip.ipv4_mapped is not None:
        return address
    return str(ipaddress.ip_network((ip, IPV6_PREFIX), strict=False))


def _digest(password: bytes) -> bytes:
    return hashlib.sha256(password).digest()


def _password(authorization: str) -> bytes | None:
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        decoded = base64.b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        return None
    _, colon, password = decoded.partition(b":")
    return password if colon else None
