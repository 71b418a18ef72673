"""Streams that can be read once, as HTTP answers, kept for as many decodings as are wanted."""

import io
from typing import Any


def is_stream(data: object) -> bool:
    """Whether data are to be read rather than looked at."""
    return callable(getattr(data, "read", None))


def read_to_end(stream: Any) -> bytes:
    """Return all that a stream has; blocks as long as its sender does."""
    return stream.getvalue() if isinstance(stream, io.BytesIO) else bytes(stream.read())


class KeptStream(io.BytesIO):
    """What a stream gave, from its beginning; all else, as `headers`, is the stream's own.

    It takes any attribute, as HTTP answers do.
    """

    def __init__(self, body: bytes, stream: object) -> None:
        """`stream` was read to its end."""
        super().__init__(body)
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """Return an attribute that no `BytesIO` has."""
        if name == "_stream":  # before there is one, as in a copy
            raise AttributeError(name)
        return getattr(self._stream, name)
