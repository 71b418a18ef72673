"""Client of a daemon's page: its state, by `/api/v1/status`."""

import hashlib
import ipaddress
import json
import re
import ssl
from pathlib import Path
from typing import Any

import urllib3
from urllib3.util import make_headers

from spot_webcam.app.web import WebOptions
from spot_webcam.domain.sources.address import DeviceAddress

PATH = "/api/v1/status"
TIMEOUT_S = 5.0
# Far more than the state of hundreds of sources.
MAX_BYTES = 16 * 1024 * 1024
_USER = "spot-webcam"
# OpenSSL's reason where what answers speaks no TLS.
_NO_TLS = "WRONG_VERSION_NUMBER"
_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class PageUnavailable(Exception):
    """There is no answer now; the text is one line."""


class PageRefused(Exception):
    """There will never be an answer; the text says what to change."""


class PageClient:
    """Asks a page for the state of its daemon."""

    def __init__(
        self,
        url: str,
        password: str | None = None,
        ca_file: str | None = None,
        certificate: Path | None = None,
    ) -> None:
        """`ca_file` has authorities to trust; or `certificate` is the page's own, whatever it says.

        Raises:
            PageRefused: the certificate cannot be read.
        """
        self._url = url.rstrip("/") + PATH
        self._shown = str(DeviceAddress(self._url))
        self._headers = {} if password is None else make_headers(basic_auth=f"{_USER}:{password}")
        trust: dict[str, Any] = {"ca_certs": ca_file}
        if certificate is not None and ca_file is None:
            trust = {"cert_reqs": "CERT_NONE", "assert_fingerprint": _fingerprint(certificate)}
        self._pool = urllib3.PoolManager(retries=False, timeout=TIMEOUT_S, **trust)

    def state(self) -> Any:
        """Return the state as JSON is parsed.

        Raises:
            PageUnavailable, PageRefused: there is none.
        """
        try:
            answer = self._pool.request(
                "GET", self._url, headers=self._headers, preload_content=False
            )
            try:
                data = answer.read(MAX_BYTES)
            finally:
                answer.release_conn()
        except urllib3.exceptions.SSLError as error:
            if _NO_TLS in str(error):
                raise PageRefused(f"no https at {self._shown}: is it http://?") from error
            raise PageRefused(
                f"no trust in the certificate of {self._shown}: give it with --http-ca"
            ) from error
        except urllib3.exceptions.LocationValueError as error:
            raise PageRefused(f"invalid address {self._shown}") from error
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise PageUnavailable(
                f"no answer from {self._shown}: does serve run there, with --http?"
            ) from error
        if answer.status in (401, 403):
            raise PageRefused("the password is missing or wrong: give --http-password-file")
        if answer.status != 200:
            text = " ".join(data[:200].decode("utf-8", "replace").split())
            raise PageUnavailable(f"{self._shown} answers {answer.status}: {text}")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise self.stranger() from error

    def stranger(self) -> PageRefused:
        """Return the error of a page that is no daemon's."""
        return PageRefused(f"what answers at {self._shown} is no spot-webcam")

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()


def page_of(http: WebOptions, ca_file: str | None = None) -> PageClient:
    """Return the client of a daemon on this computer that has these options.

    Raises:
        PageRefused: its certificate cannot be read.
    """
    scheme = "http" if http.certificate is None else "https"
    certificate = None if http.certificate is None else Path(http.certificate)
    url = f"{scheme}://{_reached(http.host)}:{http.port}"
    return PageClient(url, http.password, ca_file, certificate)


def _reached(host: str) -> str:
    """Return how this computer reaches a host that is listened on, as URLs have it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"


def _fingerprint(certificate: Path) -> str:
    try:
        [pem, *_] = _CERTIFICATE.findall(certificate.read_text("ascii"))
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it has no certificate in PEM"
        raise PageRefused(f"cannot read the certificate {certificate}: {reason}") from error
