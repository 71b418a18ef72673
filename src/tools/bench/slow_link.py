"""A slow radio link in front of a contender: a TCP proxy with a bandwidth and a delay."""

import asyncio
import threading
from contextlib import suppress
from types import TracebackType

# As of a robot in the field: shared by all clients of the link.
BITS_PER_S = 10_000_000
# Each way: half of the round trip of 50 ms.
DELAY_S = 0.025
# What is read at once, and what may wait in front of the link for each connection.
CHUNK_BYTES = 4096
START_TIMEOUT_S = 5.0
END_TIMEOUT_S = 5.0


class SlowLink:
    """Forwards connections to a loopback port from `__enter__` to `__exit__`, on its own thread.

    Bytes towards the clients share the bandwidth, in the order in which they come; requests are
    only delayed. A sender is held up once the link is busy, as by a small queue in a radio.
    """

    def __init__(self, port: int) -> None:
        self._target_port = port
        # Of the proxy, once it has been entered.
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._free_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> "SlowLink":
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.port = started.result(START_TIMEOUT_S)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(END_TIMEOUT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(END_TIMEOUT_S)
        self._loop.close()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _close(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in [*self._writers]:
            self._end(writer)
        await asyncio.sleep(0)  # for the transports to close their sockets

    async def _forward(
        self, from_client: asyncio.StreamReader, to_client: asyncio.StreamWriter
    ) -> None:
        try:
            from_server, to_server = await asyncio.open_connection(
                "127.0.0.1", self._target_port, limit=CHUNK_BYTES
            )
        except OSError:  # the contender has ended
            to_client.close()
            return
        self._writers |= {to_client, to_server}
        for pump in (
            self._pump(from_client, to_server, is_slow=False),
            self._pump(from_server, to_client, is_slow=True),
        ):
            task = asyncio.ensure_future(pump)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_slow: bool
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if is_slow:
                    await self._transmit(len(chunk))
                # The same delay for each: they arrive in order.
                self._loop.call_later(DELAY_S, writer.write, chunk)
        self._loop.call_later(DELAY_S, self._end, writer)

    def _end(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.close()

    async def _transmit(self, size_bytes: int) -> None:
        """Wait until the link has sent what came before, and this."""
        self._free_s = max(self._free_s, self._loop.time()) + 8 * size_bytes / BITS_PER_S
        await asyncio.sleep(self._free_s - self._loop.time())
