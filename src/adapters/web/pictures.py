"""Pictures over HTTP: one at a time, and as MJPEG streams that any number of viewers share."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from spot_webcam.adapters.web.broadcast import Broadcast
from spot_webcam.adapters.web.events import as_json
from spot_webcam.adapters.web.guard import Receive, Scope, Send
from spot_webcam.adapters.web.ports import Pictures
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.parameters import Given
from spot_webcam.domain.timing import NANOSECONDS

# Pictures that are waited for at once; each takes a thread.
THREADS = 4
# Wait for a camera, which is less than a client's: a viewer asks again.
FRAME_WAIT_S = 2.0
# Wait for a thread, and for a picture by all bounds of the image service.
PICTURE_S = 12.0
DEFAULT_FPS, MIN_FPS, MAX_FPS = 10.0, 0.1, 60.0
# A stream without a picture for this long ends, so that its readers notice.
SILENT_S = 10.0
# Between attempts, while a source fails.
RETRY_S = 1.0
# Different streams at once, by source, quality and rate.
MAX_STREAMS = 64

_BOUNDARY = b"spot-webcam-picture"
_STREAM_HEADERS = [
    (b"content-type", b"multipart/x-mixed-replace; boundary=" + _BOUNDARY),
    (b"connection", b"close"),
]
_UNSUPPORTED = (
    Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED,
    Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED,
)


class _Stream(NamedTuple):
    name: str
    quality: float
    fps: float


class PictureServer:
    """Answers requests for pictures. Of one event loop; pictures are waited for on threads."""

    def __init__(self, pictures: Pictures) -> None:
        self._pictures = pictures
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http-picture")
        self._streams: dict[_Stream, Broadcast] = {}

    def close(self) -> None:
        """End all streams, and the threads once their pictures are there."""
        for stream in self._streams.values():
            stream.end()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def snapshot(self, request: Request) -> Response:
        """Answer with the newest picture as JPEG, and with its age."""
        try:
            quality = _number(request.query_params, "quality", 0.0, 0.0, 100.0)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        known = request.headers.get("if-none-match")
        return await self._answer(request.path_params["name"], quality, {}, known)

    async def parameters(self, request: Request) -> Response:
        """Answer with the parameters that a source offers."""
        name = request.path_params["name"]
        fields = self._pictures.fields(name)
        if fields is None:
            return PlainTextResponse(f"there is no source {name!r}\n", 404)
        return Response(as_json([asdict(field) for field in fields]), 200, None, "application/json")

    async def capture(self, name: str, parameters: Mapping[str, Given]) -> Response:
        """Answer with a picture that is captured with these parameters."""
        return await self._answer(name, 0.0, parameters, None)

    async def _answer(
        self, name: str, quality: float, parameters: Mapping[str, Given], known: str | None
    ) -> Response:
        try:
            answer = await asyncio.wait_for(self._picture(name, quality, parameters), PICTURE_S)
        except asyncio.TimeoutError:
            return PlainTextResponse("too many pictures are waited for: ask again\n", 503)
        if answer is None:
            return PlainTextResponse(f"there is no source {name!r}\n", 404)
        if answer.capture is None:
            return PlainTextResponse(f"{answer.message}\n", _code(answer.status))
        headers = _headers_of(answer.capture)
        if known == headers["etag"]:
            return Response(status_code=304, headers=headers)
        return Response(bytes(answer.capture.image.data), 200, headers, "image/jpeg")

    async def _picture(
        self, name: str, quality: float, parameters: Mapping[str, Given]
    ) -> Answer | None:
        render = partial(self._pictures.picture, name, quality, parameters, FRAME_WAIT_S)
        return await asyncio.get_running_loop().run_in_executor(self._threads, render)

    async def stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a stream of JPEGs, `multipart/x-mixed-replace`: an ASGI application."""
        request = Request(scope)
        name = request.path_params["name"]
        try:
            quality = _number(request.query_params, "quality", 0.0, 0.0, 100.0)
            fps = _number(request.query_params, "fps", DEFAULT_FPS, MIN_FPS, MAX_FPS)
        except ValueError as error:
            await PlainTextResponse(f"{error}\n", 400)(scope, receive, send)
            return
        key = _Stream(name, quality, fps)
        refusal = await self._refusal(key)
        if refusal is not None or scope["method"] == "HEAD":
            response = refusal or Response(headers={"content-type": _content_type()})
            await response(scope, receive, send)
            return
        stream = self._streams.setdefault(key, Broadcast(partial(self._produce, key)))
        try:
            await stream.serve(receive, send, list(_STREAM_HEADERS))
        finally:
            if not stream.viewers and self._streams.get(key) is stream:
                del self._streams[key]

    async def _refusal(self, key: _Stream) -> Response | None:
        if key in self._streams:
            return None
        if len(self._streams) >= MAX_STREAMS:
            return PlainTextResponse("too many different streams: use the same fps\n", 503)
        response = await self._answer(key.name, key.quality, {}, None)
        # A camera that fails now may be back soon; what cannot be served never is.
        return response if response.status_code in (404, 406) else None

    async def _produce(self, key: _Stream, stream: Broadcast) -> None:
        """Publish each new picture, at most `fps` of them a second."""
        loop = asyncio.get_running_loop()
        last_ns: int | None = None
        began_s = published_s = loop.time()
        while loop.time() - published_s < SILENT_S:
            answer = await self._picture(key.name, key.quality, {})
            capture = None if answer is None else answer.capture
            if capture is not None and capture.acquired_robot_ns != last_ns:
                last_ns = capture.acquired_robot_ns
                stream.publish(_part(capture))
                published_s = loop.time()
            began_s = max(began_s + 1.0 / key.fps, loop.time() - 1.0 / key.fps)
            pause_s = RETRY_S if capture is None else began_s - loop.time()
            await asyncio.sleep(max(0.0, pause_s))


def _content_type() -> str:
    return _STREAM_HEADERS[0][1].decode()


def _part(capture: Capture) -> bytes:
    data = capture.image.data
    head = (
        b"--%b\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\nX-Timestamp: %.6f\r\n\r\n"
        % (_BOUNDARY, len(data), capture.acquired_robot_ns / NANOSECONDS)
    )
    return b"".join((head, data, b"\r\n"))


def _headers_of(capture: Capture) -> dict[str, str]:
    age_ns = max(0, time.time_ns() - capture.acquired_robot_ns)
    return {
        "etag": f'"{capture.acquired_robot_ns}"',
        "x-timestamp": f"{capture.acquired_robot_ns / NANOSECONDS:.6f}",
        "x-age": f"{age_ns / NANOSECONDS:.3f}",
        "x-size": f"{capture.image.cols}x{capture.image.rows}",
    }


def _code(status: Status) -> int:
    if status in _UNSUPPORTED:
        return 406
    return 400 if status is Status.CUSTOM_PARAMS_ERROR else 503


def _number(
    query: Mapping[str, str], name: str, default: float, minimum: float, maximum: float
) -> float:
    text = query.get(name)
    if text is None:
        return default
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not minimum <= value <= maximum:
        raise ValueError(f"{name} is a number from {minimum:g} to {maximum:g}")
    return value
