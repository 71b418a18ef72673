"""How the fake robot says no."""

from __future__ import annotations

import grpc


class CallRefused(Exception):
    """The call ends with a gRPC status other than OK."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self.code = code
        self.details = details


class InvalidRequest(Exception):
    """The call is answered, with CODE_INVALID_REQUEST in the header."""


def full(what: str, limit: int) -> CallRefused:
    """Answer for a table that has reached its bound."""
    return CallRefused(
        grpc.StatusCode.RESOURCE_EXHAUSTED, f"the fake robot keeps at most {limit} {what}"
    )
