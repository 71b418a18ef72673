"""Requests and answers in the robot's log, through its data buffer."""

import logging
import threading
from typing import Any

# Answers hold pictures: while the robot takes none, no more than these are kept for it.
MAX_UNDER_WAY = 16


class ImageLog:
    """Sends messages and does not wait; trouble with it costs no answer. Thread-safe."""

    def __init__(self, data_buffer_client: Any, logger: logging.Logger) -> None:
        self._client = data_buffer_client
        self._logger = logger
        self._room = threading.Semaphore(MAX_UNDER_WAY)
        self._complained = False

    def note(self, message: Any) -> None:
        """Send a message; it may be changed afterwards."""
        if not self._room.acquire(blocking=False):
            self._complain("the robot's data buffer does not keep up: images are left out")
            return
        try:
            sent = self._client.add_protobuf_async(message)
            sent.add_done_callback(self._sent)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer goes out
            self._room.release()
            self._complain(f"images cannot be logged: {type(error).__name__}: {error}")

    def _sent(self, sent: Any) -> None:
        self._room.release()
        error = sent.exception()
        if error is None:
            self._complained = False
        else:
            self._complain(f"images cannot be logged: {type(error).__name__}: {error}")

    def _complain(self, text: str) -> None:
        if not self._complained:
            self._complained = True
            self._logger.warning("%s", text)
