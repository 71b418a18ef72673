"""Image services with one thing wrong each, for the fake robot."""

# ruff: noqa: ARG002, N802 - the signatures are gRPC's, and the base class's

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import cv2
import grpc
import numpy as np
from bosdyn.api import header_pb2, image_pb2, image_service_pb2_grpc, service_fault_pb2
from bosdyn.client.directory_registration import DirectoryRegistrationClient
from bosdyn.client.fault import FaultClient, ServiceFaultAlreadyExistsError
from bosdyn.client.image import ImageClient
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.fakes.robot import FakeRobot

Image = image_pb2.Image
Response = image_pb2.ImageResponse
SERVICE_NAME = "under-test"
SOURCE = "front"
COLS, ROWS = 64, 48
FORMATS = (Image.FORMAT_JPEG, Image.FORMAT_RAW)
PIXEL_FORMATS = (Image.PIXEL_FORMAT_RGB_U8, Image.PIXEL_FORMAT_GREYSCALE_U8)


def scene(number: int) -> Any:
    """Return BGR pixels, red to the left and blue to the right, with a line that moves."""
    pixels = np.zeros((ROWS, COLS, 3), np.uint8)
    pixels[:, : COLS // 2, 2] = 200
    pixels[:, COLS // 2 :, 0] = 150
    pixels[number % ROWS] = 255
    return pixels


@dataclass
class SmallService(image_service_pb2_grpc.ImageServiceServicer):
    """All as it should be, in as few lines as that takes; subclasses do one thing wrong."""

    robot: FakeRobot
    faults: FaultClient
    released: threading.Event = field(default_factory=threading.Event)

    def source(self) -> Any:
        return image_pb2.ImageSource(
            name=SOURCE,
            cols=COLS,
            rows=ROWS,
            image_type=image_pb2.ImageSource.IMAGE_TYPE_VISUAL,
            image_formats=FORMATS,
            pixel_formats=PIXEL_FORMATS,
        )

    def number(self) -> int:
        """Return the number of the frame of this moment."""
        return self.robot.now_ns() // 20_000_000

    def time_ns(self, number: int) -> int:
        """Return the acquisition time of a frame."""
        return number * 20_000_000

    def header(self, request: Any) -> Any:
        now = Timestamp()
        now.GetCurrentTime()
        return header_pb2.ResponseHeader(
            request_header=request.header,
            request_received_timestamp=now,
            response_timestamp=now,
            error=header_pb2.CommonError(code=header_pb2.CommonError.CODE_OK),
        )

    def ListImageSources(self, request: Any, context: Any) -> Any:
        return image_pb2.ListImageSourcesResponse(
            header=self.header(request), image_sources=[self.source()]
        )

    def GetImage(self, request: Any, context: Any) -> Any:
        number = self.number()
        return image_pb2.GetImageResponse(
            header=self.header(request),
            image_responses=[self.answer(asked, number) for asked in request.image_requests],
        )

    def refusal(self, request: Any) -> int | None:
        if request.image_source_name != SOURCE:
            return Response.STATUS_UNKNOWN_CAMERA
        if not 0 <= request.resize_ratio <= 1:
            return Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED
        if request.image_format not in (0, *FORMATS):
            return Response.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
        if not self.pixel_format(request):
            return Response.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED
        return None

    def pixel_format(self, request: Any) -> int:
        wanted = [request.pixel_format or PIXEL_FORMATS[0], *request.fallback_formats]
        return next((number for number in wanted if number in PIXEL_FORMATS), 0)

    def answer(self, request: Any, number: int) -> Any:
        status = self.refusal(request)
        if status is not None:
            return Response(status=status)
        answer = Response(status=Response.STATUS_OK, source=self.source())
        answer.shot.acquisition_time.FromNanoseconds(self.time_ns(number))
        image = answer.shot.image
        image.format = request.image_format or FORMATS[0]
        image.pixel_format = self.pixel_format(request)
        self.fill(image, request, self.resized(self.scene(number), request))
        return answer

    def scene(self, number: int) -> Any:
        return scene(number)

    def resized(self, pixels: Any, request: Any) -> Any:
        ratio = request.resize_ratio or 1
        size = (max(1, round(COLS * ratio)), max(1, round(ROWS * ratio)))
        return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)

    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        image.rows, image.cols = pixels.shape[:2]
        if image.pixel_format == Image.PIXEL_FORMAT_GREYSCALE_U8:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
        if image.format == Image.FORMAT_RAW:
            image.data = self.raw(pixels)
            return
        quality = request.quality_percent
        percent = int(min(100, quality)) if quality > 0 else 75
        image.data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, percent])[1].tobytes()

    def raw(self, pixels: Any) -> bytes:
        if pixels.ndim == 3:
            pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)
        return bytes(pixels.tobytes())


class SwappedColours(SmallService):
    def raw(self, pixels: Any) -> bytes:
        return bytes(pixels.tobytes())


