"""What has been captured and stored; the oldest goes first."""

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bosdyn.api.data_acquisition_pb2 import DataIdentifier

from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import full

CAPTURE_LIMIT = 10_000
CAPTURE_LIMIT_BYTES = 256 * 2**20


class CaptureKind(Enum):
    """What a capture's content is: bytes as given, or which message is serialized."""

    IMAGE = "ImageCapture"
    DATA = "bytes"
    METADATA = "AssociatedMetadata"
    ALERT = "AssociatedAlertData"


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """One thing stored. `time_ns` is robot time: its action's, or when it was stored."""

    kind: CaptureKind
    id: int
    action_name: str
    group_name: str
    channel: str
    data_name: str
    time_ns: int
    content: bytes
    file_extension: str
    identifier: bytes

    def data_id(self) -> Any:
        """Return its `bosdyn.api.DataIdentifier`."""
        return DataIdentifier.FromString(self.identifier)


class Captures:
    """The data-acquisition store, oldest first; it survives a reboot.

    At most `CAPTURE_LIMIT` and `CAPTURE_LIMIT_BYTES`: then the oldest are dropped, whether they
    were fetched or not.
    """

    def __init__(self, changes: Changes, now_ns: Callable[[], int]) -> None:
        self._changes = changes
        self._now_ns = now_ns
        self._serial = itertools.count(1)
        self._captures: deque[StoredCapture] = deque()
        self._bytes = 0
        self._last_id = 0

    def add(
        self, kind: CaptureKind, data_id: Any, content: bytes, file_extension: str = ""
    ) -> StoredCapture:
        """Keep a capture under a new number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, when it is larger than the whole store.
        """
        if len(content) > CAPTURE_LIMIT_BYTES:
            raise full("bytes of captures", CAPTURE_LIMIT_BYTES)
        action = data_id.action_id
        stamped = action.HasField("timestamp")
        with self._changes.changing():
            self._last_id = next(self._serial)
            identifier = DataIdentifier()
            identifier.CopyFrom(data_id)
            identifier.id = self._last_id
            capture = StoredCapture(
                kind=kind,
                id=self._last_id,
                action_name=action.action_name,
                group_name=action.group_name,
                channel=data_id.channel,
                data_name=data_id.data_name,
                time_ns=action.timestamp.ToNanoseconds() if stamped else self._now_ns(),
                content=content,
                file_extension=file_extension,
                identifier=identifier.SerializeToString(),
            )
            self._captures.append(capture)
            self._bytes += len(content)
            while len(self._captures) > CAPTURE_LIMIT or self._bytes > CAPTURE_LIMIT_BYTES:
                self._bytes -= len(self._captures.popleft().content)
            return capture

    def all(self) -> list[StoredCapture]:
        """Every capture that is still there, oldest first."""
        with self._changes.reading():
            return list(self._captures)

    def last_id(self) -> int:
        """The highest number given so far, 0 before the first."""
        with self._changes.reading():
            return self._last_id


def in_range(captures: Iterable[StoredCapture], from_ns: int, to_ns: int) -> list[StoredCapture]:
    """Keep the captures of these times, both ends included."""
    return [one for one in captures if from_ns <= one.time_ns <= to_ns]
