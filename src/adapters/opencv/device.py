"""Choice of OpenCV's backend for a camera's address."""

import platform
import re
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from urllib.parse import unquote

import cv2

from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.sources.address import DeviceAddress

_FILE = "file:"
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# Timeouts of FFmpeg for network cameras, short enough to reconnect within 3 s of a camera's return.
# After the first, FFmpeg opens with what it knows by then: of RTSP it reads some twenty frames.
OPEN_TIMEOUT_MS = 1500
READ_TIMEOUT_MS = 2000
# Of FFmpeg for network cameras: each thread more holds every picture back for one frame (ADR 22).
DECODER_THREADS = 1


class Kind(Enum):
    """Type of a camera."""

    DEVICE = "device"
    FILE = "video file"
    URL = "network camera"
    PIPELINE = "GStreamer pipeline"


@dataclass(frozen=True, slots=True)
class OpenCvDevice:
    """Arguments of `cv2.VideoCapture`; `target` is an index, a path, a URL or a pipeline.

    `params` are pairs of a property and its value, here timeouts in milliseconds.
    `decoder_threads` are FFmpeg's; 0: its default, one for each processor.
    """

    kind: Kind
    target: int | DeviceAddress
    backend: int
    params: tuple[int, ...] = ()
    decoder_threads: int = 0

    @property
    def path(self) -> Path | None:
        """Path of the file or device node, if any; for opening, not for messages."""
        if isinstance(self.target, int) or self.kind not in (Kind.DEVICE, Kind.FILE):
            return None
        return Path(self.target.reveal())

    def scrub(self, text: str) -> str:
        """Return a text of OpenCV without the credentials of the address."""
        return text if isinstance(self.target, int) else self.target.scrub(text)

    def with_timeout_factor(self, factor: int) -> "OpenCvDevice":
        """Return the device with its timeouts multiplied."""
        params = tuple(
            param * factor if index % 2 else param for index, param in enumerate(self.params)
        )
        return replace(self, params=params)

    def __str__(self) -> str:
        return str(self.target)


def opencv_device(
    address: DeviceAddress,
    open_timeout_ms: int = OPEN_TIMEOUT_MS,
    read_timeout_ms: int = READ_TIMEOUT_MS,
) -> OpenCvDevice:
    """Return the arguments to open an address; the timeouts apply to network cameras.

    Raises:
        CameraMisconfigured: this build of OpenCV has no backend for the address, or would crash.
    """
    address = _path_of_file_url(address)
    written = address.reveal()
    if as_unicode(written) != written:
        raise CameraMisconfigured(f"OpenCV opens no names that are no UTF-8: rename {address}")
    if written.isdecimal():
        if _has_v4l2():
            return _v4l2(DeviceAddress(f"/dev/video{int(written)}"))
        return OpenCvDevice(Kind.DEVICE, int(written), cv2.CAP_ANY)
    if _URL.match(written):
        params = (
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, open_timeout_ms),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, read_timeout_ms),
        )
        url = address.escape_userinfo()
        return OpenCvDevice(Kind.URL, url, cv2.CAP_FFMPEG, params, DECODER_THREADS)
    if " ! " in written:
        if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            raise CameraMisconfigured(
                "this build of OpenCV has no GStreamer: install one with it, such as your"
                " distribution's python3-opencv, or name the camera by path or URL"
            )
        return OpenCvDevice(Kind.PIPELINE, address, cv2.CAP_GSTREAMER)
    if written.startswith("/dev/") or _is_device_node(Path(written)):
        return _v4l2(address)
    return OpenCvDevice(Kind.FILE, address, cv2.CAP_FFMPEG)


def _path_of_file_url(address: DeviceAddress) -> DeviceAddress:
    """Return the path of a `file:` URL (RFC 8089), whose percent escapes are optional."""
    written = address.reveal()
    if not written.lower().startswith(_FILE):
        return address
    host, path = "", written[len(_FILE) :]
    if path.startswith("//"):
        host, slash, rest = path[2:].partition("/")
        path = slash + rest
    if host not in {"", "localhost"} or not path:
        raise CameraMisconfigured(f"invalid address {address}: write a file as file:///PATH")
    return DeviceAddress(path if _exists(path) else unquote(path))


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # too long for a file name
        return False


def _is_device_node(path: Path) -> bool:
    try:
        return path.is_char_device()
    except OSError:  # too long for a file name
        return False


def _v4l2(address: DeviceAddress) -> OpenCvDevice:
    backend = cv2.CAP_V4L2 if _has_v4l2() else cv2.CAP_ANY
    return OpenCvDevice(Kind.DEVICE, address, backend)


def _has_v4l2() -> bool:
    return platform.system() == "Linux"
