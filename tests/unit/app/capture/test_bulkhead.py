from spot_webcam.app.capture.bulkhead import Admission, Bulkhead

REFUSED, BRIEF, UNTIL_DEADLINE = Admission.REFUSED, Admission.BRIEF, Admission.UNTIL_DEADLINE


def test_no_source_takes_all_places() -> None:
    bulkhead = Bulkhead(3, 2)
    outcomes = [bulkhead.acquire("stuck") for _ in range(3)]
    assert outcomes == [UNTIL_DEADLINE, UNTIL_DEADLINE, REFUSED]
    assert bulkhead.acquire("good") is UNTIL_DEADLINE
    bulkhead.release("good")
    assert bulkhead.acquire("good") is UNTIL_DEADLINE


def test_all_sources_together_have_no_more_places_than_the_total() -> None:
    bulkhead = Bulkhead(3, 2)
    outcomes = [bulkhead.acquire(name) for name in "aabb"]
    assert outcomes == [UNTIL_DEADLINE, UNTIL_DEADLINE, UNTIL_DEADLINE, REFUSED]
    bulkhead.release("a")
    assert bulkhead.acquire("b") is UNTIL_DEADLINE
    assert bulkhead.acquire("a") is REFUSED


def test_requests_beyond_those_for_a_slow_source_wait_briefly() -> None:
    bulkhead = Bulkhead(9, 3, 1)
    outcomes = [bulkhead.acquire("cam") for _ in range(4)]
    assert outcomes == [UNTIL_DEADLINE, BRIEF, BRIEF, REFUSED]
    for _ in range(3):
        bulkhead.release("cam")
    assert bulkhead.acquire("cam") is UNTIL_DEADLINE
