"""The SDK's image service helper, or what stands in for it, with a camera that does all right."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2
from bosdyn.api import image_pb2
from bosdyn.client.image import (
    UnsupportedImageFormatRequestedError,
    UnsupportedPixelFormatRequestedError,
)
from bosdyn.client.image_service_helpers import CameraInterface, convert_RGB_to_grayscale

from tests.integration.check.services import (
    COLS,
    PIXEL_FORMATS,
    ROWS,
    SERVICE_NAME,
    SOURCE,
    register,
    scene,
)
from tests.sdk_runner import image_service_runner

Image = image_pb2.Image
FRAME_S = 0.02
JOIN_S = 5.0
MAX_STALL_S = 60.0


class GoodCamera(CameraInterface):  # type: ignore[misc]
    """Delivers BGR, hands out RGB, resizes, and refuses the formats that it does not know."""

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()
        self._captures = 0
        self._has_delivered = threading.Event()
        self._stalled = threading.Event()

    def stall(self) -> None:
        """Deliver nothing any more, once the helper has a picture."""
        assert self._has_delivered.wait(MAX_STALL_S)
        self._stalled.set()

    def blocking_capture(self) -> tuple[Any, float]:
        with self.capture_lock:
            time.sleep(FRAME_S)
            self._captures += 1
            if self._captures > 1:
                self._has_delivered.set()
            if self._stalled.is_set():
                self.released.wait(MAX_STALL_S)
            now_s = time.time()
            return scene(int(now_s / FRAME_S)), now_s

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        image_proto.pixel_format = image_req.pixel_format or PIXEL_FORMATS[0]
        image_proto.format = image_req.image_format or Image.FORMAT_JPEG
        if image_proto.pixel_format not in PIXEL_FORMATS:
            raise UnsupportedPixelFormatRequestedError(None, "no such pixel format")
        ratio = image_req.resize_ratio or 1.0
        image_proto.cols = max(1, round(COLS * ratio))
        image_proto.rows = max(1, round(ROWS * ratio))
        size = (image_proto.cols, image_proto.rows)
        rgb = cv2.cvtColor(image_data, cv2.COLOR_BGR2RGB)
        pixels = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        if image_proto.pixel_format == Image.PIXEL_FORMAT_GREYSCALE_U8:
            pixels = convert_RGB_to_grayscale(pixels)
        if image_proto.format == Image.FORMAT_RAW:
            image_proto.data = pixels.tobytes()
        elif image_proto.format == Image.FORMAT_JPEG:
            image_proto.data = _jpeg(pixels, image_req.quality_percent)
        else:
            raise UnsupportedImageFormatRequestedError(None, "no such image format")


def _jpeg(rgb: Any, percent: float) -> bytes:
    quality = int(min(100.0, percent)) if percent > 0 else 75
    bgr = rgb if rgb.ndim == 2 else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


@contextmanager
def helper(sdk_robot: Any, module: Any) -> Iterator[GoodCamera]:
    """Serve and register by the classes of a module; `sdk_robot` is logged in.

    All its threads end with it.
    """
    sdk_robot.start_time_sync()
    camera = GoodCamera()
    source = module.VisualImageSource(
        SOURCE, camera, rows=ROWS, cols=COLS, pixel_formats=list(PIXEL_FORMATS)
    )
    servicer = module.CameraBaseImageServicer(sdk_robot, SERVICE_NAME, [source])
    with image_service_runner(servicer) as runner:
        try:
            register(sdk_robot, runner.port)
            yield camera
        finally:
            camera.released.set()
            source.stop_capturing(JOIN_S)
            sdk_robot.stop_time_sync()
