import logging
import os
import signal
import threading

import pytest

from spot_webcam.app.runtime.signals import on_signal, stop_signals
from tests.timing import PATIENCE_S


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_sets_the_event(number: signal.Signals) -> None:
    with stop_signals() as stopping:
        os.kill(os.getpid(), number)
        assert stopping.wait(PATIENCE_S)


def test_log_that_hangs_does_not_hold_the_event_up() -> None:
    go_on = threading.Event()

    class Hanging(logging.Handler):
        def emit(self, _record: logging.LogRecord) -> None:
            go_on.wait()

    log = logging.getLogger("spot_webcam.app.runtime.signals")
    handler, level = Hanging(), log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    try:
        with stop_signals() as stopping:
            os.kill(os.getpid(), signal.SIGTERM)
            assert stopping.wait(PATIENCE_S)
            go_on.set()
    finally:
        log.removeHandler(handler)
        log.setLevel(level)


def test_signal_that_comes_while_the_event_is_waited_for_does_not_stick() -> None:
    # A handler that sets the event itself may stick here, in the lock of the wait.
    with stop_signals() as stopping:
        done = threading.Event()

        def shower() -> None:
            while not done.is_set():
                os.kill(os.getpid(), signal.SIGTERM)

        storm = threading.Thread(target=shower)
        storm.start()
        for _ in range(500):
            stopping.wait(0.0001)
            stopping.clear()
        done.set()
        storm.join(PATIENCE_S)
        assert not storm.is_alive()


def test_handlers_are_put_back() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_signals():
        assert signal.getsignal(signal.SIGINT) is not before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_signals_that_were_held_back_before_are_ignored_afterwards() -> None:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    signal.pthread_sigmask(signal.SIG_BLOCK, numbers)
    try:
        # To this thread: those of numerical libraries hold nothing back.
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        with stop_signals() as stopping:
            assert stopping.wait(PATIENCE_S)
        # Another thread holds nothing back.
        other = threading.Thread(
            target=lambda: (
                signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers),
                os.kill(os.getpid(), signal.SIGTERM),
            )
        )
        other.start()
        other.join(PATIENCE_S)
        assert [signal.getsignal(number) for number in numbers] == [signal.SIG_IGN] * 2
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, signal.SIG_IGN)  # which takes back one that is on its way
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, numbers)


def test_hangup_is_a_request() -> None:
    requests: list[int] = []
    before = signal.getsignal(signal.SIGHUP)
    with on_signal(signal.SIGHUP, lambda: requests.append(1)):
        signal.raise_signal(signal.SIGHUP)
        assert requests == [1]
    assert signal.getsignal(signal.SIGHUP) is before
