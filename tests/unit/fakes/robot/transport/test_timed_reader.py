"""Deadline of a reader, without connections and real time."""

import io
from typing import Any

import pytest

from spot_webcam.fakes.robot.transport import timed_reader
from spot_webcam.fakes.robot.transport.timed_reader import TimedReader, TooSlow


class Connection:
    """Gives a byte every 1.5 s, as long as there are some."""

    def __init__(self, sent: bytes) -> None:
        self.now_s = 100.0
        self.timeouts: list[float] = []
        self._sent = io.BytesIO(sent)

    def settimeout(self, seconds: float) -> None:
        self.timeouts.append(seconds)

    def recv_into(self, buffer: Any) -> int:
        self.now_s += 1.5
        if self.timeouts[-1] < 1.5:
            raise TimeoutError
        return self._sent.readinto(memoryview(buffer)[:1])


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Connection:
    connection = Connection(b"one\ntwo")
    monkeypatch.setattr(timed_reader.time, "monotonic", lambda: connection.now_s)
    return connection


def test_time_is_for_all_of_it(connection: Connection) -> None:
    reader = io.BufferedReader(TimedReader(connection, 7.0))  # type: ignore[arg-type]
    assert reader.readline() == b"one\n"
    with pytest.raises(TooSlow):
        reader.readline()
    assert connection.timeouts == [7.0, 5.5, 4.0, 2.5, 1.0]


def test_time_that_is_over_between_two_reads_is_noticed(connection: Connection) -> None:
    reader = io.BufferedReader(TimedReader(connection, 6.0))  # type: ignore[arg-type]
    assert reader.readline() == b"one\n"
    with pytest.raises(TooSlow):
        reader.readline()
    assert len(connection.timeouts) == 4


def test_all_that_comes_in_time_is_read(connection: Connection) -> None:
    reader = io.BufferedReader(TimedReader(connection, 60.0))  # type: ignore[arg-type]
    assert reader.read() == b"one\ntwo"
