"""Calibration files of other programs: ROS `camera_info`, Kalibr and OpenCV's FileStorage."""

from spot_webcam.adapters.calibration.files import read_calibration

__all__ = ["read_calibration"]
