"""How the fake robot says no."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import grpc


class CallRefused(Exception):
    """The call ends with a gRPC status other than OK."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self.code = code
        self.details = details


class InvalidRequest(Exception):
    """The call is answered, with CODE_INVALID_REQUEST in the header."""


def require_times(timestamps: Iterable[Any]) -> None:
    """Check that every `Timestamp` of a request makes a date, as what reads them later needs.

    Raises:
        InvalidRequest: one is before the year 1 or after 9999, or its nanoseconds are no fraction.
    """
    try:
        for timestamp in timestamps:
            timestamp.ToNanoseconds()
    except ValueError:
        raise InvalidRequest("a time of the request is out of range") from None


def full(what: str, limit: int) -> CallRefused:
    """Answer for a table that has reached its bound."""
    return CallRefused(
        grpc.StatusCode.RESOURCE_EXHAUSTED, f"the fake robot keeps at most {limit} {what}"
    )
