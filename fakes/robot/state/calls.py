"""What was called, for tests to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

CALL_LIMIT: Final = 10_000


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One finished call. `method` is the full path, `code` the name of its gRPC status."""

    authority: str
    method: str
    code: str
