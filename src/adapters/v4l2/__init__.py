"""Video for Linux: cameras on `/dev/video*`. Importable on every system, usable on Linux."""

from spot_webcam.adapters.v4l2.camera import V4l2Camera
from spot_webcam.adapters.v4l2.discovery import CameraState, FoundCamera, find_cameras, probe_node
from spot_webcam.adapters.v4l2.kernel import LinuxKernel
from spot_webcam.adapters.v4l2.names import DeviceNames, Node

__all__ = [
    "CameraState",
    "DeviceNames",
    "FoundCamera",
    "LinuxKernel",
    "Node",
    "V4l2Camera",
    "find_cameras",
    "probe_node",
]
