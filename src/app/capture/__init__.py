"""Capture: run one camera, know whether it is well, hold its newest frame."""
