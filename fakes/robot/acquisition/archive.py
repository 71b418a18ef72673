"""Zip file of captures, in formats that common viewers read."""

import re
import zipfile
from collections.abc import Iterable
from datetime import datetime, timezone
from typing import IO, Any

from bosdyn.api.data_acquisition_pb2 import AssociatedAlertData, AssociatedMetadata
from bosdyn.api.image_pb2 import Image, ImageCapture
from google.protobuf import json_format, text_format

from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot.acquisition.captures import CaptureKind, StoredCapture

_UNSAFE = re.compile(r"[^A-Za-z0-9 ._=+-]|^\.+")
_MAX_NAME_CHARACTERS = 80
# The last second of the year 9999, the end of `datetime`.
_LAST_S = 253_402_300_799
# Magic number, maximum sample and bytes per pixel of binary PGM and PPM.
_NETPBM = {
    Image.PIXEL_FORMAT_GREYSCALE_U8: ("P5", 255, 1),
    Image.PIXEL_FORMAT_GREYSCALE_U16: ("P5", 65535, 2),
    Image.PIXEL_FORMAT_DEPTH_U16: ("P5", 65535, 2),
    Image.PIXEL_FORMAT_RGB_U8: ("P6", 255, 3),
}


def write_archive(file: IO[bytes], captures: Iterable[StoredCapture]) -> None:
    """Write `GROUP/ACTION TIME/CHANNEL ID.EXTENSION` for each capture.

    JPEG pictures are unchanged, raw ones PGM or PPM; metadata and alerts are JSON, or protobuf's
    text format if JSON cannot represent them.
    """
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for capture in captures:
            extension, content = _file_of(capture)
            name = _safe(f"{capture.channel} {capture.data_name}")
            path = "/".join(
                (
                    _safe(capture.group_name) or "no group",
                    f"{_safe(capture.action_name)} {_time_of(capture)}".lstrip(),
                    f"{name} {capture.id}.{extension}".lstrip(),
                )
            )
            archive.writestr(path, content)


def _file_of(capture: StoredCapture) -> tuple[str, bytes]:
    if capture.kind is CaptureKind.DATA:
        return _safe(capture.file_extension.lstrip(".")) or "bin", capture.content
    if capture.kind is CaptureKind.IMAGE:
        return _picture_file(ImageCapture.FromString(capture.content).image)
    message = (
        AssociatedMetadata() if capture.kind is CaptureKind.METADATA else AssociatedAlertData()
    )
    message.ParseFromString(capture.content)
    try:
        json = json_format.MessageToJson(message, preserving_proto_field_name=True)
    except (json_format.Error, ValueError, OverflowError):
        # NaN, or a time out of range.
        return "txt", text_format.MessageToString(message, as_utf8=True).encode()
    return "json", json.encode()


def _picture_file(image: Any) -> tuple[str, bytes]:
    if image.format == Image.FORMAT_JPEG:
        return "jpg", image.data
    data: bytes = image.data
    magic, max_sample, pixel_bytes = _NETPBM.get(image.pixel_format, ("", 0, 0))
    is_complete = len(data) == image.cols * image.rows * pixel_bytes
    if image.format != Image.FORMAT_RAW or not magic or not is_complete:
        return "raw", data
    if image.pixel_format == Image.PIXEL_FORMAT_DEPTH_U16:
        # Depth is little-endian, the file's samples are big-endian.
        swapped = bytearray(data)
        swapped[::2], swapped[1::2] = data[1::2], data[::2]
        data = bytes(swapped)
    extension = "pgm" if magic == "P5" else "ppm"
    return extension, f"{magic} {image.cols} {image.rows} {max_sample}\n".encode() + data


def _time_of(capture: StoredCapture) -> str:
    seconds = min(max(capture.time_ns // NANOSECONDS, 0), _LAST_S)
    when = datetime.fromtimestamp(seconds, tz=timezone.utc)
    return f"{when:%Y-%m-%d_%H-%M-%S}"


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name)[:_MAX_NAME_CHARACTERS].strip()
