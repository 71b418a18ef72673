"""Check of a camera's TLS certificate: by the system's authorities, or by one that is its own."""

import hashlib
import re
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from spot_webcam.adapters.http_camera.connector import CONNECT_TIMEOUT_S, BoundedTlsSocket
from spot_webcam.domain.errors import CameraMisconfigured

_FINGERPRINT = re.compile(r"(?:sha256:)?((?:[0-9a-f]{2}:?){31}[0-9a-f]{2})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trust:
    """Which certificate a camera may have.

    `fingerprint` is the SHA-256 of the one certificate that is trusted, whatever it says;
    `ca_file` has the PEM certificates that are trusted instead of the system's authorities.
    """

    fingerprint: str = ""
    ca_file: str = ""

    @classmethod
    def parse(cls, text: str) -> "Trust":
        """Return the trust in a fingerprint, `[sha256:]HEX`, in a file, or if empty in neither.

        Raises:
            CameraMisconfigured: it is none, or the file holds no certificate.
        """
        found = _FINGERPRINT.fullmatch(text)
        if found or not text:
            return cls(fingerprint=found[1].replace(":", "").lower() if found else "")
        try:
            if not Path(text).is_file():
                raise CameraMisconfigured(
                    f"invalid certificate {text!r}: expected sha256:FINGERPRINT, or a PEM file"
                )
            ssl.create_default_context(cafile=text)
        except (OSError, ValueError) as error:  # SSLError is an OSError
            raise CameraMisconfigured(f"{text!r} holds no readable PEM certificate") from error
        return cls(ca_file=text)

    def context(self) -> ssl.SSLContext:
        """Return a context that checks certificates; of a fingerprint, the caller checks it."""
        context = ssl.create_default_context(cafile=self.ca_file or None)
        if self.fingerprint:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        context.sslsocket_class = BoundedTlsSocket
        return context


def presented_fingerprint(host: str, port: int) -> str:
    """Return the SHA-256 of a server's certificate, as `sha256:HEX`; empty if it shows none.

    Nothing is sent to the server. Blocks for twice the time to connect at most.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with suppress(OSError), socket.create_connection((host, port), CONNECT_TIMEOUT_S) as plain:
        with context.wrap_socket(plain, server_hostname=host) as secure:
            certificate = secure.getpeercert(binary_form=True)
        if certificate is not None:
            return f"sha256:{hashlib.sha256(certificate).hexdigest()}"
    return ""
