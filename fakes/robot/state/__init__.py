"""What the fake robot knows, and its rules; no sockets."""
