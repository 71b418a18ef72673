from typing import Any

from spot_webcam.adapters.bosdyn.server.call_reaper import CallReaper


class Call:
    def __init__(self, peer: str = "a") -> None:
        self.cancelled = 0
        self._peer = peer

    def peer(self) -> str:
        return self._peer

    def cancel(self) -> None:
        self.cancelled += 1


def test_call_that_lasts_too_long_is_cancelled_once() -> None:
    now_s = [0.0]
    watch = CallReaper(5.0, lambda: now_s[0])
    old: Any = Call()
    ended: Any = Call()
    young: Any = Call()
    watch.begin(old)
    watch.begin(ended)
    watch.end(ended)
    now_s[0] = 3.0
    watch.begin(young)
    assert watch.cancel_overdue() == 0
    now_s[0] = 5.0
    assert watch.cancel_overdue() == 1
    assert watch.cancel_overdue() == 0
    watch.end(old)
    assert [one.cancelled for one in (old, ended, young)] == [1, 0, 0]


def test_beyond_the_most_the_oldest_of_the_greediest_peer_is_cancelled() -> None:
    watch = CallReaper(5.0, lambda: 0.0, most=3)
    calls: list[Any] = [Call(peer) for peer in "abbbb"]
    for call in calls:
        watch.begin(call)
    assert [one.cancelled for one in calls] == [0, 1, 1, 0, 0]


def test_calls_that_have_ended_do_not_count() -> None:
    watch = CallReaper(5.0, lambda: 0.0, most=1)
    calls: list[Any] = [Call() for _ in range(3)]
    for call in calls:
        watch.begin(call)
        watch.end(call)
    assert [one.cancelled for one in calls] == [0, 0, 0]
