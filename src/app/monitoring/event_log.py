"""Event log: the last lines of this package's log, kept in memory."""

import logging
from collections import deque

from spot_webcam.app.monitoring.snapshot import Event
from spot_webcam.app.runtime.log_handler import ScrubbedFormatter, scrub_log
from spot_webcam.domain.sources.address import DeviceAddress

_PACKAGE = "spot_webcam"
# An hour at a line every 18 s; an outage is a handful of lines.
KEPT_EVENTS = 200
# Of a line: the page shows them in rows.
MAX_CHARS = 500
_NANOSECONDS_OF_MILLISECOND = 1_000_000


class EventLog(logging.Handler):
    """Keeps the lines from INFO on, without the credentials of cameras. Thread-safe."""

    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.setFormatter(ScrubbedFormatter("%(message)s", verbose=False))
        self.addFilter(logging.Filter(_PACKAGE))
        self._events: deque[Event] = deque(maxlen=KEPT_EVENTS)
        self._number = 0

    def attach(self, *addresses: DeviceAddress) -> None:
        """Keep lines from now on; take the credentials of these addresses out of them."""
        logging.getLogger().addHandler(self)
        for address in addresses:
            scrub_log(address)

    def detach(self) -> None:
        """Keep no more lines."""
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line; the lock of the handler is held."""
        self._number += 1
        self._events.append(
            Event(
                self._number,
                int(record.created * 1000) * _NANOSECONDS_OF_MILLISECOND,
                record.levelname.lower(),
                self.format(record)[:MAX_CHARS],
                str(getattr(record, "source", "")),
            )
        )

    @property
    def events(self) -> tuple[Event, ...]:
        """The last lines, the oldest first."""
        return tuple(self._events.copy())
