"""The measured process: the SDK's own helper, on a camera as one writes it for OpenCV."""

import logging
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
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
from spot_webcam.domain.sources.address import OPENCV
from spot_webcam.tools.bench.device_mode import COLS, FOURCC, FPS, ROWS
from spot_webcam.tools.bench.ring import Ring
from spot_webcam.tools.bench.scene import Scene, SourceKind
from spot_webcam.tools.bench.talk import own_stdout, talk
from spot_webcam.tools.bench.usage import cpu_s

_LOG = logging.getLogger(__name__)

DEFAULT_QUALITY = 75
PIXEL_FORMATS = (image_pb2.Image.PIXEL_FORMAT_RGB_U8, image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8)
JOIN_S = 2.0


class NoRobot:
    """What the helper asks of the SDK's robot: a time sync, here of no skew, and no faults."""

    @property
    def time_sync(self) -> "NoRobot":
        """Itself."""
        return self

    def ensure_client(self, _service_name: str) -> None:
        """Give no fault client: the helper goes without."""

    def wait_for_sync(self) -> None:
        """Return at once."""

    def robot_timestamp_from_local_secs(self, seconds: float) -> Timestamp:
        """Return the same time."""
        return Timestamp(seconds=int(seconds), nanos=int(seconds % 1 * 1e9))


class BgrCamera(CameraInterface):  # type: ignore[misc]
    """Encodes what OpenCV captures; greyscale is made by the helper's own function.

    OpenCV has blue first, but for its JPEG encoder pictures have red first: what this serves is
    what the others serve.
    """

    rows: int
    cols: int

    def image_decode(self, image_data: Pixels, image_proto: Any, image_req: Any) -> None:
        """Resize, convert and encode, for this request alone."""
        if 0 < image_req.resize_ratio < 1:
            image_proto.rows = round(self.rows * image_req.resize_ratio)
            image_proto.cols = round(self.cols * image_req.resize_ratio)
            size = (image_proto.cols, image_proto.rows)
            image_data = cv2.resize(image_data, size, interpolation=cv2.INTER_AREA)
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


class RingInterface(BgrCamera):
    """A ring; JPEGs are decoded at once, as `cv2.VideoCapture.read` does."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        self._ring = Ring(Path(scene.place), scene.kind)
        self._kind = scene.kind
        self.rows, self.cols = self._ring.rows, self._ring.cols

    def blocking_capture(self) -> tuple[Pixels, float]:
        """Wait for the next picture, and return it with its true time."""
        with self.capture_lock:
            captured_ns = self._ring.wait()
            return self._read(), captured_ns / 1e9

    def _read(self) -> Pixels:
        if self._kind is SourceKind.RAW:
            return self._ring.pixels()
        data = np.frombuffer(self._ring.jpeg(), np.uint8)
        return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


class DeviceInterface(BgrCamera):
    """A camera that OpenCV opens."""

    def __init__(self, scene: Scene) -> None:
        super().__init__()
        name = scene.place.removeprefix(OPENCV)
        self._capture = cv2.VideoCapture(int(name) if name.isdecimal() else name)
        self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*FOURCC))
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, COLS)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, ROWS)
        self._capture.set(cv2.CAP_PROP_FPS, FPS)
        self.rows, self.cols = self.blocking_capture()[0].shape[:2]

    def blocking_capture(self) -> tuple[Pixels, float]:
        """Read the next picture; a file begins again at its end."""
        with self.capture_lock:
            done, pixels = self._capture.read()
            if not done:
                self._capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
                done, pixels = self._capture.read()
            if not done:
                raise OSError("OpenCV reads nothing from this device")
            return pixels, time.time()


def _source(name: str, scene: Scene) -> VisualImageSource:
    make = DeviceInterface if scene.kind is SourceKind.DEVICE else RingInterface
    camera: BgrCamera = make(scene)
    return VisualImageSource(
        name, camera, rows=camera.rows, cols=camera.cols, pixel_formats=list(PIXEL_FORMATS)
    )


def main() -> None:
    """Serve until the standard input ends."""
    out = own_stdout()
    scene = Scene.from_json(sys.argv[1])
    sources = [_source(name, scene) for name in scene.names]
    servicer = CameraBaseImageServicer(NoRobot(), "bench", sources, logger=_LOG)
    runner = GrpcServiceRunner(
        servicer, image_service_pb2_grpc.add_ImageServiceServicer_to_server, logger=_LOG
    )
    try:
        talk(out, {"port": runner.port}, lambda _: {"cpu_s": cpu_s()})
    finally:
        runner.stop()
        for source in sources:
            source.stop_capturing(JOIN_S)


if __name__ == "__main__":
    main()
