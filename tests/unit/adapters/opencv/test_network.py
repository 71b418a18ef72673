from __future__ import annotations

import errno
import socket
from collections.abc import Callable
from typing import Any

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.opencv import network
from spot_webcam.adapters.opencv.device import Kind, OpenCvDevice
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraBusy,
    CameraError,
    CameraMisconfigured,
    CameraPermissionDenied,
    NoData,
)
from spot_webcam.domain.sources.address import DeviceAddress

FRONT = "rtsp://operator:p%40ss@host/front?a=b"


def at(url: str) -> OpenCvDevice:
    return OpenCvDevice(Kind.URL, DeviceAddress(url), cv2.CAP_FFMPEG)


class Connection:
    """A socket that accepts a request and returns an answer in parts."""

    def __init__(self, *parts: bytes, error: OSError | None = None) -> None:
        self.parts = list(parts)
        self.error = error
        self.sent = b""
        self.closed = False

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def settimeout(self, timeout_s: float) -> None:
        assert timeout_s > 0

    def sendall(self, data: bytes) -> None:
        self.sent += data

    def recv(self, _size: int) -> bytes:
        if not self.parts and self.error is not None:
            raise self.error
        return self.parts.pop(0) if self.parts else b""


@pytest.fixture
def connect(monkeypatch: pytest.MonkeyPatch) -> Callable[[Connection | Exception], list[Any]]:
    """Let connections be this, or fail like this; returns the addresses."""
    monkeypatch.delenv("http_proxy", raising=False)
    asked: list[Any] = []

    def answer_by(outcome: Connection | Exception) -> list[Any]:
        def create(address: Any, timeout_s: float) -> Any:
            asked.append(address)
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        monkeypatch.setattr(socket, "create_connection", create)
        return asked

    return answer_by


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("rtsp://host/x", ("host", 554)),
        ("http://host/x", ("host", 80)),
        ("https://host/x", ("host", 443)),
        ("http://user:secret@host:8080/x", ("host", 8080)),
        ("rtsp://[fe80::1]:8554/x", ("fe80::1", 8554)),
    ],
)
def test_host_is_connected_to_and_released(
    connect: Callable[..., list[Any]], url: str, address: tuple[str, int]
) -> None:
    connection = Connection()
    asked = connect(connection)
    network.check_connection(at(url))
    assert asked == [address]
    assert connection.closed


@pytest.mark.parametrize("url", ["udp://@:1234", "srt://host:9000", "rtsp:///x"])
def test_other_protocols_are_left_to_ffmpeg(connect: Callable[..., list[Any]], url: str) -> None:
    asked = connect(OSError(errno.ECONNREFUSED, "x"))
    network.check_connection(at(url))
    assert asked == []
    assert type(network.why_no_stream(at(url))) is CameraAbsent


def test_proxy_is_left_to_ffmpeg(
    connect: Callable[..., list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = connect(OSError(errno.ECONNREFUSED, "x"))
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    network.check_connection(at("http://host/x"))
    assert asked == []


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (OSError(errno.ECONNREFUSED, "x"), CameraAbsent, "connection refused"),
        (OSError(errno.EHOSTUNREACH, "x"), CameraAbsent, "no route to host"),
        (TimeoutError("timed out"), CameraAbsent, "check the address"),
        (socket.gaierror(-2, "x"), CameraAbsent, "cannot resolve the host"),
        (UnicodeError("label too long"), CameraAbsent, "cannot resolve the host"),
        (OSError(errno.EMFILE, "x"), NoData, "LimitNOFILE"),
        (OSError(errno.ENFILE, "x"), NoData, "LimitNOFILE"),
    ],
)
def test_host_that_is_not_reached_is_reported_with_the_remedy(
    connect: Callable[..., list[Any]], error: Exception, kind: type[CameraError], says: str
) -> None:
    connect(error)
    with pytest.raises(CameraError, match=says) as caught:
        network.check_connection(at(FRONT))
    assert type(caught.value) is kind
    assert "rtsp://host/front" in str(caught.value)
    assert "p%40ss" not in str(caught.value)
    assert type(network.why_no_stream(at(FRONT))) is kind


