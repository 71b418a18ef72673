"""In which form a camera's pictures are taken from its `image_decode`: found out by asking."""

import logging
from dataclasses import dataclass

from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface.calls import InterfaceCalls, Wish
from spot_webcam.adapters.camera_interface.captured import Captured
from spot_webcam.adapters.camera_interface.described import Described
from spot_webcam.adapters.camera_interface.own_jpeg import (
    DecodeJpeg,
    captured_jpeg,
    looks_the_same,
    shows_colour,
)
from spot_webcam.adapters.camera_interface.pictures import LAYOUTS, jpeg_picture, raw_picture
from spot_webcam.domain.errors import (
    CameraError,
    CameraMisconfigured,
    CorruptFrame,
    EncodingError,
)
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture

_LOG = logging.getLogger(__name__)
_Image = image_pb2.Image

# Of a camera that has nothing but JPEG and makes it by itself: what a request that names no
# quality gets is encoded once then (75, with the domain's margin of 10).
JPEG_ONLY_QUALITY = 85
_BEST_QUALITY = 100
_GREY = (Layout.GREY8, Layout.GREY16)
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
    """What is asked of `image_decode` for every frame; nothing for a JPEG `as_captured`.

    Pixels without a name are `presumed` to be of that pixel format, if it is known.
    """

    wish: Wish
    as_captured: bool = False
    presumed: int = _Image.PIXEL_FORMAT_UNKNOWN

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
        return raw_picture(image, captured.data, self.presumed)


def choose_delivery(
    calls: InterfaceCalls, captured: Captured, known: Described, decode_jpeg: DecodeJpeg
) -> Delivery:
    """Try what the camera writes of one captured picture, and return the best.

    A source of depth gives depth. Of others, first the JPEG that it captured, if what it writes
    as JPEG shows the same; then RAW, in the pixel format that the camera chooses, or in colour
    where it chose 8-bit grey and has colour; then the JPEG that it writes. That goes before RAW
    which people do not look at (16-bit grey, or grey where it shows colours), unless RAW is all
    that the source lists. Of pixel formats only those that the source lists are asked for by
    name, if it lists any.

    Raises:
        CameraMisconfigured: it writes none of them.
    """
    if known.is_depth:
        return _depth(calls, captured)
    own = Delivery(Wish(_Image.FORMAT_JPEG, quality=_BEST_QUALITY), as_captured=True)
    if _shows_what_it_captured(calls, captured, own.wish, decode_jpeg):
        return own
    jpeg = Delivery(Wish(_Image.FORMAT_JPEG, quality=JPEG_ONLY_QUALITY))
    raw, layout, no_raw = _best_raw(calls, captured, known.pixel_formats)
    if raw is not None and (known.is_raw_alone or layout not in _GREY):
        return raw
    picture, no_jpeg = _tried(jpeg, calls, captured)
    if raw is not None:
        if not isinstance(picture, JpegPicture) or not _is_for_people(picture, layout, decode_jpeg):
            return raw
        _LOG.info(
            "the camera's JPEG is served, not its %s RAW: for that, let its VisualImageSource"
            " list FORMAT_RAW alone",
            layout.label,
        )
        return jpeg
    if picture is None:
        reasons = dict.fromkeys((no_raw, no_jpeg))
        raise CameraMisconfigured(
            f"image_decode gives neither RAW nor JPEG that can be read: {'; '.join(reasons)}"
        )
    return jpeg


def _is_for_people(jpeg: JpegPicture, raw: Layout, decode_jpeg: DecodeJpeg) -> bool:
    """Whether a camera's JPEG shows what its grey RAW has not, and viewers want."""
    try:
        return shows_colour(jpeg, decode_jpeg) or raw is Layout.GREY16
    except (CorruptFrame, EncodingError):
        return False


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
    asked = _Image.PIXEL_FORMAT_DEPTH_U16
    depth = Delivery(Wish(_Image.FORMAT_RAW, asked), presumed=asked)
    picture, reason = _tried(depth, calls, captured)
    if picture is None or picture.layout is not Layout.DEPTH16:
        reason = reason or "it wrote another pixel format"
        raise CameraMisconfigured(f"a source of depth, and image_decode gives none: {reason}")
    return depth


def _best_raw(
    calls: InterfaceCalls, captured: Captured, offered: tuple[int, ...]
) -> tuple[Delivery | None, Layout, str]:
    """Return the first that works, its layout, and else why there is none.

    Colour goes before 8-bit grey.
    """
    best: Delivery | None = None
    reasons: list[str] = []
    for pixel_format in (_Image.PIXEL_FORMAT_UNKNOWN, *_BY_NAME):
        if best is not None and LAYOUTS.get(pixel_format) not in _COLOURS:
            break
        if pixel_format != _Image.PIXEL_FORMAT_UNKNOWN and offered and pixel_format not in offered:
            continue
        presumed = pixel_format if pixel_format in offered else _Image.PIXEL_FORMAT_UNKNOWN
        one = Delivery(Wish(_Image.FORMAT_RAW, pixel_format), presumed=presumed)
        picture, reason = _tried(one, calls, captured)
        if picture is None:
            reasons.append(reason)
        elif picture.layout is not Layout.GREY8:
            return one, picture.layout, ""
        else:
            best = best or one
    return best, Layout.GREY8, "".join(reasons[:1])


def _tried(
    delivery: Delivery, calls: InterfaceCalls, captured: Captured
) -> tuple[Picture | JpegPicture | None, str]:
    try:
        return delivery.picture(calls, captured), ""
    except CameraError as error:
        return None, str(error)
