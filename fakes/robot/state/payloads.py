"""The payloads that the robot knows; they survive a reboot."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Final

from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full

PAYLOAD_LIMIT: Final = 256


class Login(Enum):
    """What a payload's credentials are worth."""

    OK = auto()
    UNKNOWN_GUID = auto()
    WRONG_SECRET = auto()
    NOT_AUTHORIZED = auto()


@dataclass(frozen=True, slots=True)
class PayloadAccount:
    """One payload; `version` is (major, minor, patch).

    `description` is the serialized `bosdyn.api.Payload` that it registered with, if it did.
    """

    guid: str
    secret: str
    name: str = ""
    authorized: bool = False
    attached: bool = True
    version: tuple[int, int, int] = (0, 0, 0)
    description: bytes = field(default=b"", repr=False, compare=False)


class Payloads:
    """Payload accounts by GUID, at most `PAYLOAD_LIMIT`."""

    def __init__(self) -> None:
        self._accounts: dict[str, PayloadAccount] = {}

    def add(self, account: PayloadAccount) -> bool:
        """Keep a new account; False when its GUID is taken."""
        if not account.guid or not account.secret:
            raise InvalidRequest("a payload needs a GUID and a secret")
        if account.guid in self._accounts:
            return False
        if len(self._accounts) >= PAYLOAD_LIMIT:
            raise full("payloads", PAYLOAD_LIMIT)
        self._accounts[account.guid] = account
        return True

    def check(self, guid: str, secret: str) -> Login:
        """Compare credentials with the account of that GUID."""
        account = self._accounts.get(guid)
        if account is None:
            return Login.UNKNOWN_GUID
        if not hmac.compare_digest(account.secret.encode(), secret.encode()):
            return Login.WRONG_SECRET
        return Login.OK if account.authorized else Login.NOT_AUTHORIZED

    def set_authorized(self, guid: str, authorized: bool) -> None:
        """Decide as the operator does.

        Raises:
            LookupError: no such payload.
        """
        self._accounts[guid] = replace(self._known(guid), authorized=authorized)

    def set_version(self, guid: str, version: tuple[int, int, int]) -> None:
        """Note the payload's software version."""
        self._accounts[guid] = replace(self._known(guid), version=version)

    def set_attached(self, guid: str, attached: bool) -> None:
        """Note whether the payload is mounted."""
        self._accounts[guid] = replace(self._known(guid), attached=attached)

    def all(self) -> list[PayloadAccount]:
        """Every account, oldest first."""
        return list(self._accounts.values())

    def _known(self, guid: str) -> PayloadAccount:
        if guid not in self._accounts:
            raise LookupError(f"no payload with GUID {guid!r} is registered")
        return self._accounts[guid]
