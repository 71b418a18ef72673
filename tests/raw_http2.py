"""As much of HTTP/2 as it takes to be a bad gRPC client."""

from __future__ import annotations

import socket
import struct
from types import TracebackType

DATA, HEADERS, RST_STREAM, SETTINGS = 0, 1, 3, 4
_END_STREAM, _END_HEADERS = 1, 4
_INITIAL_WINDOW_SIZE = 4


class RawClient:
    """One connection, whose calls do what a real client's never would.

    `window` is how many bytes of each answer it takes; it never asks for more, nor answers pings.
    """

    def __init__(self, port: int, window: int = 65_535, timeout_s: float = 30.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._next_stream = 1
        settings = struct.pack(">HI", _INITIAL_WINDOW_SIZE, window)
        self._socket.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        self._send(SETTINGS, 0, 0, settings)

    def begin(self, method: str) -> int:
        """Send the headers of a call and nothing more; return its stream."""
        stream = self._next_stream
        self._next_stream += 2
        headers = {
            ":method": "POST",
            ":scheme": "http",
            ":path": method,
            ":authority": "robot-web-cam",
            "content-type": "application/grpc",
            "te": "trailers",
        }
        block = b"".join(map(_literal, headers, headers.values()))
        self._send(HEADERS, _END_HEADERS, stream, block)
        return stream

    def finish(self, stream: int, request: bytes) -> None:
        """Send the request of a call that was begun."""
        self._send(DATA, _END_STREAM, stream, struct.pack(">BI", 0, len(request)) + request)

    def call(self, method: str, request: bytes) -> int:
        """Send a whole call, and leave its answer where it is; return its stream."""
        stream = self.begin(method)
        self.finish(stream, request)
        return stream

    def read(self) -> tuple[int, int]:
        """Wait for the next frame; return its type and its stream."""
        length, kind, _, stream = struct.unpack(">3sBBI", self._exactly(9))
        self._exactly(int.from_bytes(length, "big"))
        return kind, stream

    def wait_for(self, kind: int) -> int:
        """Read until there is a frame of a type; return its stream."""
        while True:
            found, stream = self.read()
            if found == kind:
                return stream

    def outcome(self, stream: int) -> int:
        """Read until a call is answered (DATA), or ended without (RST_STREAM)."""
        while True:
            kind, found = self.read()
            if found == stream and kind in (DATA, RST_STREAM):
                return kind

    def cut(self) -> None:
        """Close the connection, with a reset and no farewell."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def __enter__(self) -> RawClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    def _send(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        head = len(payload).to_bytes(3, "big") + struct.pack(">BBI", kind, flags, stream)
        self._socket.sendall(head + payload)

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self._socket.recv(count - len(data))
            if not part:
                raise ConnectionError("the server closed the connection")
            data += part
        return data


def _literal(name: str, value: str) -> bytes:
    """Return a header field as HPACK's literal without indexing; shorter than 127 bytes."""
    return bytes([0, len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
