"""A network camera: an HTTP server of this test, read by OpenCV's own client."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
import pytest

from spot_webcam.adapters.opencv import device, opencv_camera
from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData
from spot_webcam.domain.image import CaptureSettings, Layout
from spot_webcam.domain.ports import Camera, ModeRequest
from spot_webcam.fakes.cameras import read_sequence
from spot_webcam.fakes.cameras.pattern import Pattern

COLS, ROWS, PICTURES = 160, 120, 50
PERIOD_S = 0.02
BOUNDARY = "picture"
# A camera that says nothing is given up after this; the product waits for seconds.
TIMEOUT_MS = 700
# How many pictures may still lie in buffers when the server is gone.
MOST_BUFFERED = 200


def jpegs() -> list[bytes]:
    pattern = Pattern(COLS, ROWS, 0, Layout.BGR8, 1 / PERIOD_S)
    pictures = (pattern.frame(sequence) for sequence in range(PICTURES))
    return [bytes(cv2.imencode(".jpg", picture)[1]) for picture in pictures]


class MjpegServer(ThreadingHTTPServer):
    """Sends pictures to whoever asks, until it is stopped or stalls."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), MjpegHandler)
        self.pictures = jpegs()
        self.stopping = threading.Event()
        self.stalled = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/stream.mjpg"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no trouble."""

    def stop(self) -> None:
        """End all streams, and every thread."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()


class MjpegHandler(BaseHTTPRequestHandler):
    server: MjpegServer

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        self.end_headers()
        number = 0
        while not self.server.stopping.wait(PERIOD_S):
            if self.server.stalled.is_set():
                continue
            jpeg = self.server.pictures[number % PICTURES]
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
            self.wfile.write(f"{head}\r\n\r\n".encode() + jpeg + b"\r\n")
            number += 1

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's
        """Say nothing."""


StartServer = Callable[..., MjpegServer]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    servers = []

    def start(port: int = 0) -> MjpegServer:
        servers.append(MjpegServer(port))
        return servers[-1]

    yield start
    for server in servers:
        if not server.stopping.is_set():
            server.stop()


@pytest.fixture
def make_camera(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Camera]]:
    monkeypatch.setattr(device, "OPEN_TIMEOUT_MS", TIMEOUT_MS)
    monkeypatch.setattr(device, "READ_TIMEOUT_MS", TIMEOUT_MS)
    cameras = []

    def make(url: str) -> Camera:
        cameras.append(opencv_camera(url, ModeRequest(), SystemClock()))
        return cameras[-1]

    yield make
    for camera in cameras:
        camera.close()


def take(camera: Camera) -> int:
    camera.grab()
    sequence = read_sequence(camera.retrieve().pixels)
    assert sequence is not None
    return sequence


def drain(camera: Camera) -> None:
    """Grab what may still lie in buffers."""
    for _ in range(MOST_BUFFERED):
        camera.grab()


def test_pictures_arrive_in_order(
    start_server: StartServer, make_camera: Callable[[str], Camera]
) -> None:
    server = start_server()
    camera = make_camera(server.url)
    mode = camera.open()
    assert (mode.cols, mode.rows, mode.layout) == (COLS, ROWS, Layout.BGR8)
    seen = [take(camera) for _ in range(10)]
    assert list(np.diff(seen) % PICTURES) == [1] * 9
    assert camera.settings() == CaptureSettings()


def test_colours_are_right(start_server: StartServer, make_camera: Callable[[str], Camera]) -> None:
    camera = make_camera(start_server().url)
    camera.open()
    sequence = take(camera)
    pixels = camera.retrieve().pixels.astype(int)
    expected = Pattern(COLS, ROWS, 0, Layout.BGR8, 1 / PERIOD_S).frame(sequence).astype(int)
    assert np.abs(pixels - expected).mean() < np.abs(pixels[:, :, ::-1] - expected).mean() / 3


def test_server_that_stops_is_told_and_the_camera_opens_again(
    start_server: StartServer, make_camera: Callable[[str], Camera]
) -> None:
    server = start_server()
    camera = make_camera(server.url)
    camera.open()
    take(camera)

    server.stop()
    with pytest.raises(NoData):
        drain(camera)
    with pytest.raises(CameraAbsent, match=r"no answer from http://127\.0\.0\.1"):
        camera.open()

    start_server(server.server_port)
    camera.open()
    first = take(camera)
    assert take(camera) == (first + 1) % PICTURES


def test_server_that_stalls_is_given_up(
    start_server: StartServer, make_camera: Callable[[str], Camera]
) -> None:
    server = start_server()
    camera = make_camera(server.url)
    camera.open()
    take(camera)
    server.stalled.set()
    # Ends by itself, although the connection stands: the test's own timeout is far off.
    with pytest.raises(NoData):
        drain(camera)
    server.stalled.clear()
    camera.open()
    assert take(camera) >= 0


def test_server_that_never_sends_is_given_up(
    start_server: StartServer, make_camera: Callable[[str], Camera]
) -> None:
    server = start_server()
    server.stalled.set()
    with pytest.raises(CameraError):
        make_camera(server.url).open()


def test_passwords_are_not_told(make_camera: Callable[[str], Camera]) -> None:
    with pytest.raises(CameraAbsent) as failure:
        make_camera("http://operator:hunter2@127.0.0.1:1/stream").open()
    assert "127.0.0.1:1/stream" in str(failure.value)
    assert "hunter2" not in str(failure.value)
    assert "operator" not in str(failure.value)
