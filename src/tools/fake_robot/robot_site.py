"""The page of a fake robot: state, payloads, services, faults, pictures, and orders."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from typing import Any

import grpc
from bosdyn.api import image_pb2, image_service_pb2_grpc
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router

from spot_webcam.adapters.web.body import json_object
from spot_webcam.adapters.web.guard import Application
from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.commands import (
    COMMANDS,
    QUERIES,
    CommandFailed,
    InvalidCommand,
    execute,
    query,
)

IMAGE_SERVICE = "bosdyn.api.ImageService"
# Orders, such as a reboot, and calls to image services wait for others; each takes a thread.
THREADS = 4
CALL_TIMEOUT_S = 2.0
MAX_BODY_BYTES = 4096

_HERE, _DAEMON = "spot_webcam.tools.fake_robot", "spot_webcam.adapters.web"
_PAGE = {
    "/": (_HERE, "robot.html", "text/html"),
    "/robot.js": (_HERE, "robot.js", "text/javascript"),
    "/page.css": (_DAEMON, "page.css", "text/css"),
    "/icon.svg": (_DAEMON, "icon.svg", "image/svg+xml"),
}


class RobotSite:
    """A `Site` for a fake robot."""

    def __init__(self, robot: FakeRobot) -> None:
        self._robot = robot
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="http-robot")

    def routes(self, token: Callable[[], str]) -> Application:
        """Return the page, the robot's state, and its orders."""

        async def token_now(_: Request) -> Response:
            return JSONResponse({"token": token()})

        return Router(
            [
                *(Route(path, _static(*file)) for path, file in _PAGE.items()),
                Route("/api/v1/token", token_now),
                Route("/api/v1/robot", self._state),
                Route("/api/v1/pictures/{service}/{source:path}.jpg", self._picture),
                Route("/api/v1/orders/{name}", self._order, methods=["POST"]),
            ]
        )

    def close(self) -> None:
        """End the threads once their calls have ended."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def _state(self, _: Request) -> Response:
        return JSONResponse(await self._run(self._view))

    def _view(self) -> dict[str, Any]:
        state = {name: query(self._robot, name, {}) for name in QUERIES}
        state["sources"] = {
            service.name: _source_names(service.endpoint)
            for service in self._robot.services()
            if service.type == IMAGE_SERVICE
        }
        return state

    async def _picture(self, request: Request) -> Response:
        names = request.path_params
        endpoint = next(
            (one.endpoint for one in self._robot.services() if one.name == names["service"]), None
        )
        if endpoint is None:
            return PlainTextResponse("there is no such service\n", 404)
        try:
            answer = await self._run(partial(_image, endpoint, names["source"]))
        except grpc.RpcError as error:
            return PlainTextResponse(f"the service does not answer: {error.code().name}\n", 503)
        [image] = answer.image_responses
        if image.status != image_pb2.ImageResponse.STATUS_OK:
            return PlainTextResponse(f"{answer.header.error.message}\n", 503)
        return Response(image.shot.image.data, media_type="image/jpeg")

    async def _order(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in COMMANDS:
            return PlainTextResponse(f"there is no order {name!r}\n", 404)
        try:
            fields = await json_object(request, "fields of an order", MAX_BODY_BYTES)
        except ValueError as error:
            return PlainTextResponse(f"{error}\n", 400)
        try:
            state = await self._run(partial(execute, self._robot, name, fields))
        except InvalidCommand as error:
            return PlainTextResponse(f"{error}\n", 400)
        except CommandFailed as error:
            return PlainTextResponse(f"{error}\n", 409)
        return JSONResponse(state)


def _static(package: str, name: str, kind: str) -> Callable[[Request], Any]:
    data = files(package).joinpath("page").joinpath(name).read_bytes()

    async def file(_: Request) -> Response:
        return Response(data, media_type=kind)

    return file


def _source_names(endpoint: str) -> list[str]:
    """Return the sources of an image service, none if it does not answer."""
    with grpc.insecure_channel(endpoint) as channel:
        stub = image_service_pb2_grpc.ImageServiceStub(channel)
        try:
            listed = stub.ListImageSources(
                image_pb2.ListImageSourcesRequest(), timeout=CALL_TIMEOUT_S
            )
        except grpc.RpcError:
            return []
    return [source.name for source in listed.image_sources]


def _image(endpoint: str, source: str) -> image_pb2.GetImageResponse:
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name=source, image_format=image_pb2.Image.FORMAT_JPEG)
    with grpc.insecure_channel(endpoint) as channel:
        stub = image_service_pb2_grpc.ImageServiceStub(channel)
        return stub.GetImage(request, timeout=CALL_TIMEOUT_S)
