"""TCP server that stops, stalls and returns on command."""

from __future__ import annotations

import socket
import struct
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TypeVar

_ServerT = TypeVar("_ServerT", bound="LoopbackServer")

# Close by a reset, not by a polite end.
_RESET = struct.pack("ii", 1, 0)


class LoopbackServer(ABC):
    """Serves on a port of loopback, a thread a client; the port is the same after each `start`.

    `stalled` makes every client wait, wherever it is, until it is cleared.
    """

    def __init__(self) -> None:
        self.stalled = threading.Event()
        self.port = 0
        self._changed = threading.Condition()
        self._stopping = False
        self._listener: socket.socket | None = None
        self._acceptor: threading.Thread | None = None
        self._clients: dict[socket.socket, threading.Thread] = {}
        self._leaving: set[threading.Thread] = set()
        self.connections = 0

    def __enter__(self: _ServerT) -> _ServerT:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Listen, and serve every client."""
        self._stopping = False
        self._listener = listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        self._acceptor = threading.Thread(target=self._accept, args=(listener,))
        self._acceptor.start()

    def stop(self) -> None:
        """End all connections and all threads; allowed in every state."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()
        if self._listener is None or self._acceptor is None:
            return
        # Closing alone does not wake an accept.
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._acceptor.join()
        self._listener.close()
        self._listener = None
        self.hang_up()
        for thread in list(self._clients.values()):
            thread.join()

    def hang_up(self, *, reset: bool = False) -> None:
        """End all connections, and take new ones; a reset comes with the next thing to send."""
        clients = dict(self._clients)
        for client in clients:
            with suppress(OSError):
                if reset:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                else:
                    client.shutdown(socket.SHUT_RDWR)
        with self._changed:
            self._leaving.update(clients.values())
            self._changed.notify_all()

    def stall(self) -> None:
        """Send nothing more, anywhere, and keep the connections."""
        self.stalled.set()

    def resume(self) -> None:
        """Go on after a stall."""
        with self._changed:
            self.stalled.clear()
            self._changed.notify_all()

    def pause(self, seconds: float) -> bool:
        """Wait, and for the end of a stall; return whether this connection is to end."""
        with self._changed:
            self._changed.wait_for(self._ends, seconds)
            self._changed.wait_for(lambda: self._ends() or not self.stalled.is_set())
            return self._ends()

    def _ends(self) -> bool:
        return self._stopping or threading.current_thread() in self._leaving

    @abstractmethod
    def serve(self, client: socket.socket) -> None:
        """Talk to one client until it goes; an `OSError` is its end."""

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            thread = threading.Thread(target=self._run, args=(client,))
            self._clients[client] = thread
            thread.start()

    def _run(self, client: socket.socket) -> None:
        try:
            with client, suppress(OSError):
                self.serve(client)
        finally:
            self._clients.pop(client, None)
            self._leaving.discard(threading.current_thread())
