from spot_webcam.domain.health.pauses import MAX_LATE_S, PauseDetector
from spot_webcam.domain.timing import NANOSECONDS

LATE_NS = int(MAX_LATE_S * NANOSECONDS)
SECOND = NANOSECONDS


def stepped(due_ns: int) -> PauseDetector:
    pauses = PauseDetector()
    pauses.begin_step(0)
    pauses.end_step(due_ns)
    return pauses


def test_process_that_never_stepped_never_paused() -> None:
    assert PauseDetector().resumed_ns(100 * SECOND) == 0


def test_steps_that_are_not_late_are_no_pause() -> None:
    pauses = stepped(SECOND)
    assert pauses.resumed_ns(SECOND + LATE_NS) == 0
    pauses.begin_step(SECOND + LATE_NS)
    assert pauses.resumed_ns(2 * SECOND) == 0


def test_step_before_it_is_due_is_no_pause() -> None:
    pauses = stepped(SECOND)
    pauses.begin_step(1)
    pauses.end_step(3 * SECOND)
    assert pauses.resumed_ns(2 * SECOND) == 0


def test_late_step_ends_a_pause() -> None:
    pauses = stepped(SECOND)
    pauses.begin_step(4 * SECOND)
    pauses.end_step(5 * SECOND)
    assert pauses.resumed_ns(5 * SECOND) == 4 * SECOND
    pauses.begin_step(5 * SECOND)
    assert pauses.resumed_ns(5 * SECOND) == 4 * SECOND


def test_pause_whose_end_is_not_recorded_yet_ends_now() -> None:
    """The stepping thread is not the first one that runs again."""
    pauses = stepped(SECOND)
    assert pauses.resumed_ns(4 * SECOND) == 4 * SECOND
    assert pauses.resumed_ns(4 * SECOND + 1) == 4 * SECOND + 1


def test_step_itself_may_take_any_time() -> None:
    """As one that calls a robot which does not answer."""
    pauses = stepped(SECOND)
    pauses.begin_step(SECOND)
    assert pauses.resumed_ns(60 * SECOND) == 0
