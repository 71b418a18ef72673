"""Geometry: where each pixel of a picture points."""
