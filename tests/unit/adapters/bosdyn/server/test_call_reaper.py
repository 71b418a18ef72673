from typing import Any

import grpc
import pytest

from spot_webcam.adapters.bosdyn.server.call_reaper import LOOKS_BEFORE, CallReaper, evict

CALL_S, REQUEST_S = 30.0, 5.0
LOOK_S = 0.25
EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
OVERDUE = grpc.StatusCode.DEADLINE_EXCEEDED


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

    def look(self, times: int = 1) -> int:
        """Look repeatedly, as the server does; return how many calls were ended."""
        ended = 0
        for _ in range(times):
            self.now_s += LOOK_S
            ended += self.reaper.look()
        return ended

    def pass_time(self, seconds: float) -> int:
        return self.look(round(seconds / LOOK_S))


def ends(calls: list[Any]) -> list[int]:
    return [call.cancelled for call in calls]


@pytest.mark.parametrize(("received", "limit_s"), [(True, CALL_S), (False, REQUEST_S)])
def test_call_that_exceeds_its_limit_is_ended_once(received: bool, limit_s: float) -> None:
    stand = Stand()
    old, ended = stand.begin("a", "b", received=received)
    stand.reaper.end(ended)
    assert stand.pass_time(limit_s - 1.0) == 0
    [recent] = stand.begin("c", received=received)
    assert stand.pass_time(1.0) == 1
    assert stand.look() == 0
    stand.reaper.end(old)
    assert ends([old, ended, recent]) == [1, 0, 0]


def test_call_that_exceeds_both_limits_is_ended_once() -> None:
    stand = Stand()
    [call] = stand.begin("a")
    stand.look(LOOKS_BEFORE)
    stand.now_s = CALL_S
    assert stand.look() == 1
    assert call.cancelled == 1


def test_hundreds_of_calls_in_one_instant_are_not_refused() -> None:
    """The host may need a while to hand over their requests, which have arrived."""
    stand = Stand()
    calls = stand.begin(*map(str, range(500)))
    assert stand.look(LOOKS_BEFORE) == 0
    for call in calls:
        stand.reaper.received(call)
    assert stand.pass_time(REQUEST_S) == 0
    assert ends(calls) == [0] * 500


def test_pause_of_this_process_makes_no_call_silent() -> None:
    stand = Stand()
    stand.look(10)
    stand.now_s += LOOK_S / 2
    calls = stand.begin(*"abcdefgh")
    stand.now_s += 100.0
    assert stand.look(LOOKS_BEFORE) == 0
    assert ends(calls) == [0] * 8


def test_of_silent_calls_the_oldest_of_the_greediest_peer_are_refused() -> None:
    stand = Stand()
    calls = stand.begin(*"abbbbc")
    assert stand.look(LOOKS_BEFORE) == 0
    assert stand.look() == 3
    assert ends(calls) == [0, 1, 1, 1, 0, 0]
    assert stand.look() == 0


def test_calls_that_began_lately_are_not_refused_for_silent_ones() -> None:
    stand = Stand()
    silent = stand.begin(*"aa")
    stand.look(LOOKS_BEFORE)
    recent = stand.begin(*"bbbb")
    assert stand.look() == 2
    assert ends([*silent, *recent]) == [1, 1, 0, 0, 0, 0]


@pytest.mark.parametrize("port", [1, 2])
def test_host_whose_silent_calls_were_refused_has_its_next_ones_refused_at_once(port: int) -> None:
    """Also on another connection."""
    stand = Stand()
    old = stand.begin(*["ipv4:a:1"] * 4)
    stand.look(LOOKS_BEFORE + 1)
    assert ends(old) == [1, 0, 0, 0]
    recent = stand.begin(*["ipv4:b:1", f"ipv4:a:{port}"] * 2)
    assert sum(ends(old)) + ends(recent)[1] + ends(recent)[3] == 5
    assert ends(recent)[::2] == [0, 0]


def test_host_that_was_silent_long_ago_is_given_time_again() -> None:
    stand = Stand()
    stand.begin(*"aaaa")
    stand.look(LOOKS_BEFORE + 1)
    stand.pass_time(2 * REQUEST_S)
    calls = stand.begin(*"aaaaaa")
    assert ends(calls) == [0] * 6


def test_calls_with_a_request_are_not_limited_in_number() -> None:
    stand = Stand(max_without_request=1)
    calls = stand.begin(*"aaaa", received=True)
    stand.pass_time(1.0)
    assert ends(calls) == [0] * 4


def test_calls_that_have_ended_do_not_count() -> None:
    stand = Stand(max_without_request=1)
    for _ in range(3):
        [call] = stand.begin("a")
        stand.pass_time(1.0)
        stand.reaper.end(call)
        assert call.cancelled == 0


def test_call_that_ends_while_the_surplus_is_counted_is_not_ended() -> None:
    stand = Stand(max_without_request=0)

    class Ending(Call):
        def peer(self) -> str:
            stand.reaper.end(self)  # type: ignore[arg-type]
            return "a"

    ending: Any = Ending()
    stand.reaper.begin(ending)
    assert stand.pass_time(1.0) == 0
    assert ending.cancelled == 0


class RpcEvent:
    """The part of gRPC's own context that ends a call with a status."""

    def __init__(self) -> None:
        self.call = self
        self.statuses: list[tuple[int, str]] = []

    def cancel(self, code: int, details: str) -> None:
        self.statuses.append((code, details))


class GrpcCall(Call):
    def __init__(self) -> None:
        super().__init__()
        self._rpc_event = RpcEvent()

    @property
    def codes(self) -> list[int]:
        return [code for code, _ in self._rpc_event.statuses]


@pytest.mark.parametrize(
    ("seconds", "received", "max_calls", "code"),
    [
        (1.0, False, 0, EXHAUSTED),
        (REQUEST_S, False, 9, OVERDUE),
        (CALL_S, True, 9, OVERDUE),
    ],
)
def test_client_gets_a_status_that_says_why(
    seconds: float, received: bool, max_calls: int, code: grpc.StatusCode
) -> None:
    stand = Stand(max_calls)
    call: Any = GrpcCall()
    stand.reaper.begin(call)
    if received:
        stand.reaper.received(call)
    stand.pass_time(seconds)
    assert call.codes == [code.value[0]]
    assert call.cancelled == 0


def test_evicted_answer_ends_with_a_status_that_says_why() -> None:
    call: Any = GrpcCall()
    evict(call)
    assert call.codes == [EXHAUSTED.value[0]]


def test_call_whose_request_arrives_while_it_is_judged_is_not_refused() -> None:
    stand = Stand(max_without_request=0)

    class Arriving(Call):
        def peer(self) -> str:
            stand.reaper.received(call)
            return super().peer()

    call: Any = Arriving()
    stand.reaper.begin(call)
    assert stand.look(LOOKS_BEFORE + 1) == 0
    assert call.cancelled == 0
    assert stand.pass_time(CALL_S) == 1
