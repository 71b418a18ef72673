"""What clients have written into the data buffer."""

import itertools
from collections import deque
from typing import Any

from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import full

RECORD_LIMIT = 10_000
RECORD_LIMIT_BYTES = 64 * 2**20
SCHEMA_LIMIT = 1_000


class Recordings:
    """Messages of the data buffer, oldest first; they survive a reboot.

    At most `RECORD_LIMIT` and `RECORD_LIMIT_BYTES` of all kinds together; the oldest go first.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._messages: deque[tuple[Any, int]] = deque()
        self._bytes = 0
        self._schemas: dict[bytes, int] = {}
        self._serial = itertools.count(1)

    def add(self, message: Any) -> None:
        """Keep a copy of a message.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for a message that is larger than the whole.
        """
        kept = type(message)()
        kept.CopyFrom(message)
        size = kept.ByteSize()
        if size > RECORD_LIMIT_BYTES:
            raise full("bytes of recordings", RECORD_LIMIT_BYTES)
        with self._changes.changing():
            self._messages.append((kept, size))
            self._bytes += size
            while len(self._messages) > RECORD_LIMIT or self._bytes > RECORD_LIMIT_BYTES:
                self._bytes -= self._messages.popleft()[1]

    def of_type(self, message_type: type[Any]) -> list[Any]:
        """Return the kept messages of one type."""
        with self._changes.reading():
            return [one for one, _ in self._messages if isinstance(one, message_type)]

    def total_bytes(self) -> int:
        """How large the kept messages are together."""
        with self._changes.reading():
            return self._bytes

    def schema_id(self, schema: Any) -> int:
        """Return the number of a schema; the same schema has the same number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, when there are `SCHEMA_LIMIT`.
        """
        name = schema.SerializeToString(deterministic=True)
        with self._changes.changing():
            if name not in self._schemas:
                if len(self._schemas) >= SCHEMA_LIMIT:
                    raise full("signal schemas", SCHEMA_LIMIT)
                self._schemas[name] = next(self._serial)
            return self._schemas[name]

    def has_schema(self, schema_id: int) -> bool:
        """Whether a schema has this number."""
        with self._changes.reading():
            return schema_id in self._schemas.values()
