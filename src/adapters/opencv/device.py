"""OpenCV's names for cameras: which backend opens what."""

import platform
import re
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

import cv2

from spot_webcam.domain.errors import CameraMisconfigured, as_unicode
from spot_webcam.domain.sources.address import DeviceAddress

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")

# FFmpeg is told to give up on a network camera after these, in milliseconds, so that one is
# found again within 3 s of its return. When the first is over it opens with what it has learned:
# of RTSP it would wait for some twenty pictures.
OPEN_TIMEOUT_MS = 1500
READ_TIMEOUT_MS = 2000


class Kind(Enum):
    """What stands behind a name."""

    DEVICE = "device"
    FILE = "video file"
    URL = "network camera"
    PIPELINE = "GStreamer pipeline"


@dataclass(frozen=True, slots=True)
class OpenCvDevice:
    """A camera as OpenCV is asked for it; `target` is an index, or a path, a URL, a pipeline.

    `params` are OpenCV's pairs of a
    property and its value, here timeouts in milliseconds.
    """

    kind: Kind
    target: int | DeviceAddress
    backend: int
    params: tuple[int, ...] = ()

    @property
    def path(self) -> Path | None:
        """Where its file or device node lies, if it has one; for opening, not for a message."""
        if isinstance(self.target, int) or self.kind not in (Kind.DEVICE, Kind.FILE):
            return None
        return Path(self.target.reveal())

    def scrub(self, text: str) -> str:
        """Return a text of OpenCV's without the address's credentials."""
        return text if isinstance(self.target, int) else self.target.scrub(text)

    def with_patience(self, times: int) -> "OpenCvDevice":
        """Return the same with timeouts that are so many times as long."""
        params = tuple(one * times if at % 2 else one for at, one in enumerate(self.params))
        return replace(self, params=params)

    def __str__(self) -> str:
        return str(self.target)


def opencv_device(address: DeviceAddress) -> OpenCvDevice:
    """Return how to open an address.

    Raises:
        CameraMisconfigured: this build of OpenCV has no backend for it, or would crash by it.
    """
    written = address.reveal()
    if as_unicode(written) != written:
        raise CameraMisconfigured(f"OpenCV opens no names that are no UTF-8: rename {address}")
    if written.isdecimal():
        if _has_v4l2():
            return _v4l2(DeviceAddress(f"/dev/video{int(written)}"))
        return OpenCvDevice(Kind.DEVICE, int(written), cv2.CAP_ANY)
    if _URL.match(written):
        params = (
            *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPEN_TIMEOUT_MS),
            *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, READ_TIMEOUT_MS),
        )
        return OpenCvDevice(Kind.URL, address, cv2.CAP_FFMPEG, params)
    if " ! " in written:
        if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
            raise CameraMisconfigured(
                "this build of OpenCV has no GStreamer: install one that has, such as your"
                " distribution's python3-opencv, or name the camera by path or URL"
            )
        return OpenCvDevice(Kind.PIPELINE, address, cv2.CAP_GSTREAMER)
    if written.startswith("/dev/") or _is_device_node(Path(written)):
        return _v4l2(address)
    return OpenCvDevice(Kind.FILE, address, cv2.CAP_FFMPEG)


def _is_device_node(path: Path) -> bool:
    try:
        return path.is_char_device()
    except OSError:  # a name that is too long for a file
        return False


def _v4l2(address: DeviceAddress) -> OpenCvDevice:
    backend = cv2.CAP_V4L2 if _has_v4l2() else cv2.CAP_ANY
    return OpenCvDevice(Kind.DEVICE, address, backend)


def _has_v4l2() -> bool:
    return platform.system() == "Linux"
