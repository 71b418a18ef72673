"""Log of requests and answers in the robot's data buffer."""

import logging
import threading
from typing import Any

# Answers contain pictures: no more are kept in memory while the robot does not respond.
MAX_PENDING = 16


class ImageLog:
    """Send messages without waiting; an error never costs an answer. Thread-safe."""

    def __init__(self, data_buffer_client: Any, logger: logging.Logger) -> None:
        self._client = data_buffer_client
        self._logger = logger
        self._slots = threading.Semaphore(MAX_PENDING)
        self._has_warned = False

    def log(self, message: Any) -> None:
        """Send a message; the caller may modify it afterwards."""
        if not self._slots.acquire(blocking=False):
            self._warn_once("the robot's data buffer does not keep up: images are not logged")
            return
        try:
            sent = self._client.add_protobuf_async(message)
            sent.add_done_callback(self._on_sent)
        except Exception as error:  # noqa: BLE001 - the answer is sent in any case
            self._slots.release()
            self._warn_once(f"images cannot be logged: {type(error).__name__}: {error}")

    def _on_sent(self, sent: Any) -> None:
        self._slots.release()
        error = sent.exception()
        if error is None:
            self._has_warned = False
        else:
            self._warn_once(f"images cannot be logged: {type(error).__name__}: {error}")

    def _warn_once(self, text: str) -> None:
        if not self._has_warned:
            self._has_warned = True
            self._logger.warning("%s", text)
