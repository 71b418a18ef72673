from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper

CALL_S, REQUEST_S = 30.0, 5.0


class Call:
    """What the reaper uses of gRPC's context of a call."""

    def __init__(self, peer: str = "a") -> None:
        self.cancelled = 0
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    def cancel(self) -> None:
        self.cancelled += 1


class Stand:
    """A reaper with a clock that the test sets."""

    def __init__(self, max_without_request: int = 3) -> None:
        self.now_s = 0.0
        self.reaper = CallReaper(CALL_S, REQUEST_S, max_without_request, lambda: self.now_s)

    def begin(self, *peers: str, received: bool = False) -> list[Any]:
        calls: list[Any] = [Call(peer) for peer in peers]
        for call in calls:
            self.reaper.begin(call)
            if received:
                self.reaper.received(call)
        return calls


@pytest.mark.parametrize(("received", "limit_s"), [(True, CALL_S), (False, REQUEST_S)])
def test_call_that_exceeds_its_limit_is_cancelled_once(received: bool, limit_s: float) -> None:
    stand = Stand()
    old, ended = stand.begin("a", "b", received=received)
    stand.reaper.end(ended)
    stand.now_s = limit_s - 1.0
    [recent] = stand.begin("c", received=received)
    assert stand.reaper.cancel_overdue() == 0
    stand.now_s = limit_s
    assert stand.reaper.cancel_overdue() == 1
    assert stand.reaper.cancel_overdue() == 0
    stand.reaper.end(old)
    assert [call.cancelled for call in (old, ended, recent)] == [1, 0, 0]


def test_call_that_exceeds_both_limits_is_cancelled_once() -> None:
    stand = Stand()
    [call] = stand.begin("a")
    stand.now_s = CALL_S
    assert stand.reaper.cancel_overdue() == 1
    assert call.cancelled == 1


def test_surplus_call_without_a_request_cancels_the_oldest_of_the_greediest_peer() -> None:
    calls = Stand().begin(*"abbbb")
    assert [call.cancelled for call in calls] == [0, 1, 1, 0, 0]


def test_calls_with_a_request_are_not_limited_in_number() -> None:
    calls = Stand(max_without_request=1).begin(*"aaaa", received=True)
    assert [call.cancelled for call in calls] == [0] * 4


def test_calls_that_have_ended_do_not_count() -> None:
    stand = Stand(max_without_request=1)
    for _ in range(3):
        [call] = stand.begin("a")
        stand.reaper.end(call)
        assert call.cancelled == 0


def test_call_that_ends_while_the_surplus_is_counted_is_not_cancelled() -> None:
    stand = Stand(max_without_request=1)

    class Ending(Call):
        def peer(self) -> str:
            stand.reaper.end(self)  # type: ignore[arg-type]
            return "a"

    ending: Any = Ending()
    stand.reaper.begin(ending)
    [call] = stand.begin("b")
    assert (ending.cancelled, call.cancelled) == (0, 0)
