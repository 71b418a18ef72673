"""Diagnosis of network cameras that do not open: OpenCV reports no reasons."""

import base64
import errno
import os
import re
import socket
from urllib.parse import SplitResult, unquote, urlsplit

from spot_webcam.adapters.opencv.device import OpenCvDevice
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)

# A host that is on answers sooner, even over radio. A host that is off costs this per attempt.
CONNECT_TIMEOUT_S = 0.8
ANSWER_TIMEOUT_S = 1.0
MAX_ANSWER_BYTES = 4096
TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtmp": 1935}
_REQUESTS = {"http": "GET {path} HTTP/1.0", "rtsp": "DESCRIBE {url} RTSP/1.0"}
# Status codes of HTTP and RTSP alike, and 453 of RTSP: not enough bandwidth.
_FORBIDDEN, _TOO_MANY = frozenset({401, 403}), frozenset({429, 453, 503})
_IS_TEXT = re.compile(r"content-type:\s*text/", re.IGNORECASE)


def check_connection(device: OpenCvDevice) -> None:
    """Connect to a network camera and disconnect; blocks for `CONNECT_TIMEOUT_S` per address.

    FFmpeg would take its whole timeout to detect a host that is off. Names are resolved with the
    system's own timeouts.

    Raises:
        CameraError: the host accepts no connection.
    """
    address = _address(device)
    if address is not None:
        _connect(device, address).close()


def _address(device: OpenCvDevice) -> tuple[str, int] | None:
    """Return host and port, `None` for other protocols than TCP and behind a proxy."""
    try:
        parts = urlsplit(_url(device))
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError as error:
        raise CameraMisconfigured(
            f"invalid address {device}: in a password, write / ? # [ ] @ as %2F %3F %23 %5B %5D %40"
        ) from error
    proxied = parts.scheme in {"http", "https"} and "http_proxy" in os.environ
    if parts.scheme not in _PORTS or not parts.hostname or port is None or proxied:
        return None
    return parts.hostname, port


def _url(device: OpenCvDevice) -> str:
    return str(device.target) if isinstance(device.target, int) else device.target.reveal()


def _connect(device: OpenCvDevice, address: tuple[str, int]) -> socket.socket:
    try:
        return socket.create_connection(address, CONNECT_TIMEOUT_S)
    except (socket.gaierror, UnicodeError) as error:
        raise CameraAbsent(f"cannot resolve the host of {device}: check its name") from error
    except OSError as error:
        if error.errno in TOO_MANY_FILES:
            raise too_many_files(str(device)) from error
        why = "" if error.errno is None else f" ({os.strerror(error.errno).lower()})"
        raise CameraAbsent(
            f"no answer from {device}{why}: check the address and that it is on"
        ) from error


def too_many_files(shown: str) -> CameraError:
    """Return the error for a host or process without free file descriptors."""
    return NoData(
        f"cannot open {shown}: too many open files; raise the limit (ulimit -n, LimitNOFILE=)"
    )


def why_no_stream(device: OpenCvDevice) -> CameraError:
    """Query a network camera that FFmpeg could not open; blocks for about a second."""
    try:
        address = _address(device)
        parts = urlsplit(_url(device))
        if address is None or parts.scheme not in _REQUESTS:
            return CameraAbsent(f"no answer from {device}: check the address and that it is on")
        with _connect(device, address) as connection:
            head = _ask(connection, parts)
    except CameraError as error:
        return error
    except OSError:
        head = ""
    return _from_answer(device, head)


def _ask(connection: socket.socket, parts: SplitResult) -> str:
    """Return the head of the answer to one request."""
    connection.settimeout(ANSWER_TIMEOUT_S)
    host = parts.netloc.rpartition("@")[2]
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    url = parts._replace(netloc=host).geturl()
    lines = [_REQUESTS[parts.scheme].format(path=path, url=url), f"Host: {host}", "CSeq: 1"]
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(
            f"Authorization: Basic {base64.b64encode(user.encode(errors='replace')).decode()}"
        )
    connection.sendall("\r\n".join([*lines, "", ""]).encode(errors="replace"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_ANSWER_BYTES:
        part = connection.recv(MAX_ANSWER_BYTES)
        if not part:
            break
        head += part
    return head.partition(b"\r\n\r\n")[0].decode("ascii", "replace")


def _from_answer(device: OpenCvDevice, head: str) -> CameraError:
    first, *lines = head.splitlines() or [""]
    _, status, *_ = *first.split(), "", ""
    code = int(status) if status.isdecimal() else 0
    if code in _FORBIDDEN:
        return CameraPermissionDenied(
            f"{device} refuses access: put its user and password into the address,"
            " as in rtsp://USER:PASSWORD@HOST/PATH"
        )
    if code in _TOO_MANY:
        return CameraBusy(f"{device} is busy ({code}): end another program that reads from it")
    if code >= 400:
        return CameraAbsent(f"{device} has no such stream ({code}): check the path")
    if any(_IS_TEXT.match(line) for line in lines):
        return CameraMisconfigured(f"{device} is a web page: look up the address of its stream")
    if code == 0:
        return NoData(f"{device} accepts connections but does not answer: cycle its power")
    return NoData(f"{device} sends no pictures, or none that OpenCV can decode: see its settings")
