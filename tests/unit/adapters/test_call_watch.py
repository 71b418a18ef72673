from typing import Any

from spot_webcam.adapters.bosdyn.call_watch import CallWatch


class Call:
    def __init__(self) -> None:
        self.cancelled = 0

    def cancel(self) -> None:
        self.cancelled += 1


def test_call_that_lasts_too_long_is_cancelled_once() -> None:
    now_s = [0.0]
    watch = CallWatch(5.0, lambda: now_s[0])
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
