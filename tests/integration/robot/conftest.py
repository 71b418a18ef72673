import http.client
import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import grpc
import pytest
from bosdyn.api import image_pb2, image_service_pb2_grpc

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.fakes.robot.control.server import ControlServer
from spot_webcam.fakes.robot_access import sdk_robot

GUID = "11111111-2222-3333-4444-555555555555"
SECRET = "secret"
UNLIMITED = [
    ("grpc.so_reuseport", 0),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
]


class TinyImages(image_service_pb2_grpc.ImageServiceServicer):
    """Lists one source; a capture waits for `go`, and may be answered with `answer`."""

    def __init__(self) -> None:
        self.answer: Any = None
        self.go = threading.Event()
        self.entered = threading.Event()
        self.left = threading.Event()
        self.metadata: list[Any] = []

    def ListImageSources(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        del request
        self.metadata = list(context.invocation_metadata())
        response = image_pb2.ListImageSourcesResponse()
        response.header.error.code = response.header.error.CODE_OK
        response.image_sources.add(name="tiny")
        return response

    def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
        if not request.image_requests:
            context.abort(grpc.StatusCode.FAILED_PRECONDITION, "no requests")
        context.add_callback(self.left.set)
        self.entered.set()
        self.go.wait(20)
        if self.answer is not None:
            return self.answer
        response = image_pb2.GetImageResponse()
        response.header.error.code = response.header.error.CODE_OK
        answer = response.image_responses.add(status=image_pb2.ImageResponse.STATUS_OK)
        answer.source.name = request.image_requests[0].image_source_name
        return response


class TinyService:
    """A payload's image service on a port of its own, in plaintext."""

    def __init__(self, port: int = 0) -> None:
        self.images = TinyImages()
        self._workers = ThreadPoolExecutor(4)
        self._server = grpc.server(self._workers, options=UNLIMITED)
        image_service_pb2_grpc.add_ImageServiceServicer_to_server(self.images, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self._server.start()

    def close(self) -> None:
        self.images.go.set()
        self._server.stop(None).wait(10)
        self._workers.shutdown()

    def register(self, robot: Any, name: str = "tiny-images", **options: Any) -> None:
        robot.ensure_client("directory-registration").register(
            name,
            "bosdyn.api.ImageService",
            options.pop("authority", name),
            "127.0.0.1",
            options.pop("port", self.port),
            **options,
        )


@pytest.fixture
def start_tiny_service() -> Iterator[Callable[[int], TinyService]]:
    """Start image services on a given port."""
    with ExitStack() as stack:

        def start(port: int) -> TinyService:
            service = TinyService(port)
            stack.callback(service.close)
            return service

        yield start


@pytest.fixture
def tiny_service(start_tiny_service: Callable[[int], TinyService]) -> TinyService:
    return start_tiny_service(0)


@pytest.fixture
def connect() -> Iterator[Callable[[FakeRobot], Any]]:
    """Give SDK robots that are not logged in."""
    with ExitStack() as stack:
        yield lambda fake: stack.enter_context(sdk_robot(fake))


@pytest.fixture
def as_payload(connect: Callable[[FakeRobot], Any]) -> Callable[..., Any]:
    """Give SDK robots that are logged in as a payload."""

    def log_in(fake: FakeRobot, guid: str = GUID) -> Any:
        fake.register_payload(guid, SECRET)
        robot = connect(fake)
        robot.authenticate_from_payload_credentials(guid, SECRET)
        return robot

    return log_in


class ManualTime:
    """A host clock that the test advances."""

    def __init__(self) -> None:
        self.now_ns = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        return self.now_ns

    def pass_s(self, seconds: float) -> None:
        self.now_ns += round(seconds * 1e9)


@pytest.fixture
def manual_time() -> ManualTime:
    return ManualTime()


@pytest.fixture
def manual_robot(manual_time: ManualTime) -> Iterator[FakeRobot]:
    """A robot on `manual_time`."""
    with FakeRobot(now_ns=manual_time) as robot:
        yield robot


# The control API


@pytest.fixture
def control(fake_robot: FakeRobot, request: pytest.FixtureRequest) -> Iterator[ControlServer]:
    """A server of the control API, with the arguments of an indirect parameter."""
    with ControlServer(fake_robot, **getattr(request, "param", {})) as control:
        yield control


@pytest.fixture
def ask(control: ControlServer) -> Callable[..., tuple[int, Any]]:
    """Send a request; return the status and what the JSON says."""

    def send(method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", control.port, timeout=30)
        try:
            content = body if isinstance(body, (bytes, type(None))) else json.dumps(body).encode()
            names = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, content, names)
            answer = connection.getresponse()
            assert answer.headers["Content-Type"] == "application/json"
            return answer.status, json.load(answer)
        finally:
            connection.close()

    return send


@pytest.fixture
def do(ask: Callable[..., tuple[int, Any]]) -> Callable[..., Any]:
    """Give an order that succeeds."""

    def order(name: str, **fields: Any) -> Any:
        status, reported = ask("POST", f"/v1/{name}", fields)
        assert status == 200, reported
        return reported

    return order
