"""From a device name to a running camera."""
