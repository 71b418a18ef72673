"""Spot image service: any camera, kept alive."""

__version__ = "0.1.0"
