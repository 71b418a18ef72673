"""Contender: the SDK's own helper, on a camera class as one writes it for OpenCV.

python -m spot_webcam.tools.bench.sdk_helper PORT DEVICE SOURCE...
"""

import logging
import sys
import time
from pathlib import Path
from typing import Any

import cv2
from bosdyn.api import image_pb2, image_service_pb2_grpc
from bosdyn.client.image_service_helpers import (
    CameraBaseImageServicer,
    CameraInterface,
    VisualImageSource,
    convert_RGB_to_grayscale,
)
from bosdyn.client.server_util import GrpcServiceRunner
from google.protobuf.timestamp_pb2 import Timestamp

from spot_webcam.domain.media.image import Pixels
from spot_webcam.tools.bench.loads import COLS, FOURCC, FPS, ROWS

_LOG = logging.getLogger(__name__)

DEFAULT_QUALITY = 75
PIXEL_FORMATS = (image_pb2.Image.PIXEL_FORMAT_RGB_U8, image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8)
JOIN_S = 2.0


class RobotStub:
    """The robot as the helper uses it: a time sync without skew, and no fault client."""

    @property
    def time_sync(self) -> "RobotStub":
        """Return itself."""
        return self

    def ensure_client(self, _service_name: str) -> None:
        """Return no fault client: the helper goes without."""

    def wait_for_sync(self) -> None:
        """Return at once."""

    def robot_timestamp_from_local_secs(self, seconds: float) -> Timestamp:
        """Return the same time."""
        return Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


class BgrCamera(CameraInterface):  # type: ignore[misc]
    """Encodes frames of OpenCV; the helper's own function makes the greyscale ones.

    OpenCV's frames have blue first, and so has its JPEG encoder; RAW images are converted to
    RGB, as the API says and the SDK's example does not: all contenders serve the same bytes.
    """

    rows: int
    cols: int

    def image_decode(self, image_data: Pixels, image_proto: Any, image_req: Any) -> None:
        """Convert and encode, for this one request; no load requests another size."""
        image_proto.pixel_format = image_req.pixel_format or PIXEL_FORMATS[0]
        if image_proto.pixel_format == image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8:
            image_data = convert_RGB_to_grayscale(cv2.cvtColor(image_data, cv2.COLOR_BGR2RGB))
        elif image_req.image_format == image_pb2.Image.FORMAT_RAW:
            image_data = cv2.cvtColor(image_data, cv2.COLOR_BGR2RGB)
        if image_req.image_format == image_pb2.Image.FORMAT_RAW:
            image_proto.data = image_data.tobytes()
            return
        image_proto.format = image_pb2.Image.FORMAT_JPEG
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(image_req.quality_percent) or DEFAULT_QUALITY]
        image_proto.data = cv2.imencode(".jpg", image_data, quality)[1].tobytes()


class CapturedCamera(BgrCamera):
    """A camera or a file that OpenCV opens, read as the SDK's web cam example reads it.

    A file is played at its own rate, and from its beginning after its end.
    """

    def __init__(self, device: str) -> None:
        super().__init__()
        self._device = device
        self._is_file = Path(device).is_file()
        self._capture = self._open()
        self._period_s = 0.0
        if self._is_file:
            self._period_s = 1.0 / (self._capture.get(cv2.CAP_PROP_FPS) or FPS)
        self._due_s = time.monotonic()
        self.rows, self.cols = self.blocking_capture()[0].shape[:2]

    def blocking_capture(self) -> tuple[Pixels, float]:
        """Read the next frame, and take the time after it as its own."""
        with self.capture_lock:
            self._wait_until_due()
            is_read, pixels = self._capture.read()
            if not is_read and self._is_file:
                self._capture = self._open()
                is_read, pixels = self._capture.read()
            if not is_read:
                raise OSError(f"OpenCV reads nothing from {self._device}")
            return pixels, time.time()

    def _wait_until_due(self) -> None:
        if self._period_s:
            now_s = time.monotonic()
            time.sleep(max(0.0, self._due_s - now_s))
            self._due_s = max(self._due_s, now_s) + self._period_s

    def _open(self) -> cv2.VideoCapture:
        is_number = self._device.isdecimal()
        capture = cv2.VideoCapture(int(self._device) if is_number else self._device)
        if not self._is_file:
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*FOURCC))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, COLS)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, ROWS)
            capture.set(cv2.CAP_PROP_FPS, FPS)
        return capture


def _source(name: str, device: str) -> VisualImageSource:
    camera = CapturedCamera(device)
    return VisualImageSource(
        name, camera, rows=camera.rows, cols=camera.cols, pixel_formats=list(PIXEL_FORMATS)
    )


def main() -> None:
    """Serve until the standard input ends, which it does with the benchmark."""
    port, device, *names = sys.argv[1:]
    try:
        sources = [_source(name, device) for name in names]
    except OSError as error:
        sys.exit(str(error))
    servicer = CameraBaseImageServicer(RobotStub(), "bench", sources, logger=_LOG)
    runner = GrpcServiceRunner(
        servicer,
        image_service_pb2_grpc.add_ImageServiceServicer_to_server,
        port=int(port),
        logger=_LOG,
    )
    try:
        sys.stdin.read()
    finally:
        runner.stop()
        for source in sources:
            source.stop_capturing(JOIN_S)


if __name__ == "__main__":
    main()
