from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.parameter_requests import ParameterRequest, ParameterRequestQueue
from spot_webcam.domain.errors import CameraAbsent, CameraError, NoData
from spot_webcam.domain.frames.frame import Frame
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.sources.parameters import ParameterValues

ABSENT = CameraAbsent("unplugged")
MAX_REQUESTS = 128


def submit(
    orders: ParameterRequestQueue, values: ParameterValues, call: CancellationToken | None = None
) -> ParameterRequest:
    """Submit a request, of a call of its own unless one is given."""
    return orders.submit(values, call or CancellationToken())


@pytest.fixture
def orders() -> ParameterRequestQueue:
    return ParameterRequestQueue(MAX_REQUESTS)


@pytest.fixture(scope="session")
def stored(make_frame: Callable[..., Frame]) -> StoredFrame:
    return StoredFrame(make_frame())


def test_oldest_order_is_taken_with_all_that_want_the_same(orders: ParameterRequestQueue) -> None:
    first = submit(orders, {"brightness": 1})
    other = submit(orders, {"brightness": 2})
    second = submit(orders, {"brightness": 1})
    assert orders.next_batch() == [first, second]
    assert orders.next_batch() == [other]
    assert orders.next_batch() == []


def test_encoded_parameters_are_alike_when_their_bytes_are(orders: ParameterRequestQueue) -> None:
    first, other, second = (submit(orders, encoded) for encoded in (b"a", b"b", b"a"))
    assert orders.next_batch() == [first, second]
    assert orders.next_batch() == [other]
    assert other.values == b"b"


def test_equal_orders_are_two_orders(orders: ParameterRequestQueue) -> None:
    first, second = submit(orders, {"gain": 1}), submit(orders, {"gain": 1})
    assert first != second
    assert first.future is not second.future


def test_order_stays_as_it_was_placed(orders: ParameterRequestQueue) -> None:
    values = {"brightness": 1}
    order = submit(orders, values)
    values["brightness"] = 2
    assert order.values == {"brightness": 1}


def test_order_gives_the_frame_that_was_taken_for_it(
    orders: ParameterRequestQueue, stored: StoredFrame
) -> None:
    order = submit(orders, {"brightness": 1})
    order.future.set_result(stored)
    assert order.wait(0.0) is stored
    assert order.wait(-1.0) is stored


@pytest.mark.parametrize("timeout_s", [0.0, -1.0])
def test_order_that_is_not_taken_in_time_has_no_picture(
    orders: ParameterRequestQueue, timeout_s: float
) -> None:
    order = submit(orders, {"brightness": 1})
    with pytest.raises(NoData, match="took no picture with these parameters in time"):
        order.wait(timeout_s)


def test_failure_ends_every_order_with_an_error_of_its_own(orders: ParameterRequestQueue) -> None:
    placed = [submit(orders, {"brightness": value}) for value in (1, 2, 1)]
    orders.fail(ABSENT)
    errors = []
    for order in placed:
        with pytest.raises(CameraAbsent, match="unplugged") as caught:
            order.wait(0.0)
        errors.append(caught.value)
    # One that is raised again and again keeps every traceback.
    assert len({id(error) for error in (*errors, ABSENT)}) == 4
    assert orders.next_batch() == []


def test_failure_leaves_what_was_taken_and_what_comes_later(
    orders: ParameterRequestQueue, stored: StoredFrame
) -> None:
    submit(orders, {"brightness": 1})
    (taken,) = orders.next_batch()
    orders.fail(ABSENT)
    taken.future.set_result(stored)
    assert taken.wait(0.0) is stored
    later = submit(orders, {"brightness": 1})
    assert orders.next_batch() == [later]


# Calls.


def test_calls_take_turns_however_much_each_wants(orders: ParameterRequestQueue) -> None:
    greedy, modest, late = CancellationToken(), CancellationToken(), CancellationToken()
    first, second, third = (submit(orders, {"gain": gain}, greedy) for gain in (1, 2, 3))
    other = submit(orders, {"gain": 4}, modest)
    assert orders.next_batch() == [first]
    last = submit(orders, {"gain": 5}, late)
    assert [orders.next_batch() for _ in range(4)] == [[other], [second], [last], [third]]


def test_orders_of_a_cancelled_call_are_dropped(orders: ParameterRequestQueue) -> None:
    gone, call = CancellationToken(), CancellationToken()
    dropped = [submit(orders, {"gain": gain}, gone) for gain in range(5)]
    kept = submit(orders, {"gain": 0}, call)
    gone.cancel()
    for order in dropped:
        with pytest.raises(NoData):  # at once, so that its thread is free
            order.wait(60.0)
    assert orders.next_batch() == [kept]
    assert orders.is_empty


def test_call_that_has_ended_orders_nothing(orders: ParameterRequestQueue) -> None:
    call = CancellationToken()
    call.cancel()
    submit(orders, {"gain": 1}, call)
    assert orders.next_batch() == []


def test_end_of_a_call_leaves_what_is_being_taken(
    orders: ParameterRequestQueue, stored: StoredFrame
) -> None:
    call = CancellationToken()
    order = submit(orders, {"gain": 1}, call)
    orders.next_batch()
    call.cancel()
    order.future.set_result(stored)
    assert order.wait(0.0) is stored


def test_order_that_is_let_go_of_just_now_is_neither_taken_nor_failed(
    orders: ParameterRequestQueue,
) -> None:
    submit(orders, {"gain": 1}).future.cancel()
    assert orders.next_batch() == []
    submit(orders, {"gain": 1}).future.cancel()
    orders.fail(ABSENT)
    assert orders.next_batch() == []


def test_order_that_is_let_go_of_just_now_hides_none_behind_it(
    orders: ParameterRequestQueue,
) -> None:
    for _ in range(2):
        submit(orders, {"gain": 1}).future.cancel()
    behind = submit(orders, {"gain": 2})
    assert orders.next_batch() == [behind]
    assert behind.future.running()
    assert orders.is_empty


def test_orders_of_those_who_went_make_room(orders: ParameterRequestQueue) -> None:
    call = CancellationToken()
    for gain in range(MAX_REQUESTS):
        submit(orders, {"gain": gain}, call)
    with pytest.raises(NoData, match="too many"):
        submit(orders, {"gain": 1})
    call.cancel()
    submit(orders, {"gain": 1})


@given(st.lists(st.sampled_from(["1", "2", "3", "take", "spoil", "fail"]), max_size=40))
def test_every_order_ends_exactly_once(stored: StoredFrame, moves: list[str]) -> None:
    orders = ParameterRequestQueue(MAX_REQUESTS)
    placed: list[ParameterRequest] = []
    ended: list[ParameterRequest] = []

    def end(order: ParameterRequest) -> None:
        # A future refuses a second outcome; this tells that there is a first one.
        order.future.add_done_callback(lambda _: ended.append(order))

    def serve(error: CameraError | None) -> None:
        taken = orders.next_batch()
        waiting = [one for one in placed if one not in ended]
        assert taken == [one for one in waiting if one.values == waiting[0].values]
        for order in taken:
            if error is None:
                order.future.set_result(stored)
            else:
                order.future.set_exception(error)

    for move in (*moves, "fail"):
        if move.isdecimal():
            placed.append(submit(orders, {"brightness": int(move)}))
            end(placed[-1])
        elif move == "fail":
            orders.fail(ABSENT)
        else:
            serve(None if move == "take" else NoData("silent"))
    assert sorted(map(id, ended)) == sorted(map(id, placed))
