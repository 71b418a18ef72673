"""Cameras in processes of their own: one that hangs or crashes costs nobody else. Linux only."""

from spot_webcam.adapters.isolated.adjustable import (
    IsolatedControlledCamera,
    IsolatedParametrisedCamera,
)
from spot_webcam.adapters.isolated.camera import IsolatedCamera, Timeouts
from spot_webcam.adapters.isolated.worker import serve_camera

__all__ = [
    "IsolatedCamera",
    "IsolatedControlledCamera",
    "IsolatedParametrisedCamera",
    "Timeouts",
    "serve_camera",
]
