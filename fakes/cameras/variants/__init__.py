"""Synthetic cameras with JPEG output, controls or custom parameters."""
