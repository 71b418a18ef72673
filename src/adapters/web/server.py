"""The HTTP server: uvicorn on a thread of its own, with bounds on connections and waits."""

import asyncio
import contextlib
import logging
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.requests import ClientDisconnect
from uvicorn.protocols.http.h11_impl import H11Protocol

from spot_webcam.adapters.web.guard import Guard
from spot_webcam.adapters.web.hosts import KnownHosts
from spot_webcam.adapters.web.password import Password
from spot_webcam.adapters.web.ports import WebOptions
from spot_webcam.adapters.web.site import Site

_LOG = logging.getLogger(__name__)

# Of a stream, in the kernel: what a slow viewer has not read yet is old when it is.
UNSENT_BYTES = 64 * 1024
MAX_HEADER_BYTES = 16 * 1024
BACKLOG = 64


@dataclass(frozen=True, slots=True)
class WebLimits:
    """Limits of the connections."""

    # Each takes a descriptor, from the moment when it is accepted, and a process has 1024 of them
    # by default, of which gRPC may take 800.
    connections: int = 100
    # Between looks at a connection; one that has made no progress at so many looks is closed: no
    # request came, or nothing of the answer was read.
    look_s: float = 2.0
    looks: int = 5

    @property
    def silence_s(self) -> float:
        """For how long a connection may make no progress, its TLS handshake included."""
        return self.look_s * self.looks


class BoundedListener(socket.socket):
    """A listening socket that closes surplus connections at once, before a TLS handshake."""

    def __init__(self, family: int, kind: int, protocol: int, max_connections: int) -> None:
        super().__init__(family, kind, protocol)
        self._max_connections = max_connections
        self._open: list[socket.socket] = []

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection; raises `BlockingIOError` if there is none, or one too many."""
        connection, address = super().accept()
        self._open = [one for one in self._open if one.fileno() >= 0]
        if len(self._open) >= self._max_connections:
            connection.close()
            raise BlockingIOError
        self._open.append(connection)
        return connection, address


class BoundedProtocol(H11Protocol):
    """uvicorn's connection, closed when it makes no progress."""

    def __init__(self, limits: WebLimits, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self._look_handle: asyncio.TimerHandle | None = None
        # What did not change since the last looks, and how many they were.
        self._seen: object = None
        self._looks = 0

    def connection_made(self, transport: Any) -> None:
        """Take a connection."""
        super().connection_made(transport)
        self._look()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._look_handle is not None:
            self._look_handle.cancel()
        super().connection_lost(exc)

    def _look(self) -> None:
        seen = self._standstill()
        self._looks = self._looks + 1 if seen is not None and seen == self._seen else 0
        self._seen = seen
        if self._looks >= self._limits.looks:
            self.transport.abort()
            return
        self._look_handle = self.loop.call_later(self._limits.look_s, self._look)

    def _standstill(self) -> object:
        """Return what does not change while the peer does nothing; `None` while it need not."""
        if self.cycle is None or self.cycle.response_complete:
            return ("no request", id(self.cycle))
        unsent = self.transport.get_write_buffer_size()
        if unsent:
            return ("unsent", unsent)
        if self.cycle.more_body:
            return ("no body", len(self.cycle.body))
        return None


class BoundedServer(uvicorn.Server):
    """uvicorn, of bounded connections and TLS handshakes."""

    def __init__(self, config: uvicorn.Config, limits: WebLimits) -> None:
        super().__init__(config)
        self._limits = limits

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept connections of these sockets."""
        await super().startup(sockets=[])
        config = self.config
        for listener in sockets or ():
            server = await asyncio.get_running_loop().create_server(
                self._connection,
                sock=listener,
                backlog=config.backlog,
                ssl=config.ssl,
                ssl_handshake_timeout=self._limits.silence_s if config.ssl else None,
            )
            self.servers.append(server)

    def _connection(self) -> BoundedProtocol:
        return BoundedProtocol(
            self._limits,
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
        )


class WebServer:
    """Answers requests from `start` to `ask_to_stop`."""

    def __init__(
        self,
        site: Site,
        options: WebOptions,
        limits: WebLimits | None = None,
    ) -> None:
        """Bind the port, 0 for any free one; nothing is answered yet.

        Raises:
            OSError: the port is in use, or this user may not bind it, or there is no such address;
                or the certificate or the key cannot be read.
        """
        limits = limits or WebLimits()
        self._options = options
        self._site = site
        routes = site.routes(lambda: self._guard.token)
        password = None if options.password is None else Password(options.password)
        names = (options.host, *options.names, socket.gethostname())
        self._guard = Guard(routes, KnownHosts(names), password)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._socket = _listen(options.host, options.port, limits.connections)
        self.port: int = self._socket.getsockname()[1]
        try:
            config = self._configured()
        except BaseException:
            self._socket.close()
            raise
        scheme = "http" if options.certificate is None else "https"
        host = f"[{options.host}]" if ":" in options.host else options.host
        self.url = f"{scheme}://{host}:{self.port}/"
        self._server = BoundedServer(config, limits)
        self.name = "http"
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)

    def _configured(self) -> uvicorn.Config:
        config = uvicorn.Config(
            self._answer,
            loop="asyncio",
            http=BoundedProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            backlog=BACKLOG,
            ssl_certfile=self._options.certificate,
            ssl_keyfile=self._options.key,
        )
        # Its lines are about single connections.
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        config.load()
        return config

    def start(self) -> None:
        """Answer requests from now on."""
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Take no more connections, and end the streams; returns at once."""
        self._server.should_exit = True
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._site.close)

    def join(self, timeout_s: float) -> bool:
        """End all connections that are left; return whether the thread ended in time."""
        self._server.force_exit = True
        if self._thread.is_alive():
            self._thread.join(max(0.0, timeout_s))
        self._socket.close()
        return not self._thread.is_alive()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        # Of `to_thread`: the state of the daemon, for which pictures may be measured.
        self._loop.set_default_executor(ThreadPoolExecutor(1, thread_name_prefix="http-status"))
        try:
            await self._server.serve(sockets=[self._socket])
        finally:
            self._site.close()

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._guard(scope, receive, send)
        except ClientDisconnect:  # within its request
            return
        except Exception:
            if not self._server.should_exit:  # its threads have ended
                _LOG.exception("defect while answering %s", scope.get("path"))
            raise


def _listen(host: str, port: int, max_connections: int) -> BoundedListener:
    """Return a socket that listens at an address of this computer."""
    [(family, kind, protocol, _, address), *_] = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    listener = BoundedListener(family, kind, protocol, max_connections)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):  # connections inherit it
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
