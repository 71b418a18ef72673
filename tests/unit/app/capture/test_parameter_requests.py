from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.parameter_requests import ParameterRequest, ParameterRequestQueue
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData
from spot_webcam.domain.frames.frame_store import Frame, StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues

ABSENT = CameraAbsent("unplugged")
MAX_REQUESTS = 128


def submit(
    queue: ParameterRequestQueue, values: ParameterValues, call: CancellationToken | None = None
) -> ParameterRequest:
    """Submit a request, of a call of its own unless one is given."""
    return queue.submit(values, call or CancellationToken())


@pytest.fixture
def queue() -> ParameterRequestQueue:
    return ParameterRequestQueue(MAX_REQUESTS)


@pytest.fixture(scope="session")
def stored(make_frame: Callable[..., Frame]) -> StoredFrame:
    return StoredFrame(make_frame())


def test_oldest_request_is_taken_with_all_that_want_the_same(queue: ParameterRequestQueue) -> None:
    first = submit(queue, {"brightness": 1})
    other = submit(queue, {"brightness": 2})
    second = submit(queue, {"brightness": 1})
    assert queue.next_batch() == [first, second]
    assert queue.next_batch() == [other]
    assert queue.next_batch() == []


def test_encoded_parameters_are_alike_when_their_bytes_are(queue: ParameterRequestQueue) -> None:
    first, other, second = (submit(queue, encoded) for encoded in (b"a", b"b", b"a"))
    assert queue.next_batch() == [first, second]
    assert queue.next_batch() == [other]
    assert other.values == b"b"


def test_equal_requests_are_two_requests(queue: ParameterRequestQueue) -> None:
    first, second = submit(queue, {"gain": 1}), submit(queue, {"gain": 1})
    assert first != second
    assert first.future is not second.future


def test_request_stays_as_it_was_submitted(queue: ParameterRequestQueue) -> None:
    values = {"brightness": 1}
    request = submit(queue, values)
    values["brightness"] = 2
    assert request.values == {"brightness": 1}


def test_request_gives_the_frame_that_was_taken_for_it(
    queue: ParameterRequestQueue, stored: StoredFrame
) -> None:
    request = submit(queue, {"brightness": 1})
    request.future.set_result(stored)
    assert request.wait(0.0) is stored
    assert request.wait(-1.0) is stored


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_request_that_is_not_taken_in_time_has_no_picture(
    queue: ParameterRequestQueue, timeout_s: float
) -> None:
    request = submit(queue, {"brightness": 1})
    with pytest.raises(NoData, match="took no picture with these parameters in time"):
        request.wait(timeout_s)


def test_failure_ends_every_request_with_an_error_of_its_own(queue: ParameterRequestQueue) -> None:
    submitted = [submit(queue, {"brightness": value}) for value in (1, 2, 1)]
    queue.fail(ABSENT)
    errors = []
    for request in submitted:
        with pytest.raises(CameraAbsent, match="unplugged") as caught:
            request.wait(0.0)
        errors.append(caught.value)
    # One that is raised again and again keeps every traceback.
    assert len({id(error) for error in (*errors, ABSENT)}) == 4
    assert queue.next_batch() == []


def test_failure_leaves_what_was_taken_and_what_comes_later(
    queue: ParameterRequestQueue, stored: StoredFrame
) -> None:
    submit(queue, {"brightness": 1})
    (taken,) = queue.next_batch()
    queue.fail(ABSENT)
    taken.future.set_result(stored)
    assert taken.wait(0.0) is stored
    later = submit(queue, {"brightness": 1})
    assert queue.next_batch() == [later]


# Calls.


def test_calls_take_turns_however_much_each_wants(queue: ParameterRequestQueue) -> None:
    greedy, modest, late = CancellationToken(), CancellationToken(), CancellationToken()
    first, second, third = (submit(queue, {"gain": gain}, greedy) for gain in (1, 2, 3))
    other = submit(queue, {"gain": 4}, modest)
    assert queue.next_batch() == [first]
    last = submit(queue, {"gain": 5}, late)
    assert [queue.next_batch() for _ in range(4)] == [[other], [second], [last], [third]]


def test_requests_of_a_cancelled_call_are_dropped(queue: ParameterRequestQueue) -> None:
    gone, call = CancellationToken(), CancellationToken()
    dropped = [submit(queue, {"gain": gain}, gone) for gain in range(5)]
    kept = submit(queue, {"gain": 0}, call)
    gone.cancel()
    for request in dropped:
        with pytest.raises(NoData):  # at once, so that its thread is free
            request.wait(60.0)
    assert queue.next_batch() == [kept]
    assert queue.is_empty


def test_call_that_has_ended_requests_nothing(queue: ParameterRequestQueue) -> None:
    call = CancellationToken()
    call.cancel()
    submit(queue, {"gain": 1}, call)
    assert queue.next_batch() == []


def test_end_of_a_call_leaves_what_is_being_taken(
    queue: ParameterRequestQueue, stored: StoredFrame
) -> None:
    call = CancellationToken()
    request = submit(queue, {"gain": 1}, call)
    queue.next_batch()
    call.cancel()
    request.future.set_result(stored)
    assert request.wait(0.0) is stored


def test_request_that_is_let_go_of_just_now_is_neither_taken_nor_failed(
    queue: ParameterRequestQueue,
) -> None:
    submit(queue, {"gain": 1}).future.cancel()
    assert queue.next_batch() == []
    submit(queue, {"gain": 1}).future.cancel()
    queue.fail(ABSENT)
    assert queue.next_batch() == []


def test_request_that_is_let_go_of_just_now_hides_none_behind_it(
    queue: ParameterRequestQueue,
) -> None:
    for _ in range(2):
        submit(queue, {"gain": 1}).future.cancel()
    behind = submit(queue, {"gain": 2})
    assert queue.next_batch() == [behind]
    assert behind.future.running()
    assert queue.is_empty


def test_requests_of_those_who_went_make_room(queue: ParameterRequestQueue) -> None:
    call = CancellationToken()
    for gain in range(MAX_REQUESTS):
        submit(queue, {"gain": gain}, call)
    with pytest.raises(NoData, match="too many"):
        submit(queue, {"gain": 1})
    call.cancel()
    submit(queue, {"gain": 1})


@given(st.lists(st.sampled_from(["1", "2", "3", "take", "spoil", "fail"]), max_size=40))
def test_every_request_ends_exactly_once(stored: StoredFrame, moves: list[str]) -> None:
    queue = ParameterRequestQueue(MAX_REQUESTS)
    submitted: list[ParameterRequest] = []
    ended: list[ParameterRequest] = []

    def end(request: ParameterRequest) -> None:
        # A future refuses a second outcome; this tells that there is a first one.
        request.future.add_done_callback(lambda _: ended.append(request))

    def serve(error: CameraError | None) -> None:
        taken = queue.next_batch()
        waiting = [one for one in submitted if one not in ended]
        assert taken == [one for one in waiting if one.values == waiting[0].values]
        for request in taken:
            if error is None:
                request.future.set_result(stored)
            else:
                request.future.set_exception(error)

    for move in (*moves, "fail"):
        if move.isdecimal():
            submitted.append(submit(queue, {"brightness": int(move)}))
            end(submitted[-1])
        elif move == "fail":
            queue.fail(ABSENT)
        else:
            serve(None if move == "take" else NoData("silent"))
    assert sorted(map(id, ended)) == sorted(map(id, submitted))
