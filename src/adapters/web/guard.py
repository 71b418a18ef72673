"""Guard of all requests: hosts, origins, password and token; headers of all answers."""

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, TypeAlias

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse

from spot_webcam.adapters.web.hosts import KnownHosts
from spot_webcam.adapters.web.password import Password

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

# Sent with each request that changes something; other sites' pages can neither read nor send it.
TOKEN_HEADER = "x-spot-webcam-token"  # noqa: S105 - the name of a header
_SAFE_METHODS = ("GET", "HEAD")
_FOREIGN_SITES = ("cross-site", "same-site")

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


class Guard:
    """An ASGI application that lets requests through to another one, or refuses them."""

    def __init__(
        self, application: Application, hosts: KnownHosts, password: Password | None
    ) -> None:
        self._application = application
        self._hosts = hosts
        self._password = password
        self.token = secrets.token_urlsafe(24)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; `scope` is of HTTP."""

        async def send_guarded(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message.setdefault("headers", []))
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope)
        application: Application = self._application if refusal is None else refusal
        await application(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if "transfer-encoding" in headers and "content-length" in headers:
            # A proxy may take the other one, and its next request from the middle of this one.
            response = _text(400, "a request has Content-Length or Transfer-Encoding, not both")
            response.headers["connection"] = "close"
            return response
        host = headers.get("host", "")
        if not self._hosts.accepts_host(host):
            return _text(421, "unknown host: use the address of this computer, or its name")
        if self._is_foreign(headers, scope["scheme"], host):
            return _text(403, "this request is from a page of another site")
        if self._password is not None and not _is_own_health_check(scope):
            refusal = self._wrong_password(self._password, scope, headers)
            if refusal is not None:
                return refusal
        token = headers.get(TOKEN_HEADER, "").encode()
        if scope["method"] in _SAFE_METHODS or secrets.compare_digest(token, self.token.encode()):
            return None
        return _text(403, f"the header {TOKEN_HEADER} is missing or wrong: see /api/v1/token")

    def _is_foreign(self, headers: Headers, scheme: str, host: str) -> bool:
        if not self._hosts.accepts_origin(headers.get("origin"), scheme, host):
            return True
        from_other_site = headers.get("sec-fetch-site") in _FOREIGN_SITES
        return from_other_site and headers.get("sec-fetch-mode") != "navigate"

    def _wrong_password(
        self, password: Password, scope: Scope, headers: Headers
    ) -> PlainTextResponse | None:
        address = (scope.get("client") or ("",))[0]
        locked_s = password.locked_s(address)
        if locked_s > 0:
            response = _text(429, f"too many wrong passwords: wait for {locked_s:.0f} s")
            response.headers["retry-after"] = str(int(locked_s) + 1)
            return response
        if password.accepts(address, headers.get("authorization")):
            return None
        response = _text(401, "the password is missing or wrong")
        response.headers["www-authenticate"] = 'Basic realm="spot-webcam", charset="UTF-8"'
        return response


def _is_own_health_check(scope: Scope) -> bool:
    """Whether this computer, such as the health check of a container, asks if it is alive."""
    (client, *_), (server, *_) = scope.get("client") or ("",), scope.get("server") or ("",)
    return bool(scope["path"] == "/healthz" and client and client == server)


def _text(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status)
