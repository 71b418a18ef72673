"""A camera is judged by its grabs, and not by how late this computer runs its capture thread."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spot_webcam.domain.errors import NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.faults import capture_fault
from spot_webcam.domain.health.staleness import MIN_LIMIT_S
from spot_webcam.domain.media.image import Picture
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.loop_stand import FRAME_S, TIMEOUTS, LoopStand, ScriptedCamera

FAULT = capture_fault("cam", "").name
# How long the thread gets no processor time; more than the age up to which a frame is served.
STARVED_S = MIN_LIMIT_S + 0.5
STEP_S = 0.1


class StarvedCamera(ScriptedCamera):
    """Has a picture each `grab_s`, which takes `retrieve_s` to read, of which a fault reporter
    sees the faults each `STEP_S`."""

    def __init__(self, clock: ManualClock, picture: Picture) -> None:
        super().__init__(clock, picture)
        self.retrieve_s = 0.0
        self.faults: Callable[[], list[str]] = list
        self.seen: list[str] = []
        self.device_age_s: float | None = None

    def pass_time(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self._clock.advance(STEP_S)
            self.seen += self.faults()

    def grab(self) -> int | None:
        self.pass_time(self.grab_s)
        captured_ns = super().grab()
        if self.device_age_s is None:
            return captured_ns
        return self._clock.time_ns() - round(self.device_age_s * NANOSECONDS)

    def retrieve(self) -> Picture:
        self.pass_time(self.retrieve_s)
        return super().retrieve()


@pytest.fixture
def camera(clock: ManualClock, make_picture: Callable[..., Picture]) -> StarvedCamera:
    return StarvedCamera(clock, make_picture())


@pytest.fixture
def stand(camera: StarvedCamera, clock: ManualClock) -> LoopStand:
    return started(camera, clock)


def started(camera: StarvedCamera, clock: ManualClock, *, on_demand: bool = False) -> LoopStand:
    camera.grab_s = FRAME_S
    stand = LoopStand(camera, clock, on_demand=on_demand)
    camera.faults = lambda: [fault.name for fault in stand.source.faults()]
    stand.steps(1 if on_demand else 12)
    assert camera.seen == []
    return stand


def test_camera_is_not_stalled_while_its_picture_is_read_late(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.retrieve_s = STARVED_S
    stand.steps(1)
    assert camera.seen == []


def test_camera_is_not_stalled_because_the_next_grab_is_late(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.pass_time(STARVED_S)
    camera.grab_s = 0.5
    stand.steps(1)
    assert camera.seen == []


def test_camera_that_hangs_in_grab_is_stalled_after_its_limit(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.grab_s = MIN_LIMIT_S + 2 * STEP_S
    stand.steps(1)
    assert camera.seen == [FAULT] * 2


def test_camera_that_hangs_in_retrieve_is_stalled_though_later(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.retrieve_s = TIMEOUTS.first_frame_grace_s + MIN_LIMIT_S
    stand.steps(1)
    assert camera.seen == []
    camera.retrieve_s += 2 * STEP_S
    stand.steps(1)
    assert camera.seen == [FAULT] * 2


def test_camera_whose_grabs_fail_is_judged_by_its_pictures(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.pass_time(0.5)
    stand.say("grab", *[NoData("silent")] * 20)
    camera.grab_s = 2 * STEP_S
    stand.steps(12)
    assert camera.seen[0] == FAULT
    camera.seen.clear()
    stand.say("grab")
    stand.steps(2)
    camera.pass_time(STEP_S)
    assert camera.faults() == []


def test_camera_whose_pictures_are_all_old_is_stalled(
    camera: StarvedCamera, clock: ManualClock
) -> None:
    camera.device_age_s = MIN_LIMIT_S + STEP_S
    clock.advance(60.0)
    started(camera, clock)
    camera.pass_time(STEP_S)
    assert camera.seen == [FAULT]


def test_first_picture_that_is_read_late_is_waited_for(
    camera: StarvedCamera, clock: ManualClock
) -> None:
    stand = LoopStand(camera, clock)
    camera.faults = lambda: [fault.name for fault in stand.source.faults()]
    camera.retrieve_s = TIMEOUTS.first_frame_grace_s + 0.5
    stand.steps(2)
    assert camera.count["retrieve"] == 1
    assert camera.seen == []


def test_camera_on_demand_does_not_hang_while_its_picture_is_read_late(
    camera: StarvedCamera, clock: ManualClock
) -> None:
    stand = started(camera, clock, on_demand=True)
    camera.retrieve_s = TIMEOUTS.first_frame_grace_s + 0.5
    stand.source.request_frame()
    stand.steps(1)
    assert camera.seen == []
    camera.grab_s = TIMEOUTS.first_frame_grace_s + 2 * STEP_S
    stand.source.request_frame()
    stand.steps(1)
    assert camera.seen[0] == FAULT


def test_request_meanwhile_waits_for_the_next_picture(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    before = stand.newest()
    camera.pass_time(STARVED_S)
    assert stand.source.latest() is None
    pending = stand.source.request_frame()
    stand.steps(1)
    stored: StoredFrame = pending.wait(stand.clock.monotonic_ns())
    assert stored.frame.sequence == before.sequence + 1


def test_request_with_no_time_to_wait_gets_the_cause(
    stand: LoopStand, camera: StarvedCamera
) -> None:
    camera.pass_time(STARVED_S)
    with pytest.raises(NoData, match="this computer was too busy to read the camera"):
        stand.newest()
