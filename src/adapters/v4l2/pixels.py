"""Conversion of raw pixel formats to pictures, by the FOURCCs of the kernel's header."""

from dataclasses import dataclass

import cv2
import numpy as np

from spot_webcam.adapters.v4l2.modes import GrantedMode
from spot_webcam.adapters.v4l2.stream import DamageCheck
from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import Layout, Picture, Pixels
from spot_webcam.domain.sources.modes import JPEG_CODECS


@dataclass(frozen=True, slots=True)
class _Format:
    """`halves` is twice the bytes of a frame per bytes of its rows: 3 for YUV 4:2:0, else 2.

    `code` is OpenCV's conversion, `None` where the bytes are the pixels already.
    """

    layout: Layout
    bytes_a_pixel: int
    channels: int
    code: int | None = None
    halves: int = 2


def _yuv(bytes_a_pixel: int, channels: int, code: int, halves: int = 2) -> _Format:
    return _Format(Layout.BGR8, bytes_a_pixel, channels, code, halves)


_FORMATS = {
    "YUYV": _yuv(2, 2, cv2.COLOR_YUV2BGR_YUYV),
    "YVYU": _yuv(2, 2, cv2.COLOR_YUV2BGR_YVYU),
    "UYVY": _yuv(2, 2, cv2.COLOR_YUV2BGR_UYVY),
    "NV12": _yuv(1, 1, cv2.COLOR_YUV2BGR_NV12, 3),
    "NV21": _yuv(1, 1, cv2.COLOR_YUV2BGR_NV21, 3),
    "YU12": _yuv(1, 1, cv2.COLOR_YUV2BGR_I420, 3),
    "YV12": _yuv(1, 1, cv2.COLOR_YUV2BGR_YV12, 3),
    "BGR3": _Format(Layout.BGR8, 3, 3),
    "RGB3": _Format(Layout.RGB8, 3, 3),
    # The fourth byte is alpha or unused: opaque in both cases.
    "AR24": _Format(Layout.BGR8, 4, 4, cv2.COLOR_BGRA2BGR),
    "XR24": _Format(Layout.BGR8, 4, 4, cv2.COLOR_BGRA2BGR),
    "BGR4": _Format(Layout.BGR8, 4, 4, cv2.COLOR_BGRA2BGR),
    "RGGB": _Format(Layout.BGR8, 1, 1, cv2.COLOR_BayerRGGB2BGR),
    "GRBG": _Format(Layout.BGR8, 1, 1, cv2.COLOR_BayerGRBG2BGR),
    "GBRG": _Format(Layout.BGR8, 1, 1, cv2.COLOR_BayerGBRG2BGR),
    "BA81": _Format(Layout.BGR8, 1, 1, cv2.COLOR_BayerBGGR2BGR),
    "GREY": _Format(Layout.GREY8, 1, 1),
    "Y16": _Format(Layout.GREY16, 2, 1),
    "Z16": _Format(Layout.DEPTH16, 2, 1),
}

# The end marker of a JPEG.
_END = b"\xff\xd9"
# Formats whose colour planes have rows of half the length.
_PLANAR = frozenset({"YU12", "YV12"})


def is_readable(fourcc: str) -> bool:
    """Report whether a format can be converted to pictures."""
    return fourcc in _FORMATS or fourcc in JPEG_CODECS


def layout_of(fourcc: str) -> Layout:
    """Return the layout of a format's pictures; of JPEG, once decoded."""
    return Layout.BGR8 if fourcc in JPEG_CODECS else _FORMATS[fourcc].layout


def damage_check(mode: GrantedMode) -> DamageCheck:
    """Return a function that detects damaged buffers, and reads full ones only.

    A JPEG that fills its buffer was truncated, unless the rest of the buffer is padding: drivers,
    such as v4l2loopback, report some buffers as full. A raw picture needs the bytes of its size.
    """
    if mode.fourcc in JPEG_CODECS:
        return lambda used, length, read: used == 0 or (used >= length and _END not in read())
    needed = _needed_bytes(mode)
    return lambda used, _length, _read: used < needed


def raw_picture(data: bytes, mode: GrantedMode) -> Picture:
    """Return the picture of a buffer's bytes.

    Raises:
        CorruptFrame: there are too few bytes.
    """
    if len(data) < _needed_bytes(mode):
        raise CorruptFrame(f"{len(data)} bytes are too few for {mode}")
    form = _FORMATS[mode.fourcc]
    if mode.fourcc in _PLANAR and _stride(mode) != mode.cols:
        raise CorruptFrame(f"rows of {mode} are padded, which this adapter cannot read")
    lines = mode.rows * form.halves // 2
    row_bytes = mode.cols * form.bytes_a_pixel
    stride = _stride(mode)
    flat = np.frombuffer(data, np.uint8, (lines - 1) * stride + row_bytes)
    rows = np.lib.stride_tricks.as_strided(flat, (lines, row_bytes), (stride, 1), writeable=False)
    pixels: Pixels = np.ascontiguousarray(rows)
    if form.layout.bits == 16:
        # Little-endian, as every host is that has these cameras.
        pixels = pixels.view("<u2").astype(np.uint16, copy=False)
    elif form.channels > 1:
        pixels = pixels.reshape(lines, mode.cols, form.channels)
    if form.code is not None:
        pixels = _convert(pixels, form.code, mode)
    return Picture(pixels, form.layout)


def _convert(pixels: Pixels, code: int, mode: GrantedMode) -> Pixels:
    try:
        return np.asarray(cv2.cvtColor(pixels, code), np.uint8)
    except cv2.error as error:
        raise CorruptFrame(f"OpenCV cannot convert {mode}: {error.err}") from error


def _stride(mode: GrantedMode) -> int:
    return max(mode.stride, mode.cols * _FORMATS[mode.fourcc].bytes_a_pixel)


def _needed_bytes(mode: GrantedMode) -> int:
    """Return the least bytes of a frame; the last row need not be padded."""
    form = _FORMATS[mode.fourcc]
    stride = _stride(mode)
    lines = mode.rows * form.halves // 2
    return (lines - 1) * stride + mode.cols * form.bytes_a_pixel
