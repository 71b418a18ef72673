"""Cameras in child processes, so that a hang or crash affects no other camera. Linux only."""

from spot_webcam.adapters.isolated.adjustable import (
    IsolatedControlledCamera,
    IsolatedParametrisedCamera,
)
from spot_webcam.adapters.isolated.camera import ChildTimeouts, IsolatedCamera
from spot_webcam.adapters.isolated.worker import serve_camera

__all__ = [
    "ChildTimeouts",
    "IsolatedCamera",
    "IsolatedControlledCamera",
    "IsolatedParametrisedCamera",
    "serve_camera",
]
