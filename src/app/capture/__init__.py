"""Capture: run one camera, know whether it is healthy, hold its newest frame."""
