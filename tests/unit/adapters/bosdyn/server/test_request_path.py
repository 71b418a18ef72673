"""How much code a request for a picture passes through: stack depth, files, lines."""

import ast
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc_testing
from bosdyn.api import image_pb2, image_service_pb2

import spot_webcam
from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock

ROOT = Path(spot_webcam.__file__).resolve().parent
MAX_FRAMES = 12
MAX_FILES, MAX_LINES = 30, 3300
SERVICE = image_service_pb2.DESCRIPTOR.services_by_name["ImageService"]


class DeepCodec:
    """A codec that records the project's frames on the stack above each call."""

    def __init__(self, codec: Any) -> None:
        self._codec = codec
        self.stacks: list[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._codec, name)

    def _note(self) -> None:
        frame, names = inspect.currentframe(), []
        while frame is not None:
            file = Path(frame.f_code.co_filename)
            if file.is_relative_to(ROOT):
                names.append(f"{file.relative_to(ROOT)}:{frame.f_code.co_name}")
            frame = frame.f_back  # type: ignore[assignment]
        self.stacks.append(names[::-1])

    def resize(self, picture: Picture, cols: int, rows: int) -> Picture:
        self._note()
        resized: Picture = self._codec.resize(picture, cols, rows)
        return resized

    def encode_jpeg(self, picture: Picture, quality: int) -> bytes:
        self._note()
        encoded: bytes = self._codec.encode_jpeg(picture, quality)
        return encoded


def test_few_frames_lie_between_get_image_and_the_codec(
    clock: ManualClock,
    deliver: Callable[..., None],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
) -> None:
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
    deliver(source, clock)
    codec = DeepCodec(make_codec())
    service = ImageService([source], clock, robot_clock_at(0), codec)
    servicer = ImageServicer(
        service, clock, ByteBudget(10**6), max_requests=1, budget_timeout_s=0.0, frame_wait_s=0.0
    )

    class Messages:
        def GetImage(self, request: Any, context: Any) -> Any:  # noqa: N802 - the API's name
            return image_pb2.GetImageResponse.FromString(servicer.get_image(request, context))

    server = grpc_testing.server_from_dictionary(
        {SERVICE: Messages()}, grpc_testing.strict_fake_time(0.0)
    )
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name="cam", resize_ratio=0.5)
    method = SERVICE.methods_by_name["GetImage"]
    server.invoke_unary_unary(method, (), request, None).termination()
    assert len(codec.stacks) == 2
    for stack in codec.stacks:
        assert stack[0] == "adapters/bosdyn/server/servicer.py:get_image"
        # And the codec's own.
        assert len(stack) + 1 <= MAX_FRAMES, stack


def _imported(file: Path) -> set[Path]:
    """Return the project files that a file imports by name, but for packages."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spot_webcam."):
            place = ROOT.joinpath(*(node.module or "").split(".")[1:])
            names = [place.with_suffix(".py"), *(place / f"{name.name}.py" for name in node.names)]
            found.update(path for path in names if path.is_file())
    return found


def _closure(*files: str) -> set[Path]:
    known: set[Path] = set()
    waiting = {ROOT / file for file in files}
    while waiting:
        file = waiting.pop()
        known.add(file)
        waiting |= _imported(file) - known
    return known


def test_few_files_and_lines_are_read_for_get_image() -> None:
    # The servicer names a protocol for its use case: a reader needs both.
    files = ("adapters/bosdyn/server/servicer.py", "app/serving/image_service.py")
    lines = {file: len(file.read_text().splitlines()) for file in _closure(*files)}
    named = {str(file.relative_to(ROOT)): count for file, count in sorted(lines.items())}
    assert len(lines) <= MAX_FILES, named
    assert sum(lines.values()) <= MAX_LINES, (sum(lines.values()), named)


def test_servicer_needs_no_use_case() -> None:
    servicer = _closure("adapters/bosdyn/server/servicer.py")
    assert not any("app" in file.relative_to(ROOT).parts for file in servicer)
