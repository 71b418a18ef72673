"""Streams that can be read again, as those of HTTP answers cannot."""

import io
import threading
from contextlib import suppress
from typing import Any


class Recording:
    """What was read of a stream so far. Thread-safe; it reads no more than it is asked for."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._lock = threading.Lock()
        self._bytes = bytearray()
        self._ended = False

    def read(self, start: int, size: int | None) -> Any:
        """Return so many bytes from there, fewer at the end; all if `size` is `None`.

        Blocks as the stream does. What is no bytes is returned as it came.
        """
        end = None if size is None else start + size
        with self._lock:
            while not self._ended and (end is None or len(self._bytes) < end):
                more = self._more(None if end is None else end - len(self._bytes))
                if more and not isinstance(more, bytes | bytearray | memoryview):
                    return more
                self._ended = self._ended or end is None or not more
                self._bytes += more or b""
            return bytes(self._bytes[start:end])

    def _more(self, size: int | None) -> Any:
        if size is not None:
            with suppress(TypeError):  # it is read as a whole only
                return self.stream.read(size)
        self._ended = True
        return self.stream.read()


class Replay(io.RawIOBase):
    """A stream from its beginning; all else that it has is the original's.

    To close it leaves the original open, for those who read it after this one.
    """

    def __init__(self, recording: Recording) -> None:
        self.__dict__.update(_recording=recording, _position=0)

    def again(self) -> "Replay":
        """Return another one, at the beginning."""
        return Replay(self._recording)

    def readable(self) -> bool:
        """Return true."""
        return True

    def seekable(self) -> bool:
        """Return true."""
        return True

    def read(self, size: int | None = -1, *_: Any, **__: Any) -> Any:
        """Read as files are; other arguments, as HTTP answers take them, change nothing."""
        wanted = None if size is None or size < 0 else size
        data = self._recording.read(self._position, wanted)
        if isinstance(data, bytes):
            self.__dict__["_position"] += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and return how many bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position, and return it."""
        if whence == io.SEEK_CUR:
            offset += self._position
        elif whence == io.SEEK_END:
            offset += len(self._recording.read(0, None))
        self.__dict__["_position"] = max(0, offset)
        return max(0, offset)

    def tell(self) -> int:
        """Return the position."""
        position: int = self._position
        return position

    def __getattr__(self, name: str) -> Any:
        """Return what the original has under a name."""
        return getattr(self.__dict__["_recording"].stream, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set it on the original, if that takes it."""
        with suppress(AttributeError):
            setattr(self._recording.stream, name, value)
