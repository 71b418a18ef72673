"""What a frame, a source, a request, an encoding, a status and a fault are. Pure."""
