"""SIGINT and SIGTERM as an event, others as requests."""

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_LOG = logging.getLogger(__name__)

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_signals() -> Iterator[threading.Event]:
    """Yield an event that SIGINT and SIGTERM set; for the main thread only.

    Signals that were blocked (see `cli/entry.py`) are unblocked meanwhile, and pending ones
    delivered at once. `sigwait` would need them blocked in all threads, those of native libraries
    included, and child processes would inherit the mask.

    A handler that sets an event, or logs, may interrupt the main thread while it holds the lock
    that the handler needs. So the handler does nothing: the interpreter writes the signal's
    number to a socket, and a thread reads it from there.
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
    # After the start of the watcher, which inherits the mask and starts no child processes.
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    try:
        yield stopping
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        signal.set_wakeup_fd(wakeup)
        for number, handler in handlers.items():
            # Blocked in this thread, they still reach others. Nothing is left to stop.
            signal.signal(number, signal.SIG_IGN if number in blocked else handler)
        sender.close()
        watcher.join()
        receiver.close()


@contextmanager
def on_signal(number: signal.Signals, request: Callable[[], None]) -> Iterator[None]:
    """Call a function on a signal that would end the process; for the main thread only.

    The function interrupts this thread anywhere: it takes no lock and logs nothing.
    """
    before = signal.signal(number, lambda _number, _frame: request())
    try:
        yield
    finally:
        signal.signal(number, before)


def _do_nothing(_number: int, _frame: object) -> None:
    """Leave the signal to the wakeup socket."""


def _watch(receiver: socket.socket, stopping: threading.Event) -> None:
    while numbers := receiver.recv(64):
        for number in numbers:
            if number in _SIGNALS and not stopping.is_set():
                # First, because a log handler may block.
                stopping.set()
                _LOG.info("%s: stopping", signal.Signals(number).name)
