"""Pictures with parameters, as the capture loop takes them."""

from __future__ import annotations

from spot_webcam.domain.errors import CorruptFrame
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import (
    BASE,
    BRIGHTNESS,
    LIMITS,
    SETTLED,
    TIMEOUTS,
    LaggingCamera,
    LoopStand,
    shown,
)

LINGER_S = TIMEOUTS.parameters_linger_s


# What a request gets.


def test_picture_of_a_request_is_taken_with_its_values_and_says_so(stand: LoopStand) -> None:
    collect = stand.request(50)
    stand.steps(1)
    frame = collect()
    assert shown(frame) == 50
    assert frame.settings == CaptureSettings(0.01, 6.0, {"brightness": 50})


def test_picture_of_a_request_is_for_nobody_else(stand: LoopStand) -> None:
    newest = stand.newest()
    stand.request(50)
    stand.steps(1)
    assert newest.sequence < stand.newest().sequence
    for _ in range(2):
        assert shown(stand.newest()) == BASE
        assert stand.newest().settings.parameters == {"brightness": BASE}
        stand.steps(1)
    assert stand.camera.brightness == BASE


def test_camera_s_controls_are_listed_once_it_is_open(clock: ManualClock) -> None:
    stand = LoopStand(LaggingCamera(clock), clock)
    assert stand.source.description.parameters == ()
    stand.steps(1)
    assert stand.source.description.parameters == (BRIGHTNESS,)


def test_pictures_that_were_under_way_are_passed_over(stand: LoopStand) -> None:
    stand.request(50)
    before = stand.camera.grabs
    stand.steps(1)
    assert stand.camera.grabs - before == 1 + SETTLED


def test_picture_is_younger_than_its_values_by_the_driver_s_time(
    stand: LoopStand, clock: ManualClock
) -> None:
    old = [clock.time_ns()] * (1 + SETTLED + 3)
    stand.say("grab", *old, clock.time_ns() + 10**9)
    collect = stand.request(50)
    stand.steps(1)
    assert collect().captured_ns <= clock.time_ns()
    assert not stand.camera.script["grab"]


def test_driver_whose_time_stands_still_is_not_waited_for_for_ever(
    stand: LoopStand, clock: ManualClock
) -> None:
    stand.say("grab", *[clock.time_ns()] * 100)
    collect = stand.request(50)
    before = stand.camera.grabs
    stand.steps(1)
    assert stand.camera.grabs - before == 1 + SETTLED + LIMITS.max_buffered_frames
    assert shown(collect()) == 50


def test_requests_that_want_the_same_share_a_picture(stand: LoopStand) -> None:
    collects = [stand.request(50) for _ in range(3)]
    stand.steps(1)
    assert len({collect().sequence for collect in collects}) == 1


def test_requests_that_want_something_else_come_in_turn(stand: LoopStand) -> None:
    collects = [stand.request(value) for value in (50, 60, 50)]
    sequence = stand.newest().sequence
    stand.steps(2)
    first, second, third = (collect() for collect in collects)
    assert (shown(first), shown(second), shown(third)) == (50, 60, 50)
    # A picture for everybody else comes before each of theirs.
    assert (first.sequence, second.sequence, third.sequence) == tuple(
        sequence + taken for taken in (2, 4, 2)
    )


# On demand.


def test_request_is_served_on_demand(on_demand: LoopStand) -> None:
    collect = on_demand.request(50)
    assert on_demand.steps(2) == [0.0, TIMEOUTS.idle_step_s]
    assert shown(collect()) == 50


def test_requests_that_differ_are_all_served_on_demand(on_demand: LoopStand) -> None:
    collects = [on_demand.request(value) for value in (50, 60, 70)]
    on_demand.steps(5)
    assert [shown(collect()) for collect in collects] == [50, 60, 70]


def test_request_outlives_a_damaged_plain_picture(stand: LoopStand) -> None:
    stand.say("retrieve", CorruptFrame("damaged"))
    collect = stand.request(50)
    assert stand.steps(2) == [0.0, 0.0]
    assert shown(collect()) == 50


def test_request_outlives_a_damaged_plain_picture_on_demand(on_demand: LoopStand) -> None:
    on_demand.say("retrieve", CorruptFrame("damaged"))
    on_demand.source.request_frame()
    collect = on_demand.request(50)
    on_demand.steps(2)
    assert shown(collect()) == 50


def test_values_are_put_back_on_demand_without_a_request(on_demand: LoopStand) -> None:
    on_demand.request(50)
    on_demand.steps(2 + round(LINGER_S / TIMEOUTS.idle_step_s) + 1)
    assert on_demand.camera.brightness == BASE


def test_request_made_while_the_camera_opens_is_served_on_demand(clock: ManualClock) -> None:
    stand = LoopStand(LaggingCamera(clock), clock, on_demand=True)
    collect = stand.request(50)
    stand.steps(2)
    assert shown(collect()) == 50


def test_only_what_was_asked_for_is_taken_on_demand(on_demand: LoopStand) -> None:
    # Each grab takes as long as a camera's that has no picture in store.
    for _ in range(2):
        on_demand.request(50)
        on_demand.steps(2)
    assert on_demand.camera.grabs == SETTLED + 1


def test_usual_picture_and_request_are_both_served_on_demand(on_demand: LoopStand) -> None:
    for _ in range(3):
        usual, requested = on_demand.source.request_frame().wait, on_demand.request(50)
        on_demand.steps(2)
        assert shown(usual(on_demand.clock.monotonic_ns()).frame) == BASE
        assert shown(requested()) == 50
