"""The host's clock and its name lock."""
