"""SIGINT and SIGTERM as an event."""

import logging
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_LOG = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Give an event that SIGINT and SIGTERM set meanwhile; for the main thread only.

    Those that were held back (see entry.py) come through meanwhile, those of before at once.

    A handler that sets an event, or logs, may interrupt the main thread while that holds the
    very lock that it needs. So the handler does nothing: the interpreter writes the signal's
    number into a socket, and a thread reads it there.
    """
    stopping = threading.Event()
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    handlers = {number: signal.signal(number, _do_nothing) for number in _SIGNALS}
    wakeup = signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    watcher = threading.Thread(
        target=_watch, args=(receiver, stopping), name="signals", daemon=True
    )
    watcher.start()
    # Not before the watcher has started: what it inherits from here, it hands to no child.
    held_back = signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    try:
        yield stopping
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, held_back)
        signal.set_wakeup_fd(wakeup)
        for number, handler in handlers.items():
            # Held back in this thread, they still reach others. Nothing is left to be stopped.
            signal.signal(number, signal.SIG_IGN if number in held_back else handler)
        sender.close()
        watcher.join()
        receiver.close()


def _do_nothing(_number: int, _frame: object) -> None:
    """Let the wakeup socket tell."""


def _watch(receiver: socket.socket, stopping: threading.Event) -> None:
    while numbers := receiver.recv(64):
        for number in numbers:
            if number in _SIGNALS and not stopping.is_set():
                # First of all: what is logged may have to wait for who reads the log.
                stopping.set()
                _LOG.info("%s: stopping", signal.Signals(number).name)
