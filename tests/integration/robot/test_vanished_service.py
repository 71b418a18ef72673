"""A payload that loses its power closes no connection."""

import select
import socket
import threading
from collections.abc import Iterator
from typing import Any

import grpc
import pytest

from spot_webcam.fakes.robot.state.directory import RegisteredService
from spot_webcam.fakes.robot.transport.forwarder import Forwarder
from tests.timing import PATIENCE_S

METHOD = "/bosdyn.api.ImageService/ListImageSources"


class Link:
    """Passes one connection on to a port, until it is cut: then bytes are lost on their way."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._woken, self._waker = socket.socketpair()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self.cut = False

    def _run(self) -> None:
        near, _ = self._listener.accept()
        with near, socket.create_connection(("127.0.0.1", self._target)) as far:
            other = {near: far, far: near}
            while True:
                ready, _, _ = select.select([near, far, self._woken], [], [], PATIENCE_S)
                if not ready or self._woken in ready:
                    return
                for end in ready:
                    data = end.recv(65536)
                    if not data:
                        return
                    if not self.cut:
                        other[end].sendall(data)

    def close(self) -> None:
        self._waker.send(b"!")
        self._thread.join(PATIENCE_S)
        for end in (self._listener, self._woken, self._waker):
            end.close()


@pytest.fixture
def link(tiny_service: Any) -> Iterator[Link]:
    link = Link(tiny_service.port)
    yield link
    link.close()


def test_call_to_a_service_that_vanished_ends_before_its_deadline(link: Link) -> None:
    service = RegisteredService("tiny", "bosdyn.api.ImageService", "tiny", "127.0.0.1", link.port)
    forwarder = Forwarder(lambda: frozenset({service.endpoint}), keepalive_s=0.8)
    try:
        assert forwarder.start(service, METHOD, b"", PATIENCE_S).result(PATIENCE_S)
        link.cut = True
        with pytest.raises(grpc.RpcError) as ended:
            forwarder.start(service, METHOD, b"", PATIENCE_S).result(PATIENCE_S)
    finally:
        forwarder.close()
    assert ended.value.code() is grpc.StatusCode.UNAVAILABLE
