"""Kinds of what an HTTP address sends, by its content type and its first bytes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from spot_webcam.adapters.http_camera.jpeg_scan import SOI
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.address import DeviceAddress

_BOUNDARY = re.compile(r"boundary\s*=\s*(?:\"([^\"]*)|([^;,\s]+))", re.IGNORECASE)
_JPEG = frozenset({"image/jpeg", "image/jpg", "image/pjpeg", "image/x-jpeg"})
_MOTION_JPEG = frozenset(
    {"video/x-motion-jpeg", "video/x-jpeg", "video/x-mjpeg", "video/mjpeg", "video/jpeg"}
)
_PLAYLISTS = frozenset(
    {"application/vnd.apple.mpegurl", "application/x-mpegurl", "audio/mpegurl", "audio/x-mpegurl"}
    | {"application/dash+xml"}
)
# What says nothing about the content.
_UNKNOWN = frozenset({"", "binary/octet-stream", "text/plain"})
_PLAYLIST_START = b"#EXTM3U"
# A boundary, or the headers of a part without one.
_PART_START = re.compile(rb"[\r\n]*(?:--|content-(?:type|length)[ \t]*:)", re.IGNORECASE)


class Content(Enum):
    """What an address sends."""

    STREAM = "a stream of JPEGs"
    PICTURE = "one JPEG"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class ContentType:
    """A content type, lower case, with the boundary of its parts, if any."""

    media_type: str
    boundary: str

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "ContentType":
        """Return that of an answer; empty if it has none."""
        value = headers.get("Content-Type") or ""
        found = _BOUNDARY.search(value)
        boundary = (found[1] or found[2] or "") if found else ""
        return cls(re.split("[;,]", value)[0].strip().lower(), boundary)

    @property
    def is_certain(self) -> bool:
        """Whether the type says what is sent, so that its bytes need not be looked at."""
        return self.media_type.startswith("multipart/") or self.media_type in _MOTION_JPEG | _JPEG


class VideoInstead(CameraMisconfigured):
    """The address sends video, which is for FFmpeg; `url` opens it, and is no text to show."""

    def __init__(self, text: str, url: DeviceAddress, *, is_recording: bool) -> None:
        super().__init__(text)
        self.url = url
        self.is_recording = is_recording


def content_of(shown: str, kind: ContentType, start: bytes, *, has_length: bool) -> Content:
    """Return what is sent, given its first bytes, empty if the type is certain.

    Raises:
        CameraMisconfigured: neither pictures nor video.
    """
    media_type = kind.media_type
    if media_type.startswith("multipart/") or media_type in _MOTION_JPEG:
        return Content.STREAM
    if media_type in _JPEG:
        return Content.PICTURE
    if start.startswith(SOI):
        return Content.PICTURE if has_length else Content.STREAM
    if _PART_START.match(start):
        return Content.STREAM
    if media_type in _PLAYLISTS or start.startswith(_PLAYLIST_START):
        raise CameraMisconfigured(
            f"{shown} is a playlist (HLS or DASH), whose pictures come seconds late and in bursts:"
            " take the camera's address of RTSP or Motion JPEG; opencv:http://... reads it anyway"
        )
    may_be_video = media_type.startswith("application/") or media_type in _UNKNOWN
    if media_type.startswith("video/") or (may_be_video and not _is_text(start)):
        return Content.VIDEO
    if media_type in {"text/html", "application/xhtml+xml"} or _is_markup(start):
        raise CameraMisconfigured(f"{shown} is a web page: look up the address of its stream")
    raise CameraMisconfigured(
        f"{shown} sends {media_type or 'text'}, which is no JPEG and no video: look up the address"
        " of its stream"
    )


def _is_text(start: bytes) -> bool:
    return bool(start) and not re.search(rb"[^\t\r\n\x20-\x7e]", start)


def _is_markup(start: bytes) -> bool:
    return start.lstrip().lower().startswith((b"<!doctype html", b"<html"))
