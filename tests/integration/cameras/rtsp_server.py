"""Network camera over RTSP: JPEG over RTP, interleaved with the control."""

from __future__ import annotations

import base64
import select
import socket
import struct
import threading
from collections.abc import Sequence

from spot_webcam.fakes.cameras.network.loopback_server import LoopbackServer
from tests.integration.cameras.rtp_jpeg import CLOCK_HZ, PAYLOAD_TYPE, packets

_SDP = (
    f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=test\r\nt=0 0\r\nc=IN IP4 0.0.0.0\r\n"
    f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\na=control:track1\r\n"
)
_OPTIONS = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER\r\n"


class RtspServer(LoopbackServer):
    """Sends pictures over and over, one each `period_s`.

    `frozen` repeats the picture without a new time, `still` repeats it with one. `credentials`
    are `user:password`, asked for where they are set. `lost` leaves out every such packet.
    """

    def __init__(self, pictures: Sequence[bytes], period_s: float) -> None:
        super().__init__()
        self.pictures = list(pictures)
        self.period_s = period_s
        self.frozen = False
        self.still = False
        self.credentials: str | None = None
        self.lost: int | None = None
        # Of the next picture, for any client: no connection begins with those of another.
        self.number = 0
        self.torn_down = threading.Event()

    @property
    def url(self) -> str:
        """Where the pictures are."""
        return f"rtsp://127.0.0.1:{self.port}/front"

    def serve(self, client: socket.socket) -> None:
        """Answer requests, and play once that was asked for."""
        method = ""
        while method != "PLAY":
            if self.pause(0):
                return
            method = self._answer(client)
        played = sequence = 0
        while not self.pause(self.period_s):
            while select.select([client], [], [], 0)[0]:
                self._answer(client)
            shown = self.pictures[self.number % len(self.pictures)]
            timestamp = round(played * self.period_s * CLOCK_HZ)
            for packet in packets(shown, sequence, timestamp):
                sequence += 1
                if self.lost is None or sequence % self.lost:
                    client.sendall(struct.pack(">cBH", b"$", 0, len(packet)) + packet)
            self.number += not (self.frozen or self.still)
            played += not self.frozen

    def _answer(self, client: socket.socket) -> str:
        """Answer one request; return its method."""
        request = self._request(client)
        method, *_ = request.split()
        fields = dict(
            line.lower().split(": ", 1) for line in request.splitlines()[1:] if ": " in line
        )
        status, more, body = "200 OK", "", ""
        if method == "OPTIONS":
            more = _OPTIONS
        elif not self._may(request):
            status, more = "401 Unauthorized", 'WWW-Authenticate: Basic realm="camera"\r\n'
        elif method == "DESCRIBE":
            more, body = f"Content-Type: application/sdp\r\nContent-Base: {self.url}/\r\n", _SDP
        elif method == "SETUP":
            more = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
        elif method == "TEARDOWN":
            self.torn_down.set()
        client.sendall(
            f"RTSP/1.0 {status}\r\nCSeq: {fields['cseq']}\r\nSession: 1\r\n{more}"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        return method

    def _may(self, request: str) -> bool:
        if self.credentials is None:
            return True
        return base64.b64encode(self.credentials.encode()).decode() in request

    def _request(self, client: socket.socket) -> str:
        """Return the next request; receiver reports, which come between them, are skipped."""
        while (first := self._exactly(client, 1)) == b"$":
            _, length = struct.unpack(">BH", self._exactly(client, 3))
            self._exactly(client, length)
        text = first
        while not text.endswith(b"\r\n\r\n"):
            text += self._exactly(client, 1)
        return text.decode()

    def _exactly(self, client: socket.socket, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = client.recv(count - len(data))
            if not part:
                raise ConnectionError
            data += part
        return data
