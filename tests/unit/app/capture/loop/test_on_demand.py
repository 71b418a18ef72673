"""Pictures on demand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.app.capture.loop import IDLE_S, MAX_BUFFERED_FRAMES, MAX_CORRUPT_FRAMES
from spot_webcam.domain.errors import (
    CameraAbsent,
    CorruptFrame,
)
from spot_webcam.domain.media.image import Picture
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import FRAME_S, LoopStand, ScriptedCamera

# On demand.


def test_nothing_is_grabbed_that_nobody_asked_for(on_demand: LoopStand) -> None:
    assert on_demand.steps(3) == [IDLE_S] * 3
    assert on_demand.camera.count["grab"] == 0


def test_one_picture_is_taken_for_a_request(on_demand: LoopStand, clock: ManualClock) -> None:
    collect = on_demand.source.request_frame().wait
    assert on_demand.steps(2) == [0.0, IDLE_S]
    assert on_demand.camera.count["grab"] == 1
    assert collect(clock.monotonic_ns()).frame.sequence == 1


def test_pictures_from_a_buffer_are_older_than_the_request(
    on_demand: LoopStand, clock: ManualClock
) -> None:
    on_demand.camera.grab_s = 0.0
    waits: list[int] = []

    def grab_slowly_at_last() -> int | None:
        waits.append(1)
        if len(waits) == 4:
            clock.advance(FRAME_S)
        return None

    on_demand.camera.grab = grab_slowly_at_last  # type: ignore[method-assign]
    collect = on_demand.source.request_frame().wait
    on_demand.steps(1)
    assert len(waits) == 4
    assert collect(clock.monotonic_ns()).frame.monotonic_ns == round(FRAME_S * 1e9)


def test_time_that_the_driver_tells_decides_what_is_fresh(
    on_demand: LoopStand, clock: ManualClock
) -> None:
    asked_ns = clock.time_ns()
    on_demand.say("grab", asked_ns - 10**6, asked_ns - 1, asked_ns + 5, asked_ns + 6)
    collect = on_demand.source.request_frame().wait
    on_demand.steps(1)
    assert on_demand.camera.count["grab"] == 3
    assert collect(clock.monotonic_ns()).frame.captured_ns == asked_ns + 5


def test_camera_that_never_blocks_is_not_grabbed_for_ever(on_demand: LoopStand) -> None:
    on_demand.camera.grab_s = 0.0
    on_demand.source.request_frame()
    on_demand.steps(1)
    assert on_demand.camera.count["grab"] == MAX_BUFFERED_FRAMES


def test_one_request_does_not_defeat_the_backoff(on_demand: LoopStand) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.say("open", *[CameraAbsent("unplugged")] * 2000)
    on_demand.source.request_frame()
    on_demand.run(10.0)
    on_demand.source.request_frame()
    steps = on_demand.run(10.0)
    assert steps < 20
    assert on_demand.camera.count["open"] < 20


def test_many_requests_do_not_defeat_the_backoff(on_demand: LoopStand, clock: ManualClock) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.say("open", *[CameraAbsent("unplugged")] * 2000)
    for _ in range(100):
        on_demand.source.request_frame()  # which ends the wait of the loop's thread
        on_demand.loop.step()
        clock.advance(0.1)
    assert on_demand.camera.count["open"] < 30


def test_request_refused_while_the_camera_was_away_leaves_no_fault(
    on_demand: LoopStand, clock: ManualClock
) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.source.request_frame()
    on_demand.steps(1)
    with pytest.raises(CameraAbsent):
        on_demand.newest()
    on_demand.run(60.0)
    assert on_demand.camera.count["open"] == 2
    assert on_demand.source.faults() == []


def test_request_in_the_pause_after_damage_is_served_when_the_camera_is_open_again(
    on_demand: LoopStand, clock: ManualClock
) -> None:
    on_demand.say("retrieve", *[CorruptFrame("damaged")] * MAX_CORRUPT_FRAMES)
    for _ in range(MAX_CORRUPT_FRAMES):
        on_demand.source.request_frame()
        on_demand.loop.step()
    assert on_demand.camera.count["close"] == 1
    collect = on_demand.source.request_frame().wait
    on_demand.run(1.0)
    assert collect(clock.monotonic_ns()).frame.sequence == 1


def test_camera_that_failed_proves_itself_without_a_request(on_demand: LoopStand) -> None:
    on_demand.say("grab", CameraAbsent("unplugged"))
    on_demand.source.request_frame()
    on_demand.run(5.0)
    assert on_demand.camera.count["open"] == 2
    assert on_demand.source.faults() == []


def test_request_made_before_the_camera_opens_is_served_when_it_does(
    clock: ManualClock, make_picture: Callable[..., Picture]
) -> None:
    stand = LoopStand(ScriptedCamera(clock, make_picture()), clock, on_demand=True)
    collect = stand.source.request_frame().wait
    stand.steps(2)
    assert collect(clock.monotonic_ns()).frame.sequence == 1
