"""Clock and name lock of the host."""
