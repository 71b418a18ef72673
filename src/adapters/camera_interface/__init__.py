"""Cameras written for the SDK's `image_service_helpers`, adapted to the `Camera` port."""

from spot_webcam.adapters.camera_interface.camera import InterfaceCamera
from spot_webcam.adapters.camera_interface.description import is_interface
from spot_webcam.adapters.camera_interface.errors import translated

__all__ = ["InterfaceCamera", "is_interface", "translated"]
