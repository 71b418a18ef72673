"""Reading from a client that may be slow, with an end to it."""

import io
import socket
import time
from typing import Any


class TooSlow(Exception):
    """The time for all of what a client sends is over."""


class TimedReader(io.RawIOBase):
    """Reads a connection for `seconds` in all, from now on; to be buffered by who reads lines.

    A socket's own timeout is for each read: whoever sends a byte now and then is never over it.
    Reads raise `TooSlow`, and leave the socket with some other timeout than it had.
    """

    def __init__(self, connection: socket.socket, seconds: float) -> None:
        super().__init__()
        self._connection = connection
        self._end_s = time.monotonic() + seconds

    def readable(self) -> bool:
        """Say that this is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, at least a byte; 0 at the end."""
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TooSlow
        self._connection.settimeout(left_s)
        try:
            return self._connection.recv_into(buffer)
        except TimeoutError:
            raise TooSlow from None
