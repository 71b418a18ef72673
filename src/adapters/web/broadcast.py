"""Broadcast of the newest part of a stream to any number of viewers."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from spot_webcam.adapters.web.guard import Receive, Send

_LOG = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]


class Broadcast:
    """Holds the newest part; a viewer that is slow misses the parts before. Of one event loop.

    `produce` is run while there are viewers, and publishes until it returns, which ends the
    stream.
    """

    def __init__(self, produce: "Callable[[Broadcast], Awaitable[None]]") -> None:
        self._produce = produce
        self._changed = asyncio.Event()
        self._number = 0
        self._part: bytes | None = None
        self._viewers: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None

    @property
    def viewers(self) -> int:
        """How many viewers there are."""
        return len(self._viewers)

    def publish(self, part: bytes) -> None:
        """Replace the newest part."""
        self._part = part
        self._number += 1
        self._wake()

    def end(self) -> None:
        """End the stream."""
        if self._task is not None:
            self._task.cancel()

    async def serve(self, receive: Receive, send: Send, headers: Headers) -> None:
        """Send parts until the client leaves or the stream ends."""
        viewer = asyncio.ensure_future(self._send_all(send, headers))
        left = asyncio.ensure_future(_departure(receive))
        self._viewers.add(viewer)
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())
        try:
            await asyncio.wait({viewer, left}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            viewer.cancel()
            left.cancel()
            self._viewers.discard(viewer)
            if not self._viewers:
                self.end()

    async def _send_all(self, send: Send, headers: Headers) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        # A viewer that comes later begins with the newest part.
        number = self._number if self._part is None else self._number - 1
        while self._task is not None and not self._task.done():
            if number == self._number or self._part is None:
                await self._changed.wait()
                continue
            number = self._number
            await send({"type": "http.response.body", "body": self._part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _run(self) -> None:
        try:
            await self._produce(self)
        except Exception:  # noqa: BLE001 - of one stream; the others go on
            _LOG.exception("a defect ends a stream")
        finally:
            self._part = None
            # Once this task is done.
            asyncio.get_running_loop().call_soon(self._wake)

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
