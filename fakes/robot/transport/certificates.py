"""TLS certificates that name every authority of the robot."""

import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import grpc
import trustme

from spot_webcam.fakes.robot.transport.certificate_feed import QUIET_S, CertificateFeed

# The usual authority of cameras: of this package, and of the SDK's web camera example.
USUAL_AUTHORITIES = frozenset({"robot-web-cam"})
# Every handshake transmits the certificate, and clients accept at most some 100 KB of it.
_MAX_CHARACTERS = 8192


class Certificates:
    """A private certificate authority, and a server certificate that follows the directory.

    A name stays in the certificate after its service is unregistered, unless there are too many:
    each new certificate is a small risk, see `CertificateFeed`. Thread-safe.
    """

    def __init__(
        self, authorities: Callable[[], frozenset[str]], *, quiet_s: float = QUIET_S
    ) -> None:
        self._authorities = authorities
        self._quiet_s = quiet_s
        self._ca = trustme.CA()
        self._lock = threading.Lock()
        self._named = USUAL_AUTHORITIES | authorities()
        self._configuration = self._issue()

    def write_ca(self, path: Path) -> None:
        """Write the CA certificate that clients have to trust, in PEM."""
        path.write_bytes(self._ca.cert_pem.bytes())

    def credentials(self) -> grpc.ServerCredentials:
        """Return a server's TLS credentials; each new connection uses the present directory."""
        feed = CertificateFeed(self._current, quiet_s=self._quiet_s)
        return grpc.dynamic_ssl_server_credentials(
            feed.first, feed.next, require_client_authentication=False
        )

    def web_context(self, *hosts: str) -> ssl.SSLContext:
        """Return a TLS context of a web server with these names and addresses."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._ca.issue_cert(*hosts).configure_cert(context)
        return context

    def _current(self) -> grpc.ServerCertificateConfiguration:
        """Return the present certificate; the same object unless a name was added."""
        with self._lock:
            required = self._authorities()
            if not required <= self._named:
                kept = self._named | required
                few = sum(map(len, kept)) <= _MAX_CHARACTERS
                self._named = kept if few else USUAL_AUTHORITIES | required
                self._configuration = self._issue()
            return self._configuration

    def _issue(self) -> grpc.ServerCertificateConfiguration:
        leaf = self._ca.issue_cert(*sorted(self._named))
        chain = b"".join(blob.bytes() for blob in leaf.cert_chain_pems)
        return grpc.ssl_server_certificate_configuration([(leaf.private_key_pem.bytes(), chain)])
