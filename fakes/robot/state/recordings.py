"""Messages that clients have recorded in the data buffer."""

from typing import Any

from spot_webcam.fakes.robot.state.bounded_log import BoundedLog
from spot_webcam.fakes.robot.state.changes import Changes
from spot_webcam.fakes.robot.state.refusals import full

RECORD_LIMIT = 10_000
RECORD_LIMIT_BYTES = 64 * 2**20
SCHEMA_LIMIT = 1_000


class Recordings:
    """Messages of the data buffer, of all types together; they survive a reboot. Thread-safe."""

    def __init__(
        self,
        changes: Changes,
        *,
        max_messages: int = RECORD_LIMIT,
        max_bytes: int = RECORD_LIMIT_BYTES,
        max_schemas: int = SCHEMA_LIMIT,
    ) -> None:
        self._changes = changes
        self._messages = BoundedLog[Any](changes, "recordings", max_messages, max_bytes)
        self._max_schemas = max_schemas
        self._schemas: dict[bytes, int] = {}

    def add(self, message: Any) -> None:
        """Store a copy of a message.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for a message larger than the whole buffer.
        """
        copy = type(message)()
        copy.CopyFrom(message)
        self._messages.add(copy, copy.ByteSize())

    def of_type(self, message_type: type[Any]) -> list[Any]:
        """Return the stored messages of one type, oldest first."""
        return [message for message in self._messages.all() if isinstance(message, message_type)]

    def total_bytes(self) -> int:
        """Return the size of all stored messages together."""
        return self._messages.total_bytes()

    def schema_id(self, schema: Any) -> int:
        """Return the number of a schema; equal schemas have the same number.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED, for too many schemas.
        """
        key = schema.SerializeToString(deterministic=True)
        with self._changes.changing():
            if key not in self._schemas and len(self._schemas) >= self._max_schemas:
                raise full("signal schemas", self._max_schemas)
            return self._schemas.setdefault(key, len(self._schemas) + 1)

    def has_schema(self, schema_id: int) -> bool:
        """Whether a schema has this number."""
        with self._changes.reading():
            return schema_id in self._schemas.values()
