"""Cameras as other people write them, by the SDK's `image_service_helpers`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from bosdyn.api import image_pb2
from bosdyn.client import service_customization_helpers as customize
from bosdyn.client.image_service_helpers import CameraInterface, VisualImageSource

from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Clock
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

Image = image_pb2.Image
COLS, ROWS = 64, 48

PIXEL_FORMATS = {
    Layout.GREY8: Image.PIXEL_FORMAT_GREYSCALE_U8,
    Layout.RGB8: Image.PIXEL_FORMAT_RGB_U8,
    Layout.RGBA8: Image.PIXEL_FORMAT_RGBA_U8,
    Layout.GREY16: Image.PIXEL_FORMAT_GREYSCALE_U16,
    Layout.DEPTH16: Image.PIXEL_FORMAT_DEPTH_U16,
}
_BYTE_ORDERS = {Layout.GREY16: ">u2", Layout.DEPTH16: "<u2"}


def jpeg_of(rgb: Any, quality: int = 90) -> bytes:
    """Return the JPEG of pixels, grey or red first."""
    bgr = rgb if rgb.ndim == 2 else cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality or 75])
    return bytes(data)


class DrawnCamera(CameraInterface):
    """Gives RAW of one layout, and writes no more than it has to."""

    def __init__(self, clock: Clock, layout: Layout = Layout.RGB8) -> None:
        super().__init__()
        self.clock = clock
        self.layout = layout
        self.rows, self.cols = ROWS, COLS
        self.pattern = Pattern(COLS, ROWS, 0, layout, 30.0)
        self.captures: list[Any] = []
        self.wishes: list[Any] = []
        self.closed = 0

    def pixels(self) -> Any:
        return self.pattern.frame(len(self.captures))

    def blocking_capture(self, *, custom_params: Any = None, **_kwargs: Any) -> tuple[Any, float]:
        self.captures.append(custom_params)
        return self.pixels(), self.clock.time_ns() / 1e9

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.wishes.append(image_req)
        if image_req.image_format != Image.FORMAT_RAW:
            raise ValueError("RAW only")
        image_proto.pixel_format = PIXEL_FORMATS[self.layout]
        order = _BYTE_ORDERS.get(self.layout)
        image_proto.data = (image_data.astype(order) if order else image_data).tobytes()

    def close(self) -> None:
        self.closed += 1


class BlueFirstCamera(DrawnCamera):
    """As the SDK's web cam example: blue is first in its RAW, red in what its JPEG shows."""

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.wishes.append(image_req)
        if image_req.image_format == Image.FORMAT_RAW:
            image_proto.pixel_format = Image.PIXEL_FORMAT_RGB_U8
            image_proto.data = np.ascontiguousarray(image_data[:, :, ::-1]).tobytes()
            image_proto.format = Image.FORMAT_RAW
        else:
            image_proto.pixel_format = Image.PIXEL_FORMAT_RGB_U8
            image_proto.data = jpeg_of(image_data, int(image_req.quality_percent))
            image_proto.format = Image.FORMAT_JPEG


class JpegCamera(DrawnCamera):
    """Captures JPEGs, as a camera behind HTTP does, and can decode them."""

    def pixels(self) -> bytes:
        return jpeg_of(super().pixels())

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.wishes.append(image_req)
        image_proto.pixel_format = Image.PIXEL_FORMAT_RGB_U8
        if image_req.image_format == Image.FORMAT_JPEG:
            image_proto.data = image_data
        else:
            decoded = cv2.imdecode(np.frombuffer(image_data, np.uint8), cv2.IMREAD_COLOR)
            image_proto.data = cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB).tobytes()
            image_proto.format = Image.FORMAT_RAW


class ReadOnceCamera(DrawnCamera):
    """As the SDK's 360-degree example: an HTTP answer, read when it is decoded, and JPEG only.

    What it captured is encoded again, at a quality of 95 at most; RAW is a JPEG as well.
    """

    jpeg = b""

    def pixels(self) -> Any:
        self.jpeg = jpeg_of(super().pixels(), 92)
        return HttpAnswer(self.jpeg)

    def shown(self, rgb: Any) -> Any:
        return rgb

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.wishes.append(image_req)
        decoded = cv2.imdecode(np.frombuffer(image_data.read(), np.uint8), cv2.IMREAD_COLOR)
        shown = self.shown(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB))
        image_proto.pixel_format = Image.PIXEL_FORMAT_RGB_U8
        image_proto.data = jpeg_of(shown, min(95, int(image_req.quality_percent) or 95))


class HttpAnswer:
    """A stream that is read once, and that takes attributes."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        body, self._body = self._body, b""
        return body


class OldCamera:
    """Of before 3.1, and of no class of the SDK's: decodes by format and quality."""

    def __init__(self, clock: Clock) -> None:
        self.drawn = DrawnCamera(clock)
        self.asked: list[tuple[Any, Any]] = []

    def blocking_capture(self) -> tuple[Any, float]:
        return self.drawn.blocking_capture()

    def image_decode(
        self, image_data: Any, image_proto: Any, image_format: Any, quality_percent: Any
    ) -> None:
        self.asked.append((image_format, quality_percent))
        if image_format != Image.FORMAT_RAW:
            raise ValueError("RAW only")
        image_proto.rows, image_proto.cols = image_data.shape[:2]
        image_proto.data = image_data.tobytes()


def parameter_spec() -> Any:
    """Return the spec of a number and a choice."""
    level = customize.make_int64_param_spec(default_value=1, min_value=0, max_value=9)
    palette = customize.make_string_param_spec(options=["iron", "grey"], default_value="iron")
    named = customize.make_user_interface_info
    return customize.make_dict_param_spec(
        {
            "level": customize.make_dict_child_spec(level, named("Level")),
            "palette": customize.make_dict_child_spec(palette, named("Palette")),
        },
        is_hidden_by_default=False,
    )


def source_of(camera: Any, **fields: Any) -> Any:
    """Return the SDK's `VisualImageSource` of a camera."""
    return VisualImageSource("drawn", camera, ROWS, COLS, **fields)


def raising(error: Exception) -> Callable[[], Any]:
    """Return a constructor that fails."""

    def make() -> Any:
        raise error

    return make
