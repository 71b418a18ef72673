"""The proxy in front of a contender: what passes, and that both ends learn of an end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest

from spot_webcam.tools.bench.slow_link import CHUNK_BYTES, SlowLink
from tests.timing import PATIENCE_S

SENT = bytes(range(256)) * (3 * CHUNK_BYTES // 256) + b"end"


class EchoServer:
    """Sends back what each connection sends, until its client stops sending."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                while data := connection.recv(CHUNK_BYTES):
                    connection.sendall(data)

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE_S)


@pytest.fixture
def server() -> Iterator[EchoServer]:
    with closing(EchoServer()) as server:
        yield server


def received(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count and (more := connection.recv(count - len(data))):
        data += more
    return data


def test_bytes_pass_in_order_in_both_directions(server: EchoServer) -> None:
    with SlowLink(server.port) as link:
        for _ in range(2):
            with socket.create_connection(("127.0.0.1", link.port), PATIENCE_S) as client:
                client.sendall(SENT)
                assert received(client, len(SENT)) == SENT


def test_end_of_the_link_is_the_end_of_its_connections(server: EchoServer) -> None:
    with SlowLink(server.port) as link:
        client = socket.create_connection(("127.0.0.1", link.port), PATIENCE_S)
        client.sendall(b"one")
        assert received(client, 3) == b"one"
    with client:
        assert client.recv(1) == b""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", link.port), PATIENCE_S)


def test_connection_ends_if_nobody_listens_behind_the_link(server: EchoServer) -> None:
    server.close()
    with (
        SlowLink(server.port) as link,
        socket.create_connection(("127.0.0.1", link.port), PATIENCE_S) as client,
    ):
        assert client.recv(1) == b""
