"""Streams that can be read repeatedly, unlike the body of an HTTP response."""

import io
import threading
from contextlib import suppress
from typing import Any


class StreamRecording:
    """The part of a stream that was read so far; it reads on only as needed. Thread-safe."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self._lock = threading.Lock()
        self._content = bytearray()
        self._ended = False

    def read(self, start: int, size: int | None) -> Any:
        """Return `size` bytes from `start`, fewer at the end; all of them if `size` is `None`.

        Blocks as the stream does. What the stream returns instead of bytes is returned unchanged.
        """
        end = None if size is None else start + size
        with self._lock:
            while not self._ended and (end is None or len(self._content) < end):
                more = self._read_on(None if end is None else end - len(self._content))
                if more and not isinstance(more, bytes | bytearray | memoryview):
                    return more
                self._ended = self._ended or end is None or not more
                self._content += more or b""
            return bytes(self._content[start:end])

    def _read_on(self, size: int | None) -> Any:
        if size is not None:
            with suppress(TypeError):  # its `read` takes no size
                return self.stream.read(size)
        self._ended = True
        return self.stream.read()


class RecordedStream(io.RawIOBase):
    """A stream from its beginning, with the other attributes of the original.

    Closing it leaves the original open for later readers.
    """

    def __init__(self, recording: StreamRecording) -> None:
        self.__dict__.update(_recording=recording, _position=0)

    def rewound(self) -> "RecordedStream":
        """Return another reader, at the beginning."""
        return RecordedStream(self._recording)

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def read(self, size: int | None = -1, *_: Any, **__: Any) -> Any:
        """Read as from a file; further arguments, as HTTP responses take them, are ignored."""
        data = self._recording.read(self._position, None if size is None or size < 0 else size)
        if isinstance(data, bytes):
            self.__dict__["_position"] += len(data)
        return data

    def readinto(self, buffer: Any) -> int:
        """Read into a buffer, and return the number of bytes."""
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set the position, and return it."""
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
        """Return an attribute of the original."""
        return getattr(self.__dict__["_recording"].stream, name)

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute of the original, if that allows it."""
        with suppress(AttributeError):
            setattr(self._recording.stream, name, value)
