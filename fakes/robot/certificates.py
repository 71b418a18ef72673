"""Certificates that name every authority the robot answers to."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import grpc
import trustme


class Certificates:
    """A certificate authority of its own, and a server certificate that follows the directory."""

    def __init__(self, authorities: Callable[[], frozenset[str]]) -> None:
        self._authorities = authorities
        self._ca = trustme.CA()
        self._named: frozenset[str] = frozenset()
        self._configuration = self._issue()

    def write_ca(self, path: Path) -> None:
        """Write what a client has to trust, in PEM."""
        path.write_bytes(self._ca.cert_pem.bytes())

    def credentials(self) -> grpc.ServerCredentials:
        """Return TLS credentials that look for a changed directory at each new connection."""
        return grpc.dynamic_ssl_server_credentials(
            self._current(), self._current, require_client_authentication=False
        )

    def web_context(self, *hosts: str) -> ssl.SSLContext:
        """Return TLS for a web server of these names and addresses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._ca.issue_cert(*hosts).configure_cert(context)
        return context

    def _current(self) -> grpc.ServerCertificateConfiguration:
        if self._authorities() != self._named:
            self._configuration = self._issue()
        return self._configuration

    def _issue(self) -> grpc.ServerCertificateConfiguration:
        self._named = self._authorities()
        leaf = self._ca.issue_cert(*sorted(self._named))
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return grpc.ssl_server_certificate_configuration([(leaf.private_key_pem.bytes(), chain)])
