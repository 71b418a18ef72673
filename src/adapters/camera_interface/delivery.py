"""In which form a camera's pictures are taken from its `image_decode`: found out by asking."""

from dataclasses import dataclass

from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface.calls import Captured, InterfaceCalls, Wish
from spot_webcam.adapters.camera_interface.own_jpeg import (
    DecodeJpeg,
    captured_jpeg,
    looks_the_same,
)
from spot_webcam.adapters.camera_interface.pictures import LAYOUTS, jpeg_picture, raw_picture
from spot_webcam.domain.errors import CameraError, CameraMisconfigured, CorruptFrame
from spot_webcam.domain.image import Layout, Picture
from spot_webcam.domain.jpeg import JpegPicture

_Image = image_pb2.Image

# Of a camera that has nothing but JPEG and makes it by itself: what a request that names no
# quality gets is encoded once then (75, with the domain's margin of 10).
JPEG_ONLY_QUALITY = 85
_BEST_QUALITY = 100
_COLOURS = (Layout.RGB8, Layout.RGBA8)
# Asked for by name, after what the camera chooses by itself.
_BY_NAME = (
    _Image.PIXEL_FORMAT_RGB_U8,
    _Image.PIXEL_FORMAT_RGBA_U8,
    _Image.PIXEL_FORMAT_GREYSCALE_U8,
    _Image.PIXEL_FORMAT_GREYSCALE_U16,
    _Image.PIXEL_FORMAT_DEPTH_U16,
)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is asked of `image_decode` for every frame; nothing for a JPEG `as_captured`."""

    wish: Wish
    as_captured: bool = False

    @property
    def jpegs(self) -> bool:
        """Whether the camera's own JPEGs are taken."""
        return bool(self.wish.image_format == _Image.FORMAT_JPEG)

    def picture(self, calls: InterfaceCalls, captured: Captured) -> Picture | JpegPicture:
        """Return a captured picture.

        Raises:
            CorruptFrame: the camera gave none.
        """
        if self.as_captured:
            own = captured_jpeg(captured.data)
            if own is None:
                raise CorruptFrame("blocking_capture returned no JPEG, as it did before")
            return own
        image = calls.decode(captured, self.wish)
        if self.jpegs:
            return jpeg_picture(image)
        return raw_picture(image, captured.data, self.wish.pixel_format)


def choose_delivery(
    calls: InterfaceCalls,
    captured: Captured,
    offered: tuple[int, ...],
    decode_jpeg: DecodeJpeg,
    *,
    is_depth: bool,
) -> Delivery:
    """Try what the camera writes of one captured picture, and return the best.

    First the JPEG that it captured, if what it writes as JPEG shows the same; then RAW, in the
    pixel format that the camera chooses, or in colour where it chose 8-bit grey and has colour;
    then the JPEG that it writes. A source of depth gives depth. Of pixel formats only the
    `offered` ones are asked for by name, if any are offered.

    Raises:
        CameraMisconfigured: it writes none of them.
    """
    if is_depth:
        return _depth(calls, captured)
    own = Delivery(Wish(_Image.FORMAT_JPEG, quality=_BEST_QUALITY), as_captured=True)
    if _shows_what_it_captured(calls, captured, own.wish, decode_jpeg):
        return own
    raw = _best_raw(calls, captured, offered)
    if raw is not None:
        return raw
    jpeg = Delivery(Wish(_Image.FORMAT_JPEG, quality=JPEG_ONLY_QUALITY))
    picture, reason = _tried(jpeg, calls, captured)
    if picture is None:
        raise CameraMisconfigured(
            f"image_decode gives neither RAW nor JPEG that can be read: {reason}"
        )
    return jpeg


def _shows_what_it_captured(
    calls: InterfaceCalls, captured: Captured, wish: Wish, decode_jpeg: DecodeJpeg
) -> bool:
    try:
        own = captured_jpeg(captured.data)
        return own is not None and looks_the_same(
            own, jpeg_picture(calls.decode(captured, wish)), decode_jpeg
        )
    except CameraError:
        return False


def _depth(calls: InterfaceCalls, captured: Captured) -> Delivery:
    depth = Delivery(Wish(_Image.FORMAT_RAW, _Image.PIXEL_FORMAT_DEPTH_U16))
    picture, reason = _tried(depth, calls, captured)
    if picture is None or picture.layout is not Layout.DEPTH16:
        reason = reason or "it wrote another pixel format"
        raise CameraMisconfigured(f"a source of depth, and image_decode gives none: {reason}")
    return depth


def _best_raw(
    calls: InterfaceCalls, captured: Captured, offered: tuple[int, ...]
) -> Delivery | None:
    """Return the first that works; colour goes before 8-bit grey."""
    best: Delivery | None = None
    for pixel_format in (_Image.PIXEL_FORMAT_UNKNOWN, *_BY_NAME):
        if best is not None and LAYOUTS.get(pixel_format) not in _COLOURS:
            break
        if pixel_format != _Image.PIXEL_FORMAT_UNKNOWN and offered and pixel_format not in offered:
            continue
        one = Delivery(Wish(_Image.FORMAT_RAW, pixel_format))
        picture, _ = _tried(one, calls, captured)
        if picture is None:
            continue
        if picture.layout is not Layout.GREY8:
            return one
        best = best or one
    return best


def _tried(
    delivery: Delivery, calls: InterfaceCalls, captured: Captured
) -> tuple[Picture | JpegPicture | None, str]:
    try:
        return delivery.picture(calls, captured), ""
    except CameraError as error:
        return None, str(error)
