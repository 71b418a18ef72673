"""Certificates that name every authority the robot answers to."""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import trustme

from spot_webcam.fakes.robot.transport.certificate_feed import CertificateFeed

# What cameras register as a rule: this package's, and the SDK's example of a web camera.
USUAL_AUTHORITIES = frozenset({"robot-web-cam"})
# A certificate goes out with every handshake, and clients take some 100 KB of it at most.
_KEPT_CHARACTERS = 8192


class Certificates:
    """A certificate authority of its own, and a server certificate that follows the directory.

    A name stays in the certificate when its service has gone, unless there are very many: each
    new certificate is a small risk, see `CertificateFeed`. May be used from any thread.
    """

    def __init__(self, authorities: Callable[[], frozenset[str]]) -> None:
        self._authorities = authorities
        self._ca = trustme.CA()
        self._lock = threading.Lock()
        self._named = USUAL_AUTHORITIES | authorities()
        self._configuration = self._issue()

    def write_ca(self, path: Path) -> None:
        """Write what a client has to trust, in PEM."""
        path.write_bytes(self._ca.cert_pem.bytes())

    def credentials(self) -> grpc.ServerCredentials:
        """Return a server's TLS credentials; each new connection sees the directory of then."""
        feed = CertificateFeed(self._current)
        return grpc.dynamic_ssl_server_credentials(
            feed.first, feed.next, require_client_authentication=False
        )

    def web_context(self, *hosts: str) -> ssl.SSLContext:
        """Return TLS for a web server of these names and addresses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._ca.issue_cert(*hosts).configure_cert(context)
        return context

    def _current(self) -> grpc.ServerCertificateConfiguration:
        """Return the same object until there is a name that it lacks."""
        with self._lock:
            wanted = self._authorities()
            if not wanted <= self._named:
                kept = self._named | wanted
                few = sum(map(len, kept)) <= _KEPT_CHARACTERS
                self._named = kept if few else USUAL_AUTHORITIES | wanted
                self._configuration = self._issue()
            return self._configuration

    def _issue(self) -> grpc.ServerCertificateConfiguration:
        leaf = self._ca.issue_cert(*sorted(self._named))
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return grpc.ssl_server_certificate_configuration([(leaf.private_key_pem.bytes(), chain)])
