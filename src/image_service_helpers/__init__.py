"""Drop-in replacement of `bosdyn.client.image_service_helpers`, with the same names.

docs/compared-with-the-sdk.md lists the differences in behaviour, and their reasons.
"""

from bosdyn.client.image_service_helpers import CameraInterface

from spot_webcam.image_service_helpers.capture_thread import (
    ImageCaptureThread,
    ThreadCaptureOutput,
)
from spot_webcam.image_service_helpers.greyscale import convert_RGB_to_grayscale
from spot_webcam.image_service_helpers.servicer import CameraBaseImageServicer
from spot_webcam.image_service_helpers.visual_image_source import VisualImageSource

__all__ = [
    "CameraBaseImageServicer",
    "CameraInterface",
    "ImageCaptureThread",
    "ThreadCaptureOutput",
    "VisualImageSource",
    "convert_RGB_to_grayscale",
]
