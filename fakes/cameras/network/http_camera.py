"""Fake network camera over HTTP, with manners, authentication, TLS and faults."""

import hashlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme

from spot_webcam.fakes.cameras.network.guard import Guard
from spot_webcam.fakes.cameras.network.loopback_server import LoopbackServer
from spot_webcam.fakes.cameras.network.manners import Encoder, Manners

PAGE = b"<html>a page of the camera</html>" * 100
_REASONS = {200: "OK", 304: "Not Modified", 401: "Unauthorized", 404: "Not Found"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer without pictures; `raw` is sent in place of any answer in HTTP."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = PAGE
    raw: bytes | None = None


@dataclass(frozen=True, slots=True)
class SeenRequest:
    """What a client asked for; names of headers are in lower case."""

    target: str
    headers: Mapping[str, str]


class HttpCameraServer(LoopbackServer):
    """Sends pictures over and over, one each `period_s`; a context manager.

    Everything can be changed while it runs. `refusals` maps a target to an answer in place of
    pictures; the empty target is for all. `spoil` changes the bytes of the pictures. `stall_within`
    stalls in the middle of the next one. `marks` gives each
    single picture an ETag and answers 304 as long as it stays; `period_s` does not delay single
    pictures. `requests` are those seen, the last thousand.
    """

    def __init__(
        self,
        pictures: Sequence[bytes],
        period_s: float = 0.04,
        manners: Manners | None = None,
        *,
        guard: Guard | None = None,
        tls: bool = False,
    ) -> None:
        super().__init__()
        self.pictures = list(pictures)
        self.period_s = period_s
        self.manners = manners or Manners()
        self.guard = guard
        self.refusals: dict[str, Refusal] = {}
        self.spoil: Callable[[bytes], bytes] = bytes
        self.stall_within = False
        self.marks: Callable[[bytes], dict[str, str]] | None = None
        self.requests: list[SeenRequest] = []
        # Of the next picture, for any client: no connection begins with those of another.
        self.number = 0
        self._ca = trustme.CA() if tls else None
        self._certificate = self._ca.issue_cert("127.0.0.1", "localhost") if self._ca else None

    @property
    def url(self) -> str:
        """Where the pictures are."""
        return self.url_of()

    def url_of(
        self, userinfo: str = "", path: str = "/stream.mjpg", host: str = "127.0.0.1"
    ) -> str:
        """Return an address with user and password, as they are written."""
        scheme = "http" if self._ca is None else "https"
        at = f"{userinfo}@" if userinfo else ""
        return f"{scheme}://{at}{host}:{self.port}{path}"

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the TLS certificate, in hexadecimal."""
        pem = self._chain()[0].decode()
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()

    def write_ca(self, path: Path) -> None:
        """Write the PEM certificate by which a client can trust this camera."""
        path.write_bytes(self._chain()[-1])

    def _chain(self) -> list[bytes]:
        if self._ca is None or self._certificate is None:
            raise ValueError("this camera has no TLS")
        blobs = [*self._certificate.cert_chain_pems, self._ca.cert_pem]
        return [blob.bytes() for blob in blobs]

    def serve(self, client: socket.socket) -> None:
        """Answer requests until the client goes, or the end of an answer shows only by its end."""
        if self._certificate is None:
            self._talk(client)
            return
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._certificate.configure_cert(context)
        # A copy: the client's socket itself stays open for `hang_up`.
        with suppress(OSError), context.wrap_socket(client.dup(), server_side=True) as secure:
            self._talk(secure)

    def _talk(self, client: socket.socket) -> None:
        while (request := _read_request(client)) is not None:
            self.requests = [*self.requests[-999:], request]
            if not self._answer(client, request):
                return

    def _answer(self, client: socket.socket, request: SeenRequest) -> bool:
        """Answer one request; return whether the connection stays."""
        refusal = self.refusals.get(request.target) or self.refusals.get("")
        admitted: bool | None = True
        if self.guard is not None:
            authorization = request.headers.get("authorization", "")
            admitted = self.guard.admits(authorization, request.target)
            if not admitted:
                values = self.guard.challenges(is_stale=admitted is None)
                self._send_page(client, 401, [("WWW-Authenticate", one) for one in values], PAGE)
                return True
        if refusal is None:
            if self.manners.is_single:
                return self._send_single(client, request)
            return self._send_stream(client)
        if refusal.raw is not None:
            client.sendall(refusal.raw)
            self.pause(0)
            return False
        self._send_page(client, refusal.status, [*refusal.headers.items()], refusal.body)
        return True

    def _send_page(
        self, client: socket.socket, status: int, headers: list[tuple[str, str]], body: bytes
    ) -> None:
        if not any(name == "Content-Type" for name, _ in headers):
            headers = [*headers, ("Content-Type", "text/html")]
        headers.append(("Content-Length", str(len(body))))
        client.sendall(_head(status, headers) + body)

    def _next(self) -> bytes:
        shown = self.pictures[self.number % len(self.pictures)]
        self.number += 1
        return shown

    def _send_single(self, client: socket.socket, request: SeenRequest) -> bool:
        shown = self._next()
        marks = {} if self.marks is None else self.marks(shown)
        conditions = {"ETag": "if-none-match", "Last-Modified": "if-modified-since"}
        seen = [request.headers.get(conditions[name]) == value for name, value in marks.items()]
        if any(seen):
            client.sendall(_head(304, [*marks.items()]))
            return True
        manners, encoder = self.manners, Encoder(self.manners)
        data = self.spoil(shown)
        if self.pause(0):
            return False
        head = _head(200, [*manners.head(length=len(data)).items(), *marks.items()])
        self._send(client, head, data, encoder)
        client.sendall(encoder.end())
        if manners.transfer == "chunked":
            return True
        return "Content-Length" in manners.head(length=0) and not manners.length_error

    def _send_stream(self, client: socket.socket) -> bool:
        manners, encoder = self.manners, Encoder(self.manners)
        client.sendall(_head(200, [*manners.head().items()]))
        is_first = True
        while not self.pause(self.period_s):
            part = manners.part(self.spoil(self._next()), time.time(), is_first=is_first)
            self._send(client, b"", part, encoder)
            is_first = False
        return False

    def _send(self, client: socket.socket, head: bytes, data: bytes, encoder: Encoder) -> None:
        half = len(data) // 2
        client.sendall(head + encoder.encode(data[:half]))
        if self.stall_within:
            self.stall()
            self.pause(0)
        client.sendall(encoder.encode(data[half:]))


def _head(status: int, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Else')}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


def _read_request(client: socket.socket) -> SeenRequest | None:
    received = b""
    while b"\r\n\r\n" not in received:
        data = client.recv(65536)
        if not data:
            return None
        received += data
    first, *lines = received.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines if line]
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return SeenRequest(first.split(" ")[1], headers)
