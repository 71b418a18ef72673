"""Diagnosis of network cameras that do not open: OpenCV reports no reasons."""

import errno
import os
import re
import socket
from urllib.parse import SplitResult, urlsplit

from spot_webcam.adapters.opencv.device import OpenCvDevice
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)
from spot_webcam.domain.sources.authentication import (
    Authenticator,
    Credentials,
    parse_challenges,
)

# A host that is on answers sooner, even over radio. A host that is off costs this per attempt.
CONNECT_TIMEOUT_S = 0.8
ANSWER_TIMEOUT_S = 1.0
MAX_ANSWER_BYTES = 4096
TOO_MANY_FILES = frozenset({errno.EMFILE, errno.ENFILE})

_PORTS = {"http": 80, "https": 443, "rtsp": 554, "rtmp": 1935}
_REQUESTS = {"http": "GET {path} HTTP/1.0", "rtsp": "DESCRIBE {url} RTSP/1.0"}
# Status codes of HTTP and RTSP alike, and 453 of RTSP: not enough bandwidth.
_UNAUTHORIZED = 401
_FORBIDDEN, _TOO_MANY = frozenset({401, 403}), frozenset({429, 453, 503})
_CHALLENGE = re.compile(r"^www-authenticate:[ \t]*([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
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
        head = _ask(device, address, parts)
    except CameraError as error:
        return error
    except OSError:
        head = ""
    return _from_answer(device, head, has_credentials="@" in parts.netloc)


def _ask(device: OpenCvDevice, address: tuple[str, int], parts: SplitResult) -> str:
    """Return the head of the answer to one request, or to a second with user and password."""
    authenticator = Authenticator(Credentials.parse(parts.netloc.rpartition("@")[0]))
    head = ""
    for _ in range(2):
        with _connect(device, address) as connection:
            head = _request(connection, parts, authenticator)
        challenges = parse_challenges(_CHALLENGE.findall(head))
        if _status(head) != _UNAUTHORIZED or not authenticator.accept(challenges):
            break
    return head


def _request(connection: socket.socket, parts: SplitResult, authenticator: Authenticator) -> str:
    connection.settimeout(ANSWER_TIMEOUT_S)
    host = parts.netloc.rpartition("@")[2]
    path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
    url = parts._replace(netloc=host).geturl()
    first = _REQUESTS[parts.scheme].format(path=path, url=url)
    method, target, _ = first.split(" ", 2)
    lines = [first, f"Host: {host}", "CSeq: 1"]
    authorization = authenticator.authorization(method, target)
    if authorization is not None:
        lines.append(f"Authorization: {authorization}")
    connection.sendall("\r\n".join([*lines, "", ""]).encode("latin-1", errors="replace"))
    head = b""
    while b"\r\n\r\n" not in head and len(head) < MAX_ANSWER_BYTES:
        part = connection.recv(MAX_ANSWER_BYTES)
        if not part:
            break
        head += part
    return head.partition(b"\r\n\r\n")[0].decode("ascii", "replace")


def _status(head: str) -> int:
    """Return the status of an answer; 0 if it has none."""
    _, status, *_ = *head.partition("\n")[0].split(), "", ""
    return int(status) if status.isdecimal() else 0


def _from_answer(device: OpenCvDevice, head: str, *, has_credentials: bool) -> CameraError:
    lines = head.splitlines()[1:]
    code = _status(head)
    if code in _FORBIDDEN:
        remedy = (
            "refuses the user or the password of its address: correct them"
            if has_credentials
            else "refuses access: put its user and password into the address, as in"
            " rtsp://USER:PASSWORD@HOST/PATH"
        )
        return CameraPermissionDenied(f"{device} {remedy}")
    if code in _TOO_MANY:
        return CameraBusy(f"{device} is busy ({code}): end another program that reads from it")
    if code >= 400:
        return CameraAbsent(f"{device} has no such stream ({code}): check the path")
    if any(_IS_TEXT.match(line) for line in lines):
        return CameraMisconfigured(f"{device} is a web page: look up the address of its stream")
    if code == 0:
        return NoData(f"{device} accepts connections but does not answer: cycle its power")
    return NoData(f"{device} sends no pictures, or none that OpenCV can decode: see its settings")
