"""HTTP client of one camera: redirects, authentication, TLS, and errors with their remedies."""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from urllib.parse import urljoin

from urllib3 import BaseHTTPResponse, HTTPConnectionPool
from urllib3.exceptions import LocationParseError, ProtocolError
from urllib3.util import Timeout, Url, parse_url

from spot_webcam.adapters.http_camera.connector import (
    CONNECT_TIMEOUT_S,
    Connector,
    HttpPool,
    HttpsPool,
    Interrupted,
    plain_host,
)
from spot_webcam.adapters.http_camera.content import VideoInstead
from spot_webcam.adapters.http_camera.errors import Phase, refused, translated, unauthorized
from spot_webcam.adapters.http_camera.trust import Trust, presented_fingerprint
from spot_webcam.domain.errors import CameraError, CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.authentication import (
    Authenticator,
    Credentials,
    parse_challenges,
)

MAX_REDIRECTS = 5
# A request, its answer to a challenge, and one to the challenge of a new nonce.
MAX_ATTEMPTS = 3
READ_BYTES = 64 * 1024
# Of the page that comes with an error or a redirect: reading it keeps the connection. The page of
# some cameras has a wrong length or none, and no end.
MAX_DISCARDED_READS = 16
MAX_DISCARD_S = 0.3

_OK, _NOT_MODIFIED, _UNAUTHORIZED = 200, 304, 401
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PORTS = {"http": 80, "https": 443}
_HEADERS = {"User-Agent": "spot-webcam", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: Url) -> "_Origin":
        scheme = url.scheme or ""
        return cls(scheme, url.host or "", url.port or _PORTS[scheme])

    def may_have_credentials_of(self, other: "_Origin") -> bool:
        """Report whether this is the other origin, or the same host's usual port of TLS."""
        upgraded = _Origin("https", other.host, 443)
        is_usual = (other.scheme, other.port) == ("http", 80)
        return self == other or (is_usual and self == upgraded)


