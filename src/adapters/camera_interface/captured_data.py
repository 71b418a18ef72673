"""Result of `blocking_capture`, kept for decoders that consume or modify their input."""

import io
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from bosdyn.api import service_customization_pb2

from spot_webcam.adapters.camera_interface import picture_copies

_DictParam: TypeAlias = service_customization_pb2.DictParam


@dataclass(frozen=True, slots=True, eq=False)
class CapturedData:
    """Data of any type, and the parameters that they were captured with.

    `device_timestamp_ns` is the camera's wall-clock time, `None` if invalid; `took_s` the duration
    of the capture. A `stream`, such as an HTTP response, was read to its end into `data`; it is
    `rereadable`.
    """

    data: object
    device_timestamp_ns: int | None
    params: _DictParam | None
    took_s: float = 0.0
    stream: Any = None

    def decoder_input(self, *, copied: bool) -> object:
        """Return the data as the camera returned them; a stream starts at its beginning.

        Other data are copied if `copied`.
        """
        if self.stream is not None:
            stream = picture_copies.copied(self.stream)
            stream.seek(0)
            return stream
        return picture_copies.copied(self.data) if copied else self.data

    def is_changed(self, decoder_input: object) -> bool:
        """Report whether a decoder modified the arrays of its input."""
        if self.stream is not None:
            return False
        before, after = _arrays(self.data), _arrays(decoder_input)
        return len(before) != len(after) or not all(map(np.array_equal, before, after))


def read_to_end(stream: Any) -> bytes:
    """Return the content of a stream; blocks until its sender has sent all of it."""
    return stream.getvalue() if isinstance(stream, io.BytesIO) else bytes(stream.read())


def _arrays(data: Any) -> list[Any]:
    if isinstance(data, np.ndarray):
        return [data]
    parts = data.values() if type(data) is dict else data
    is_container = type(data) in (list, tuple, dict)
    return [array for part in parts for array in _arrays(part)] if is_container else []
