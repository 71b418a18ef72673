"""The routes of the HTTP server."""

import asyncio
from collections.abc import Awaitable, Callable
from importlib.resources import files
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, Router

from spot_webcam.adapters.web.body import json_object
from spot_webcam.adapters.web.events import EventServer, as_json
from spot_webcam.adapters.web.guard import Receive, Scope, Send
from spot_webcam.adapters.web.metrics import CONTENT_TYPE, exposition
from spot_webcam.adapters.web.openapi import openapi
from spot_webcam.adapters.web.pictures import MAX_FPS, MIN_FPS, PictureServer
from spot_webcam.adapters.web.ports import Status
from spot_webcam.domain.sources.parameters import Given

# Of the parameters of a capture, as JSON.
MAX_BODY_BYTES = 64 * 1024

_PAGE = {
    "/": ("page.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

_Endpoint = Callable[[Request], Awaitable[Response]]
_Stream = Callable[[Scope, Receive, Send], Awaitable[None]]


class _Streaming:
    """An ASGI application as an endpoint; Starlette takes functions for endpoints of requests."""

    def __init__(self, stream: _Stream) -> None:
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._stream(scope, receive, send)


def application(
    status: Status,
    pictures: PictureServer,
    events: EventServer,
    token: Callable[[], str],
    version: str,
) -> Router:
    """Return the application; `token` returns what requests that change something send."""

    async def status_now(_: Request) -> Response:
        return _json(await asyncio.to_thread(status.status))

    async def sources(_: Request) -> Response:
        return _json((await asyncio.to_thread(status.status))["sources"])

    async def api(_: Request) -> Response:
        return _json(openapi(status.schema(), (MIN_FPS, MAX_FPS), version))

    async def token_now(_: Request) -> Response:
        return _json({"token": token()})

    async def metrics(_: Request) -> Response:
        text = await asyncio.to_thread(exposition, status.metrics)
        return Response(text, media_type=CONTENT_TYPE)

    async def alive(_: Request) -> Response:
        return _reasons(await asyncio.to_thread(status.not_alive))

    async def ready(_: Request) -> Response:
        return _reasons(await asyncio.to_thread(status.not_ready))

    async def capture(request: Request) -> Response:
        try:
            parameters = await _parameters(request)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        return await pictures.capture(request.path_params["name"], parameters)

    source = "/api/v1/sources/{name:path}"
    return Router(
        [
            *(Route(path, _static(*file)) for path, file in _PAGE.items()),
            Route("/api/v1/status", status_now),
            Route("/api/v1/sources", sources),
            Route(f"{source}/snapshot.jpg", pictures.snapshot),
            Route(f"{source}/stream.mjpg", _Streaming(pictures.stream)),
            Route(f"{source}/parameters", pictures.parameters),
            Route(f"{source}/capture", capture, methods=["POST"]),
            Route("/api/v1/events", _Streaming(events.events)),
            Route("/api/v1/token", token_now),
            Route("/api/v1/openapi.json", api),
            Route("/metrics", metrics),
            Route("/healthz", alive),
            Route("/readyz", ready),
        ]
    )


def _static(name: str, kind: str) -> _Endpoint:
    data = files("spot_webcam.adapters.web").joinpath("page").joinpath(name).read_bytes()

    async def file(_: Request) -> Response:
        return Response(data, media_type=kind)

    return file


def _json(value: Any) -> Response:
    return Response(as_json(value), media_type="application/json")


def _reasons(reasons: list[str]) -> Response:
    if not reasons:
        return PlainTextResponse("ok\n")
    return PlainTextResponse("".join(f"{reason}\n" for reason in reasons), 503)


async def _parameters(request: Request) -> dict[str, Given]:
    given = await json_object(request, "parameters", MAX_BODY_BYTES)
    if not all(isinstance(value, int | float | bool | str) for value in given.values()):
        raise ValueError("the parameters are a JSON object of numbers, strings and booleans")
    return given
