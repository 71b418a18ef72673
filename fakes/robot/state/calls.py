"""Record of the calls that clients made, for tests to inspect."""

from collections import deque
from dataclasses import dataclass

from spot_webcam.fakes.robot.state.changes import Changes

CALL_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished call. `method` is the full path, `code` the name of its gRPC status."""

    authority: str
    method: str
    code: str


class CallLog:
    """The last `CALL_LIMIT` finished calls. Thread-safe."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._calls: deque[CallRecord] = deque(maxlen=CALL_LIMIT)

    def record(self, call: CallRecord) -> None:
        """Append a finished call."""
        with self._changes.changing():
            self._calls.append(call)

    def all(self) -> list[CallRecord]:
        """Return the recorded calls, oldest first."""
        with self._changes.reading():
            return list(self._calls)
