"""Tokens that the robot has issued."""

import itertools
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import grpc
import jwt

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.payloads import guid_key
from spot_webcam.fakes.robot.state.refusals import CallRefused

TOKEN_LIFETIME_S = 12 * 3600
TOKEN_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Holder of a token: a user, or a payload if `payload_guid` is set."""

    name: str
    payload_guid: str = ""


@dataclass(frozen=True, slots=True)
class _Grant:
    caller: Caller
    expires_ns: int


class Tokens:
    """Issues and checks tokens; the newest `max_tokens` are valid. Thread-safe.

    A token is a JSON web token, as on a robot. Its signature and claims are not checked: a token is
    valid if it is in this table and has not expired.
    """

    def __init__(
        self, changes: Changes, now_ns: Callable[[], int], *, max_tokens: int = TOKEN_LIMIT
    ) -> None:
        """Use robot time for the tokens' lifetime."""
        self._changes = changes
        self._now_ns = now_ns
        self._max_tokens = max_tokens
        self._key = secrets.token_bytes(32)
        self._serial = itertools.count(1)
        self._grants: OrderedDict[str, _Grant] = OrderedDict()

    def issue(self, caller: Caller) -> str:
        """Return a new token that expires after `TOKEN_LIFETIME_S` of robot time."""
        with self._changes.changing():
            now_ns = self._now_ns()
            expires_ns = now_ns + TOKEN_LIFETIME_S * NANOSECONDS
            claims = {
                "sub": caller.payload_guid or caller.name,
                "iat": now_ns // NANOSECONDS,
                "exp": expires_ns // NANOSECONDS,
                "jti": str(next(self._serial)),
            }
            token = jwt.encode(claims, self._key, algorithm="HS256")
            self._grants[token] = _Grant(caller, expires_ns)
            if len(self._grants) > self._max_tokens:
                self._grants.popitem(last=False)
            return token

    def check(self, token: str) -> Caller:
        """Return the token's holder.

        Raises:
            CallRefused: UNAUTHENTICATED, for a token never issued, revoked or expired.
        """
        with self._changes.reading():
            grant = self._grants.get(token)
            if grant is None:
                raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "not a token of this robot")
            if self._now_ns() >= grant.expires_ns:
                raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "the token has expired")
            return grant.caller

    def renew(self, token: str) -> str | None:
        """Return a new token for the same caller, or None if the old one is not valid."""
        with self._changes.changing():
            try:
                return self.issue(self.check(token))
            except CallRefused:
                return None

    def expire_all(self) -> None:
        """End the lifetime of every token now."""
        with self._changes.changing():
            now_ns = self._now_ns()
            for token, grant in self._grants.items():
                self._grants[token] = replace(grant, expires_ns=min(grant.expires_ns, now_ns))

    def revoke_all(self) -> None:
        """Forget every token."""
        with self._changes.changing():
            self._grants.clear()

    def revoke_payload(self, guid: str) -> None:
        """Forget the tokens of one payload."""
        with self._changes.changing():
            for token, grant in list(self._grants.items()):
                if guid_key(grant.caller.payload_guid) == guid_key(guid):
                    del self._grants[token]
