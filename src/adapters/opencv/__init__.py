"""Cameras and image codec on OpenCV."""

from dataclasses import replace

from spot_webcam.adapters.opencv.camera import OpenCvCamera
from spot_webcam.adapters.opencv.codec import OpenCvCodec
from spot_webcam.adapters.opencv.device import Kind, opencv_device
from spot_webcam.adapters.opencv.video_file import VideoFileCamera
from spot_webcam.domain.ports import Camera, Clock, ModeRequest
from spot_webcam.domain.sources.address import DeviceAddress

__all__ = ["OpenCvCodec", "opencv_camera"]


def opencv_camera(
    address: DeviceAddress, request: ModeRequest, clock: Clock, *, is_recording: bool = False
) -> Camera:
    """Return the camera of an address, not opened yet.

    `is_recording` is whether a URL is to be played like a file.

    Raises:
        CameraMisconfigured: this build of OpenCV has no backend for the address.
    """
    device = opencv_device(address)
    if device.kind is Kind.FILE or is_recording:
        # A file is decoded ahead of its time: threads delay nothing.
        return VideoFileCamera(replace(device, decoder_threads=0), clock)
    return OpenCvCamera(device, request, clock)
