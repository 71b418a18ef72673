"""Errors that end a call of the fake robot, and refusals that tests inject."""

from collections.abc import Iterable
from typing import Any

import grpc

from spot_webcam.fakes.robot.state.changes import Changes


class CallRefused(Exception):
    """The call ends with a gRPC status other than OK."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        super().__init__(f"{code.name}: {details}")
        self.code = code
        self.details = details


class InvalidRequest(Exception):
    """The call is answered, with CODE_INVALID_REQUEST in the header."""


class ServiceRefusals:
    """gRPC statuses that all calls of a service end with, by service name. Thread-safe."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._refusals: dict[str, tuple[grpc.StatusCode, str]] = {}

    def refuse(self, service_name: str, code: grpc.StatusCode, details: str) -> None:
        """End all calls of a service with this status until `accept`."""
        if code is grpc.StatusCode.OK:
            raise ValueError("a refusal needs a status other than OK")
        with self._changes.changing():
            self._refusals[service_name] = (code, details)

    def accept(self, service_name: str) -> None:
        """Serve the calls of a service again."""
        with self._changes.changing():
            self._refusals.pop(service_name, None)

    def check(self, service_name: str) -> None:
        """Raise the refusal of this service, if there is one.

        Raises:
            CallRefused: with the status that was given to `refuse`.
        """
        with self._changes.reading():
            refusal = self._refusals.get(service_name)
        if refusal is not None:
            raise CallRefused(*refusal)


def require_times(timestamps: Iterable[Any]) -> None:
    """Check that each `Timestamp` of a request is a date: later readers convert it to one.

    Raises:
        InvalidRequest: one is before the year 1 or after 9999, or its nanoseconds are out of range.
    """
    try:
        for timestamp in timestamps:
            timestamp.ToNanoseconds()
    except ValueError:
        raise InvalidRequest("a time of the request is out of range") from None


def full(what: str, limit: int) -> CallRefused:
    """Return the error for a table that has reached its limit."""
    return CallRefused(
        grpc.StatusCode.RESOURCE_EXHAUSTED, f"the fake robot keeps at most {limit} {what}"
    )
