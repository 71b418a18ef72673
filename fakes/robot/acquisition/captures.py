"""Store of captures: the oldest are dropped first."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bosdyn.api.data_acquisition_pb2 import DataIdentifier

from spot_webcam.fakes.robot.state.bounded_log import BoundedLog
from spot_webcam.fakes.robot.state.changes import Changes

CAPTURE_LIMIT = 10_000
CAPTURE_LIMIT_BYTES = 256 * 2**20


class CaptureKind(Enum):
    """Type of a capture's content: plain bytes, or the serialized message of this name."""

    IMAGE = "ImageCapture"
    DATA = "bytes"
    METADATA = "AssociatedMetadata"
    ALERT = "AssociatedAlertData"


@dataclass(frozen=True, slots=True)
class StoredCapture:
    """One stored capture. `time_ns` is robot time: of its action, or else of the storage."""

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
    """The data-acquisition store, oldest first; it survives a reboot. Thread-safe.

    Beyond its limits the oldest captures are dropped, whether clients have fetched them or not.
    """

    def __init__(
        self,
        changes: Changes,
        now_ns: Callable[[], int],
        *,
        max_captures: int = CAPTURE_LIMIT,
        max_bytes: int = CAPTURE_LIMIT_BYTES,
    ) -> None:
        self._changes = changes
        self._now_ns = now_ns
        self._captures = BoundedLog[StoredCapture](changes, "captures", max_captures, max_bytes)
        self._last_id = 0

    def add(
        self, kind: CaptureKind, data_id: Any, content: bytes, file_extension: str = ""
    ) -> StoredCapture:
        """Store a capture under a new number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for a capture larger than the whole store.
        """
        self.check_size(len(content))
        action = data_id.action_id
        has_time = action.HasField("timestamp")
        with self._changes.changing():
            self._last_id += 1
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
                time_ns=action.timestamp.ToNanoseconds() if has_time else self._now_ns(),
                content=content,
                file_extension=file_extension,
                identifier=identifier.SerializeToString(),
            )
            self._captures.add(capture, len(content))
            return capture

    def check_size(self, size: int) -> None:
        """Check that a capture of this size can be stored.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for a larger capture.
        """
        self._captures.check_size(size)

    def all(self) -> list[StoredCapture]:
        """Return the stored captures, oldest first."""
        return self._captures.all()

    def last_id(self) -> int:
        """Return the highest number so far; 0 before the first capture."""
        with self._changes.reading():
            return self._last_id


def in_range(captures: Iterable[StoredCapture], from_ns: int, to_ns: int) -> list[StoredCapture]:
    """Return the captures of a time range, both ends included."""
    return [capture for capture in captures if from_ns <= capture.time_ns <= to_ns]
