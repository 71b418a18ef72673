"""Network cameras of these tests, on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import cv2
import pytest

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cameras.factory import camera
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.ports import Camera, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.fakes.cameras.network import HttpCameraServer, LoopbackServer
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from tests.integration.cameras.rtsp_server import RtspServer

COLS, ROWS, PICTURES, FPS = 160, 120, 50, 40.0

MakeCamera = Callable[[str], Camera]


def make_jpegs(cols: int = COLS, rows: int = ROWS) -> list[bytes]:
    pattern = Pattern(cols, rows, 0, Layout.BGR8, FPS)
    pictures = (pattern.frame(sequence) for sequence in range(PICTURES))
    return [bytes(cv2.imencode(".jpg", picture)[1]) for picture in pictures]


@pytest.fixture(scope="session")
def jpegs() -> list[bytes]:
    """Pictures of 160x120 that tell their numbers."""
    return make_jpegs()


@pytest.fixture(scope="session")
def larger_jpegs() -> list[bytes]:
    return make_jpegs(2 * COLS, 2 * ROWS)


def _serving(server: LoopbackServer) -> Iterator[LoopbackServer]:
    server.start()
    yield server
    server.stop()


@pytest.fixture
def mjpeg_server(jpegs: list[bytes]) -> Iterator[LoopbackServer]:
    yield from _serving(HttpCameraServer(jpegs, 1 / FPS))


@pytest.fixture
def rtsp_server(jpegs: list[bytes]) -> Iterator[LoopbackServer]:
    yield from _serving(RtspServer(jpegs, 1 / FPS))


@pytest.fixture
def make_camera() -> Iterator[MakeCamera]:
    """Make cameras of URLs, not opened yet; they are closed afterwards."""
    with ExitStack() as stack:

        def make(url: str) -> Camera:
            made = camera(DeviceAddress(url), ModeRequest(), SystemClock())
            stack.callback(made.close)
            return made

        yield make
