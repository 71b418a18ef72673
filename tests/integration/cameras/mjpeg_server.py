"""Network camera over HTTP: Motion JPEG with injectable faults."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from enum import Enum

from spot_webcam.fakes.cameras.network.loopback_server import LoopbackServer

BOUNDARY = "picture"
STREAM = f"multipart/x-mixed-replace; boundary={BOUNDARY}"


class Answer(Enum):
    """What a request gets: status line, content type."""

    PICTURES = ("200 OK", STREAM)
    UNAUTHORIZED = ("401 Unauthorized", "text/html")
    NOT_FOUND = ("404 Not Found", "text/html")
    BUSY = ("503 Service Unavailable", "text/html")
    WEB_PAGE = ("200 OK", "text/html")
    NOTHING = ("", "")


class MjpegServer(LoopbackServer):
    """Sends pictures over and over, one each `period_s`.

    `spoil` changes the bytes of the pictures; `stall_within` stalls in the middle of the next
    one; `sizes` says whether their sizes are reported before them.
    """

    def __init__(self, pictures: Sequence[bytes], period_s: float) -> None:
        super().__init__()
        self.pictures = list(pictures)
        self.period_s = period_s
        self.answer = Answer.PICTURES
        self.spoil: Callable[[bytes], bytes] = bytes
        self.stall_within = False
        self.sizes = True
        # Of the next picture, for any client: no connection begins with those of another.
        self.number = 0

    @property
    def url(self) -> str:
        """Where the pictures are."""
        return f"http://127.0.0.1:{self.port}/stream.mjpg"

    def serve(self, client: socket.socket) -> None:
        """Answer one request; pictures have no end."""
        if not client.recv(65536):
            return
        if self.answer is Answer.NOTHING:
            self.stall()
            self.pause(0)
            return
        status, kind = self.answer.value
        client.sendall(f"HTTP/1.0 {status}\r\nContent-Type: {kind}\r\n\r\n".encode())
        if self.answer is not Answer.PICTURES:
            client.sendall(b"<html>a page of the camera</html>" * 100)
            return
        while not self.pause(self.period_s):
            shown = self.pictures[self.number % len(self.pictures)]
            self.number += 1
            self._send(client, self.spoil(shown))

    def _send(self, client: socket.socket, jpeg: bytes) -> None:
        size = f"Content-Length: {len(jpeg)}\r\n" if self.sizes else ""
        head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\n{size}\r\n".encode()
        half = len(jpeg) // 2
        client.sendall(head + jpeg[:half])
        if self.stall_within:
            self.stall()
            self.pause(0)
        client.sendall(jpeg[half:] + b"\r\n")
