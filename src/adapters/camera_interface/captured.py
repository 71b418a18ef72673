"""What was captured, for decodings that may consume or change what they are given."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from bosdyn.api import service_customization_pb2

from spot_webcam.adapters.camera_interface.streams import KeptStream

_DictParam: TypeAlias = service_customization_pb2.DictParam


@dataclass(frozen=True, slots=True, eq=False)
class Captured:
    """What `blocking_capture` gave, of any type, with the parameters that it was given.

    `device_timestamp_ns` is its time in nanoseconds of the wall clock, `None` where that is no
    number. A `stream`, as an HTTP answer, was read to its end, and `data` are its bytes.
    """

    data: object
    device_timestamp_ns: int | None
    params: _DictParam | None
    stream: object = None

    def for_decoding(self, *, copied: bool) -> object:
        """Return the data as the camera gave them, a stream at its beginning each time.

        Arrays, alone or beside other things, are `copied` if that is asked for.
        """
        if self.stream is not None:
            return KeptStream(self.data, self.stream)  # type: ignore[arg-type]
        return _copied(self.data) if copied else self.data

    def is_changed(self, decoded: object) -> bool:
        """Whether what a decoding was given is not any more what was captured."""
        return self.stream is None and not _is_same(self.data, decoded)


def _copied(data: Any) -> Any:
    if isinstance(data, np.ndarray):
        return data.copy()
    if type(data) in (list, tuple):
        return type(data)(_copied(one) for one in data)
    if type(data) is dict:
        return {key: _copied(one) for key, one in data.items()}
    return data


def _is_same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return isinstance(other, np.ndarray) and bool(np.array_equal(one, other))
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(_is_same, one, other))
    if type(one) is dict:
        return one.keys() == other.keys() and all(_is_same(one[key], other[key]) for key in one)
    return True
