"""The authority of a call: gRPC for Python shows it in a private place only."""

from __future__ import annotations

from typing import Any


def authority_of(context: Any) -> str:
    """Return the call's `:authority`, which the robot routes by.

    `context` is the server context of grpcio; `ServicerContext` has no public way to it.
    """
    host = context._rpc_event.call_details.host  # noqa: SLF001 - the only place that tells it
    return host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
