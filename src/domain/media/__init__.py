"""Pixels and bytes: images, JPEG, grayscale, run-length encoding."""
