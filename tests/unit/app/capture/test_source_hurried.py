"""Where the encoders do not keep up, a frame lasts for longer."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.frame_store import HARDLY_OLDER_NS
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import PATIENCE_S, Deliver, collect_now

TENTH_S = HARDLY_OLDER_NS / NANOSECONDS


@pytest.fixture
def looked_at(source: CameraSource, clock: ManualClock, deliver: Deliver) -> CameraSource:
    deliver(source, clock)
    collect_now(source, clock)
    return source


def wanted(source: CameraSource, clock: ManualClock) -> bool:
    return source.wanted(clock.monotonic_ns())


def test_source_that_is_looked_at_wants_each_frame(
    looked_at: CameraSource, clock: ManualClock
) -> None:
    assert wanted(looked_at, clock)


def test_in_a_hurry_the_newest_frame_lasts_for_a_tenth_of_a_second(
    looked_at: CameraSource, clock: ManualClock
) -> None:
    looked_at.hurry()
    assert not wanted(looked_at, clock)
    clock.advance(TENTH_S)
    looked_at.hurry()
    assert not wanted(looked_at, clock)
    clock.advance(0.001)
    assert wanted(looked_at, clock)


def test_hurry_is_over_after_a_tenth_of_a_second(
    looked_at: CameraSource, clock: ManualClock, deliver: Deliver
) -> None:
    looked_at.hurry()
    clock.advance(TENTH_S + 0.001)
    deliver(looked_at, clock)
    assert wanted(looked_at, clock)


def test_camera_in_trouble_is_looked_at_in_a_hurry_too(
    looked_at: CameraSource, clock: ManualClock
) -> None:
    looked_at.hurry()
    looked_at.fail(NoData("stalled"))
    assert wanted(looked_at, clock)


def test_source_without_a_frame_has_no_time_to_hurry(
    source: CameraSource, clock: ManualClock
) -> None:
    source.hurry()
    assert wanted(source, clock)


def test_requests_that_find_others_in_line_hurry_the_source(
    clock: ManualClock,
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[[int | None], Any],
    deliver: Deliver,
) -> None:
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
    service = ImageService([source], clock, robot_clock_at(0), make_codec())
    deliver(source, clock)
    collect_now(source, clock)
    turns = service._workshop._turns
    while not turns.busy:
        assert turns.take(0.0)

    def ask() -> None:
        request = ImageRequest("cam")
        service.known_answer(request) or service.get_images([request], PATIENCE_S)

    first, second = threading.Thread(target=ask), threading.Thread(target=ask)
    first.start()
    try:
        while not service._workshop.crowded:
            assert first.is_alive()
        assert wanted(source, clock)
        second.start()
        while wanted(source, clock):
            assert second.is_alive()
    finally:
        turns.end()
        first.join(PATIENCE_S)
        second.join(PATIENCE_S)
