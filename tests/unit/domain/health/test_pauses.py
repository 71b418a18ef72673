from spot_webcam.domain.health.pauses import MAX_LATE_S, MAX_PAUSES, PauseDetector
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


def after_pauses(*pauses: tuple[int, int]) -> PauseDetector:
    """Return a detector of these pauses, each from its beginning to its end in seconds."""
    detector = PauseDetector()
    for began_s, ended_s in pauses:
        detector.end_step(began_s * SECOND)
        detector.begin_step(ended_s * SECOND)
    return detector


def excused_s(detector: PauseDetector, since_s: int, now_s: int = 100) -> float:
    limit_s = 2
    return detector.excused_ns(since_s * SECOND, limit_s * SECOND, now_s * SECOND) / SECOND


def test_silence_without_a_pause_counts_from_its_beginning() -> None:
    assert excused_s(PauseDetector(), 5) == 5
    assert excused_s(after_pauses((2, 4)), 5) == 5


def test_silence_counts_from_the_end_of_a_pause_that_fell_into_it() -> None:
    assert excused_s(after_pauses((6, 9)), 5) == 9
    assert excused_s(after_pauses((2, 9)), 5) == 9
    assert excused_s(after_pauses((6, 9), (10, 14)), 5) == 14


def test_pause_does_not_excuse_a_silence_that_was_too_long_before() -> None:
    assert excused_s(after_pauses((8, 9)), 5) == 5
    assert excused_s(after_pauses((6, 9), (12, 14), (15, 16)), 5) == 9


def test_pause_that_has_not_ended_yet_excuses_likewise() -> None:
    detector = after_pauses((6, 9))
    detector.end_step(10 * SECOND)
    assert excused_s(detector, 5, now_s=20) == 20
    assert excused_s(detector, 1, now_s=20) == 1


def test_only_the_last_pauses_are_kept() -> None:
    pauses = [(10 * number, 10 * number + 1) for number in range(1, MAX_PAUSES + 2)]
    detector = after_pauses(*pauses)
    assert excused_s(detector, 9, now_s=10_000) == 9
    assert excused_s(detector, 19, now_s=10_000) == 21
