"""The tokens that the robot has issued."""

from __future__ import annotations

import itertools
import secrets
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Final

import grpc
import jwt

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.state.refusals import CallRefused

TOKEN_LIFETIME_S: Final = 12 * 3600
TOKEN_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who holds a token: a user, or a payload when it has a GUID."""

    name: str
    payload_guid: str = ""


@dataclass(frozen=True, slots=True)
class _Grant:
    caller: Caller
    expires_ns: int


class Tokens:
    """Issues and checks tokens; the newest `TOKEN_LIMIT` are remembered.

    A token is a JSON web token, as a robot's is, but what counts is that it is remembered here.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._serial = itertools.count(1)
        self._grants: OrderedDict[str, _Grant] = OrderedDict()

    def issue(self, caller: Caller, now_ns: int) -> str:
        """Return a new token that ends `TOKEN_LIFETIME_S` of robot time from now."""
        expires_ns = now_ns + TOKEN_LIFETIME_S * NANOSECONDS
        claims = {
            "sub": caller.payload_guid or caller.name,
            "iat": now_ns // NANOSECONDS,
            "exp": expires_ns // NANOSECONDS,
            "jti": str(next(self._serial)),
        }
        token = jwt.encode(claims, self._key, algorithm="HS256")
        self._grants[token] = _Grant(caller, expires_ns)
        if len(self._grants) > TOKEN_LIMIT:
            self._grants.popitem(last=False)
        return token

    def check(self, token: str, now_ns: int) -> Caller:
        """Return the token's holder.

        Raises:
            CallRefused: UNAUTHENTICATED, for a token never issued, revoked or expired.
        """
        grant = self._grants.get(token)
        if grant is None:
            raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "not a token of this robot")
        if now_ns >= grant.expires_ns:
            raise CallRefused(grpc.StatusCode.UNAUTHENTICATED, "the token has expired")
        return grant.caller

    def expire_all(self, now_ns: int) -> None:
        """End every token now."""
        for token, grant in self._grants.items():
            self._grants[token] = replace(grant, expires_ns=min(grant.expires_ns, now_ns))

    def revoke_all(self) -> None:
        """Forget every token."""
        self._grants.clear()

    def revoke_payload(self, guid: str) -> None:
        """Forget the tokens of one payload."""
        for token in [t for t, g in self._grants.items() if g.caller.payload_guid == guid]:
            del self._grants[token]
