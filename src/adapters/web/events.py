"""Server-sent events: the state of the daemon, once a second, made once for all viewers."""

import asyncio
import json
from typing import Any

from spot_webcam.adapters.web.broadcast import Broadcast
from spot_webcam.adapters.web.guard import Receive, Scope, Send
from spot_webcam.adapters.web.ports import Status

PERIOD_S = 1.0
_HEADERS = [(b"content-type", b"text/event-stream"), (b"connection", b"close")]


def as_json(value: Any) -> bytes:
    """Return compact JSON."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode()


class EventServer:
    """Answers requests for events. Of one event loop."""

    def __init__(self, status: Status) -> None:
        self._status = status
        self._broadcast = Broadcast(self._produce)

    def close(self) -> None:
        """End all streams."""
        self._broadcast.end()

    async def events(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the state now, and once a second: an ASGI application."""
        del scope
        await self._broadcast.serve(receive, send, list(_HEADERS))

    async def _produce(self, stream: Broadcast) -> None:
        while True:
            stream.publish(b"event: status\ndata: %b\n\n" % as_json(self._status.status()))
            await asyncio.sleep(PERIOD_S)
