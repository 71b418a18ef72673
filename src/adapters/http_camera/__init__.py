"""Network cameras over HTTP: Motion JPEG, and single JPEGs."""

from spot_webcam.adapters.http_camera.camera import HttpCamera
from spot_webcam.adapters.http_camera.content import VideoInstead
from spot_webcam.adapters.http_camera.trust import Trust

__all__ = ["HttpCamera", "Trust", "VideoInstead"]
