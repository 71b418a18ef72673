"""A browser of few words: HTTP requests to the daemon's page."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any, BinaryIO, cast

from tests.timing import PATIENCE_S


@dataclass(frozen=True)
class Reply:
    """A whole answer."""

    code: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Page:
    """The pages below an address."""

    url: str

    def request(
        self,
        path: str,
        *,
        method: str = "GET",
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        request = self._request(path, method, body, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:  # noqa: S310 - http
                return Reply(reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, error.headers, error.read())

    def get(self, path: str, **headers: str) -> Reply:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request(path, headers=given)

    def post(self, path: str, value: object, token: str = "") -> Reply:
        headers = {"X-Spot-Webcam-Token": token} if token else {}
        return self.request(path, method="POST", body=json.dumps(value).encode(), headers=headers)

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """Open a stream."""
        request = self._request(path, "GET", None, None)
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as reply:  # noqa: S310 - http
            yield cast("BinaryIO", reply)

    def _request(
        self, path: str, method: str, body: bytes | None, headers: Mapping[str, str] | None
    ) -> urllib.request.Request:
        return urllib.request.Request(  # noqa: S310 - http
            f"{self.url.rstrip('/')}{path}", body, dict(headers or {}), method=method
        )


def next_picture(stream: BinaryIO) -> bytes:
    """Return the next JPEG of a multipart stream."""
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    picture = stream.read(length)
    stream.readline()
    return picture


def next_status(stream: BinaryIO) -> Any:
    """Return the state in the next event of a stream."""
    while not (line := stream.readline()).startswith(b"data: "):
        assert line, "the stream has ended"
    return json.loads(line.removeprefix(b"data: "))


@dataclass(frozen=True)
class Certificate:
    """Files of a certificate for 127.0.0.1, and the authority that signed it, as PEM."""

    certificate: str
    key: str
    authority: bytes


def write_certificate(folder: Path) -> Certificate:
    import trustme  # noqa: PLC0415 - slow

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    issued.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(pem.bytes() for pem in issued.cert_chain_pems))
    return Certificate(str(certificate), str(key), authority.cert_pem.bytes())
