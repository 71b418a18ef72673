"""Payload accounts of the robot; they survive a reboot."""

import hmac
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any

from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import InvalidRequest, full

PAYLOAD_LIMIT = 256


class Login(Enum):
    """Result of checking a payload's credentials."""

    OK = auto()
    UNKNOWN_GUID = auto()
    WRONG_SECRET = auto()
    NOT_AUTHORIZED = auto()


@dataclass(frozen=True, slots=True)
class PayloadAccount:
    """One payload; `version` is (major, minor, patch).

    `description` is the serialized `bosdyn.api.Payload` of the registration; empty without one.
    """

    guid: str
    secret: str
    name: str = ""
    authorized: bool = False
    attached: bool = True
    version: tuple[int, int, int] = (0, 0, 0)
    description: bytes = field(default=b"", repr=False, compare=False)


def guid_key(guid: str) -> str:
    """Return the form in which GUIDs are compared: without case, as a robot does."""
    return guid.casefold()


class Payloads:
    """Payload accounts by GUID, at most `max_payloads`. Thread-safe."""

    def __init__(
        self, changes: Changes, *, authorize_new: bool = False, max_payloads: int = PAYLOAD_LIMIT
    ) -> None:
        self._changes = changes
        self._authorize_new = authorize_new
        self._max_payloads = max_payloads
        self._accounts: dict[str, PayloadAccount] = {}

    def add(self, account: PayloadAccount) -> bool:
        """Add an account; False if its GUID is taken."""
        if not account.guid or not account.secret:
            raise InvalidRequest("a payload needs a GUID and a secret")
        with self._changes.changing():
            if guid_key(account.guid) in self._accounts:
                return False
            if len(self._accounts) >= self._max_payloads:
                raise full("payloads", self._max_payloads)
            authorized = account.authorized or self._authorize_new
            self._accounts[guid_key(account.guid)] = replace(account, authorized=authorized)
            return True

    def check(self, guid: str, secret: str) -> Login:
        """Compare credentials with the account of that GUID."""
        with self._changes.reading():
            account = self._accounts.get(guid_key(guid))
        if account is None:
            return Login.UNKNOWN_GUID
        if not hmac.compare_digest(account.secret.encode(), secret.encode()):
            return Login.WRONG_SECRET
        return Login.OK if account.authorized else Login.NOT_AUTHORIZED

    def registered_guid(self, guid: str) -> str:
        """Return the GUID as it was registered, perhaps in another case; `KeyError` if unknown."""
        with self._changes.reading():
            return self._accounts[guid_key(guid)].guid

    def set_authorized(self, guid: str, authorized: bool) -> None:
        """Authorize a payload, or withdraw its authorization.

        Raises:
            LookupError: the payload is unknown.
        """
        with self._changes.changing():
            if guid_key(guid) not in self._accounts:
                raise LookupError(f"no payload with GUID {guid!r} is registered")
            self._replace(guid, authorized=authorized)

    def set_version(self, guid: str, secret: str, version: tuple[int, int, int]) -> Login:
        """Set the payload's software version, if the credentials are right; even unauthorized."""
        with self._changes.changing():
            login = self.check(guid, secret)
            if login in {Login.OK, Login.NOT_AUTHORIZED}:
                self._replace(guid, version=version)
            return login

    def set_attached(self, guid: str, secret: str, attached: bool) -> Login:
        """Set whether the payload is mounted, if the credentials are right and authorized."""
        with self._changes.changing():
            login = self.check(guid, secret)
            if login is Login.OK:
                self._replace(guid, attached=attached)
            return login

    def _replace(self, guid: str, **fields: Any) -> None:
        key = guid_key(guid)
        self._accounts[key] = replace(self._accounts[key], **fields)

    def all(self) -> list[PayloadAccount]:
        """Return every account, oldest first."""
        with self._changes.reading():
            return list(self._accounts.values())
