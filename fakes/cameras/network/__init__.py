"""Fake network cameras on loopback, for tests of any client."""

from spot_webcam.fakes.cameras.network.guard import Guard
from spot_webcam.fakes.cameras.network.http_camera import HttpCameraServer, Refusal
from spot_webcam.fakes.cameras.network.loopback_server import LoopbackServer
from spot_webcam.fakes.cameras.network.manners import KNOWN_MANNERS, Manners, stream_bytes

__all__ = [
    "KNOWN_MANNERS",
    "Guard",
    "HttpCameraServer",
    "LoopbackServer",
    "Manners",
    "Refusal",
    "stream_bytes",
]
