"""Clock, name lock and network of the host."""
