"""The image service on the wire."""