@pytest.mark.parametrize("url", ["rtsp://user:pa/ss@host/x", "http://[host/x", "http://host:x/"])
def test_invalid_address_is_misconfigured(url: str) -> None:
    with pytest.raises(CameraMisconfigured, match="%2F") as caught:
        network.check_connection(at(url))
    assert "pa/ss" not in str(caught.value)


@pytest.mark.parametrize(
    ("head", "kind", "says"),
    [
        ("RTSP/1.0 401 Unauthorized", CameraPermissionDenied, "correct them"),
        ("HTTP/1.1 403 Forbidden", CameraPermissionDenied, "correct them"),
        ("HTTP/1.1 503 Service Unavailable", CameraBusy, "503"),
        ("RTSP/1.0 453 Not Enough Bandwidth", CameraBusy, "453"),
        ("RTSP/1.0 404 Not Found", CameraAbsent, "check the path"),
        ("HTTP/1.1 500 Oops", CameraAbsent, "500"),
        ("HTTP/1.1 200 OK\r\ncontent-type: TEXT/html", CameraMisconfigured, "web page"),
        ("HTTP/1.1 200 OK\r\nContent-Type: video/mp4", NoData, "decode"),
        ("RTSP/1.0 200 OK", NoData, "decode"),
        ("", NoData, "does not answer"),
        ("SSH-2.0-x", NoData, "does not answer"),
    ],
)
def test_answer_is_reported_with_the_remedy(
    connect: Callable[..., list[Any]], head: str, kind: type[CameraError], says: str
) -> None:
    connect(Connection(f"{head}\r\n".encode(), b"\r\nbody"))
    error = network.why_no_stream(at(FRONT))
    assert type(error) is kind
    assert says in str(error)
    assert "p%40ss" not in str(error)


@pytest.mark.parametrize("error", [TimeoutError("timed out"), ConnectionResetError()])
def test_silence_is_reported(connect: Callable[..., list[Any]], error: OSError) -> None:
    connection = Connection(error=error)
    connect(connection)
    assert "does not answer" in str(network.why_no_stream(at(FRONT)))
    assert connection.closed


def test_missing_user_is_reported_as_such(connect: Callable[..., list[Any]]) -> None:
    connect(Connection(b"RTSP/1.0 401 Unauthorized\r\n\r\n"))
    error = network.why_no_stream(at("rtsp://host/front"))
    assert type(error) is CameraPermissionDenied
    assert "USER:PASSWORD" in str(error)


@pytest.mark.parametrize(
    ("challenge", "answer"),
    [
        ("Basic realm=x", "Authorization: Basic b3BlcmF0b3I6cEBzcw=="),
        ('Digest realm="x", nonce="1"', 'Authorization: Digest username="operator"'),
    ],
)
def test_wrong_path_is_reported_to_the_right_user(
    connect: Callable[..., list[Any]], challenge: str, answer: str
) -> None:
    refusal = f"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\n\r\n"
    connection = Connection(refusal.encode(), b"RTSP/1.0 404 Not Found\r\n\r\n")
    connect(connection)
    assert "check the path" in str(network.why_no_stream(at(FRONT)))
    first, second, rest = connection.sent.decode().split("\r\n\r\n")
    assert "Authorization" not in first
    assert second.startswith("DESCRIBE rtsp://host/front?a=b RTSP/1.0\r\n")
    assert answer in second
    assert rest == ""


def test_request_over_http_names_the_path(connect: Callable[..., list[Any]]) -> None:
    connection = Connection()
    connect(connection)
    assert "does not answer" in str(network.why_no_stream(at("http://host:81")))
    assert connection.sent.decode().split("\r\n")[:2] == ["GET / HTTP/1.0", "Host: host:81"]


def test_answer_without_end_is_not_read_for_ever(connect: Callable[..., list[Any]]) -> None:
    connection = Connection(*[b"x" * 4096] * 3)
    connect(connection)
    network.why_no_stream(at(FRONT))
    assert len(connection.parts) == 2


@given(st.binary(max_size=200))
def test_any_answer_is_a_line_for_the_operator(answer: bytes) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", lambda *_: Connection(answer))
        error = network.why_no_stream(at(FRONT))
    assert isinstance(error, CameraError)
    assert str(error).isprintable()