class TurnedByExif(SmallService):
    """Passes a camera's JPEG on with its orientation, which other formats and sizes ignore."""

    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        super().fill(image, request, pixels)
        if image.format == Image.FORMAT_JPEG and pixels.shape[:2] == (ROWS, COLS):
            entry = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0"
            tiff = b"MM\0\x2a\0\0\0\x08\0\x01" + entry + bytes(4)
            exif = b"\xff\xe1\0\x22Exif\0\0" + tiff
            image.data = image.data[:2] + exif + image.data[2:]


class FullSizeReported(SmallService):
    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        super().fill(image, request, pixels)
        image.rows, image.cols = ROWS, COLS


class NeverResizes(SmallService):
    def resized(self, pixels: Any, request: Any) -> Any:
        return pixels


class FaultOnBadRequest(SmallService):
    def refusal(self, request: Any) -> int | None:
        status = super().refusal(request)
        if status == Response.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED:
            trigger_fault(self.faults)
        return status


class RaisesOnBadRequest(SmallService):
    def refusal(self, request: Any) -> int | None:
        status = super().refusal(request)
        if status == Response.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED:
            raise ValueError("what format is this?")
        return status


class OneBadDamagesAll(SmallService):
    def GetImage(self, request: Any, context: Any) -> Any:
        response = super().GetImage(request, context)
        answers = response.image_responses
        bad = [answer.status for answer in answers if answer.status != Response.STATUS_OK]
        for answer in answers if bad else ():
            answer.CopyFrom(Response(status=bad[0]))
        return response


class Hangs(SmallService):
    def GetImage(self, request: Any, context: Any) -> Any:
        self.released.wait(60)
        return super().GetImage(request, context)


class NeverChanges(SmallService):
    """New times on the same picture."""

    def scene(self, number: int) -> Any:
        return scene(0)


class Stalled(SmallService):
    def number(self) -> int:
        return super().number() - 50 * 8


class LocalTime(SmallService):
    def time_ns(self, number: int) -> int:
        return time.time_ns()


class BackInTime(SmallService):
    def time_ns(self, number: int) -> int:
        return super().time_ns(number) - (400_000_000 if number % 2 else 0)


class IgnoresFallbacks(SmallService):
    def pixel_format(self, request: Any) -> int:
        wanted: int = request.pixel_format or PIXEL_FORMATS[0]
        return wanted if wanted in PIXEL_FORMATS else 0


class NoFormatsFilledIn(SmallService):
    def fill(self, image: Any, request: Any, pixels: Any) -> None:
        super().fill(image, request, pixels)
        image.format = request.image_format


class WrongOrder(SmallService):
    def GetImage(self, request: Any, context: Any) -> Any:
        response = super().GetImage(request, context)
        answers = list(response.image_responses)
        del response.image_responses[:]
        response.image_responses.extend(reversed(answers))
        return response


class Dies(SmallService):
    """Answers the first calls, and none after."""

    answered = 0

    def GetImage(self, request: Any, context: Any) -> Any:
        self.answered += 1
        if self.answered > 5:
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")
        return super().GetImage(request, context)


class StuckAfterARush(SmallService):
    """Answers nobody any more once half a dozen calls were under way."""

    def __init__(self, robot: FakeRobot, faults: FaultClient) -> None:
        super().__init__(robot, faults)
        self._lock = threading.Lock()
        self._under_way = 0
        self._stuck = False

    def GetImage(self, request: Any, context: Any) -> Any:
        with self._lock:
            self._under_way += 1
            self._stuck = self._stuck or self._under_way > 6
        time.sleep(0.06)
        with self._lock:
            self._under_way -= 1
        if self._stuck:
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no thread is left")
        return super().GetImage(request, context)


class NoSources(SmallService):
    def ListImageSources(self, request: Any, context: Any) -> Any:
        return image_pb2.ListImageSourcesResponse(header=self.header(request))


def trigger_fault(client: FaultClient) -> None:
    fault = service_fault_pb2.ServiceFault()
    fault.fault_id.fault_name = "Decoding failed"
    fault.fault_id.service_name = SERVICE_NAME
    fault.severity = service_fault_pb2.ServiceFault.SEVERITY_WARN
    with suppress(ServiceFaultAlreadyExistsError):
        client.trigger_service_fault(fault)


@contextmanager
def served(
    fake: FakeRobot, sdk_robot: Any, make: Callable[[FakeRobot, FaultClient], SmallService]
) -> Iterator[SmallService]:
    """Serve and register a service; `sdk_robot` is logged in."""
    faults = sdk_robot.ensure_client(FaultClient.default_service_name)
    servicer = make(fake, faults)
    pool = futures.ThreadPoolExecutor(16)
    server = grpc.server(pool)
    image_service_pb2_grpc.add_ImageServiceServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        register(sdk_robot, port)
        yield servicer
    finally:
        servicer.released.set()
        server.stop(None).wait()
        pool.shutdown()


def register(sdk_robot: Any, port: int) -> None:
    """Register a service at a port of this computer."""
    directory = sdk_robot.ensure_client(DirectoryRegistrationClient.default_service_name)
    directory.register(
        SERVICE_NAME,
        ImageClient.service_type,
        "under-test.local",
        "127.0.0.1",
        port,
        user_token_required=True,
        liveness_timeout_secs=120,
    )