class HttpClient:
    """Requests of one address, with connections that are kept. Used by one thread."""

    def __init__(self, address: DeviceAddress, trust: Trust, connector: Connector) -> None:
        """Parse the address; `shown` is the text of it without credentials.

        Raises:
            CameraMisconfigured: it is no URL of HTTP.
        """
        self.shown = str(address)
        self._address = address
        self._trust = trust
        self._connector = connector
        written, userinfo = address.split_userinfo()
        # No camera has fragments: a # is one of a password in the query.
        self._url = self._parse(_NO_ESCAPE.sub("%25", written).replace("#", "%23"))
        self._origin = _Origin.of(self._url)
        self._has_credentials = bool(userinfo)
        self._authenticator = Authenticator(Credentials.parse(userinfo))
        self._pools: dict[_Origin, HTTPConnectionPool] = {}
        # The last answer: an endless one holds a connection that is in no pool.
        self._response: BaseHTTPResponse | None = None

    def _parse(self, text: str) -> Url:
        try:
            url = parse_url(text)
        except LocationParseError as error:
            raise CameraMisconfigured(f"invalid address {self.shown}") from error
        if url.scheme not in _PORTS or not url.host:
            raise CameraMisconfigured(
                f"invalid address {self.shown}: expected http://HOST/PATH or https://HOST/PATH"
            )
        return url

    def get(self, timeout_s: float, conditions: Mapping[str, str]) -> BaseHTTPResponse:
        """Return the answer of status 200, or 304 to conditions, whose body is not read yet.

        Follows redirects and answers challenges; user and password are sent to their own host only.

        Raises:
            CameraError: there is no such answer within the time.
        """
        self._connector.limit(timeout_s)
        url = self._url
        for _ in range(MAX_REDIRECTS + 1):
            response = self._authenticated(url, conditions)
            if response.status == _OK or (conditions and response.status == _NOT_MODIFIED):
                return response
            location = response.headers.get("Location")
            self.discard(response)
            if response.status not in _REDIRECTS or not location:
                raise refused(self._shown_at(url), response.status)
            url = self._redirected(url, location)
        raise CameraMisconfigured(
            f"{self.shown} redirects more than {MAX_REDIRECTS} times: look up its address"
        )

    def _redirected(self, url: Url, location: str) -> Url:
        try:
            target = self._parse(urljoin(url.url, location))._replace(auth=None)
        except (ValueError, CameraMisconfigured) as error:
            raise CameraMisconfigured(
                f"{self.shown} redirects to what is no address of HTTP: look up its address"
            ) from error
        if (url.scheme, target.scheme) == ("https", "http"):
            raise CameraMisconfigured(
                f"{self.shown} redirects to an address without TLS: write that address, if it is"
                " trusted"
            )
        return target

    def _authenticated(self, url: Url, conditions: Mapping[str, str]) -> BaseHTTPResponse:
        target = url.request_uri
        is_own = _Origin.of(url).may_have_credentials_of(self._origin)
        sends_credentials = self._has_credentials and is_own
        offered = ""
        for attempt in range(MAX_ATTEMPTS):
            headers = {**_HEADERS, **conditions}
            answer = self._authenticator.authorization("GET", target) if sends_credentials else None
            if answer is not None:
                headers["Authorization"] = answer
            response = self._send(url, headers)
            if response.status != _UNAUTHORIZED:
                return response
            values = response.headers.getlist("WWW-Authenticate")
            self.discard(response)
            if not sends_credentials:
                break
            # Some cameras demand a password and do not say how.
            challenges = parse_challenges(values or ['Basic realm=""'])
            if not self._authenticator.accept(challenges):
                offered = ", ".join(sorted({one.scheme for one in challenges}))
                break
            if attempt > 0 and answer is not None and not self._authenticator.is_stale:
                break
        self._authenticator.accept([])
        raise unauthorized(
            self.shown,
            has_credentials=sends_credentials,
            offered=offered,
            elsewhere="" if is_own else _shown_origin(url),
        )

    def _shown_at(self, url: Url) -> str:
        """Return the text of the address, and of where it redirects to."""
        if _Origin.of(url) == self._origin:
            return self.shown
        return f"{self.shown} redirected to {_shown_origin(url)}"

    def _send(self, url: Url, headers: Mapping[str, str]) -> BaseHTTPResponse:
        """Send a request; again on a new connection, if the camera has ended the one it had."""
        connections = self._connector.connections
        with self._translated(url, Phase.ANSWER):
            try:
                self._response = self._request(url, headers)
            except ProtocolError:
                if self._connector.connections > connections:
                    raise
                self._response = self._request(url, headers)
        return self._response

    def _request(self, url: Url, headers: Mapping[str, str]) -> BaseHTTPResponse:
        return self._pool(_Origin.of(url)).urlopen(
            "GET",
            url.request_uri,
            headers=headers,
            timeout=Timeout(connect=CONNECT_TIMEOUT_S, read=self._connector.remaining_s()),
            retries=False,
            redirect=False,
            preload_content=False,
            assert_same_host=False,
        )

    def _pool(self, origin: _Origin) -> HTTPConnectionPool:
        pool = self._pools.get(origin)
        if pool is None:
            if origin.scheme == "http":
                pool = HttpPool(origin.host, origin.port, maxsize=1, connector=self._connector)
            else:
                pool = HttpsPool(
                    origin.host,
                    origin.port,
                    maxsize=1,
                    connector=self._connector,
                    ssl_context=self._trust.context(),
                    assert_fingerprint=self._trust.fingerprint or None,
                )
            self._pools[origin] = pool
        return pool

    def _untrusted(self, url: Url, reason: str) -> CameraError:
        origin = _Origin.of(url)
        shown = self._shown_at(url)
        fingerprint = presented_fingerprint(plain_host(origin.host), origin.port)
        if self._trust.fingerprint:
            return CameraMisconfigured(
                f"the certificate of {shown} is not the one that is trusted, but"
                f" {fingerprint}: if the camera was not reset, somebody else answers in its place"
            )
        return CameraMisconfigured(
            f"the certificate of {shown} is not trusted ({reason}): if it is the camera's"
            f" own, add --trust-certificate NAME={fingerprint or 'sha256:FINGERPRINT'}"
        )

    def limit(self, timeout_s: float) -> None:
        """Let all waits from now on end after this time, together."""
        self._connector.limit(timeout_s)

    def read(self, response: BaseHTTPResponse, phase: Phase) -> bytes:
        """Return the next bytes of an answer as soon as there are some; empty at its end.

        Raises:
            CameraError: there are none until the deadline.
        """
        with self._translated(self._url, phase):
            # What was compressed may come without a wait.
            self._connector.remaining_s()
            data = response.read1(READ_BYTES)
            if not data and self._connector.interrupted:
                raise Interrupted
            return data

    def _translated(self, url: Url, phase: Phase) -> AbstractContextManager[None]:
        return translated(
            self._shown_at(url), self._connector, phase, lambda reason: self._untrusted(url, reason)
        )

    def discard(self, response: BaseHTTPResponse) -> None:
        """Read the rest of an answer if it is short, so that its connection can be used again."""
        with suppress(CameraError), self._connector.sooner(MAX_DISCARD_S):
            for _ in range(MAX_DISCARDED_READS):
                if not self.read(response, Phase.ANSWER):
                    return
        response.close()

    def video(self, media_type: str, *, is_recording: bool) -> CameraError:
        """Return the error of an address that sends video.

        FFmpeg checks no certificates, and so gets no address with TLS.
        """
        if self._url.scheme == "https":
            return CameraMisconfigured(
                f"{self.shown} sends {media_type or 'video'}, and OpenCV reads video without a"
                " check of certificates: write http://, or opencv:https://... to do without"
            )
        return VideoInstead(
            f"{self.shown} sends {media_type or 'video'}",
            self._address.escape_userinfo(),
            is_recording=is_recording,
        )

    def close(self) -> None:
        """Close all connections."""
        if self._response is not None:
            self._response.close()
            self._response = None
        for pool in self._pools.values():
            pool.close()
        self._pools.clear()
        self._connector.close()


def _shown_origin(url: Url) -> str:
    return str(DeviceAddress(f"{url.scheme}://{url.netloc}"))
