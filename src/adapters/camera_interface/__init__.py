"""Cameras written for the SDK's `image_service_helpers`, as cameras of ours."""

from spot_webcam.adapters.camera_interface.camera import InterfaceCamera
from spot_webcam.adapters.camera_interface.described import is_interface
from spot_webcam.adapters.camera_interface.errors import translated

__all__ = ["InterfaceCamera", "is_interface", "translated"]
