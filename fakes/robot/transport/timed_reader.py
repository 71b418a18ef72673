"""Reader of a connection with a deadline for all of the data."""

import io
import socket
import time
from typing import Any


class TooSlow(Exception):
    """The deadline of a `TimedReader` has passed."""


class TimedReader(io.RawIOBase):
    """Reads a connection for `seconds` from its creation on, unbuffered; then raises `TooSlow`.

    A socket's own timeout applies to each read: a client that sends single bytes never exceeds it.
    Reads change the socket's timeout.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        super().__init__()
        self._connection = connection
        self._end_s = time.monotonic() + seconds

    def readable(self) -> bool:
        """Return True, as `io.RawIOBase` requires."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the available bytes, at least one; 0 at the end."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TooSlow
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv_into(buffer)
        except TimeoutError:
            raise TooSlow from None
