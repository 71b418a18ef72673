from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.monitoring.request_tally import RequestTally
from spot_webcam.app.monitoring.snapshot import AnswerCount
from spot_webcam.domain.media.image import (
    CaptureSettings,
    EncodedImage,
    ImageFormat,
    Layout,
    PixelFormat,
)
from spot_webcam.domain.requests.answer import Answer, Capture
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock

SECOND = 1_000_000_000
FRONT = ImageSource("front", Layout.BGR8)
IMAGE = EncodedImage(b"jpeg", ImageFormat.JPEG, PixelFormat.RGB_U8, 8, 6)


def picture(acquired_robot_ns: int) -> Answer:
    return Answer(Status.OK, FRONT, Capture(IMAGE, acquired_robot_ns, CaptureSettings()))


def test_answers_are_counted_by_source_and_status(
    clock: ManualClock, robot_clock_at: Callable[..., Any]
) -> None:
    tally = RequestTally(clock, robot_clock_at(0))
    failed = Answer(Status.IMAGE_DATA_ERROR, FRONT)
    tally.answered([picture(0), failed], clock.time_ns())
    tally.answered([picture(0)], clock.time_ns())
    assert tally.snapshot(7).answers == (
        AnswerCount("front", "OK", 2),
        AnswerCount("front", "IMAGE_DATA_ERROR", 1),
    )
    assert tally.snapshot(7).calls == 2
    assert tally.snapshot(7).bytes_in_flight == 7


def test_name_that_a_client_made_up_is_not_kept(
    clock: ManualClock, robot_clock_at: Callable[..., Any]
) -> None:
    tally = RequestTally(clock, robot_clock_at(0))
    tally.answered([Answer(Status.UNKNOWN_CAMERA)] * 3, clock.time_ns())
    assert tally.snapshot().answers == (AnswerCount("", "UNKNOWN_CAMERA", 3),)


def test_latency_and_age_are_those_of_the_answer(
    clock: ManualClock, robot_clock_at: Callable[..., Any]
) -> None:
    tally = RequestTally(clock, robot_clock_at(100 * SECOND))
    captured_ns = clock.monotonic_ns() + 100 * SECOND
    clock.advance(0.2)
    received_ns = clock.time_ns()
    clock.advance(0.1)
    tally.answered([picture(captured_ns)], received_ns)
    requests = tally.snapshot()
    assert requests.latency.total == pytest.approx(0.1)
    assert requests.age.total == pytest.approx(0.3)
    assert (requests.latency.count, requests.age.count) == (1, 1)
    counted = dict(zip(requests.age.bounds, requests.age.counts, strict=False))
    assert counted[0.5] == 1


def test_answers_without_robot_time_are_counted(
    clock: ManualClock, robot_clock_at: Callable[..., Any]
) -> None:
    tally = RequestTally(clock, robot_clock_at(None))
    tally.answered([Answer(Status.IMAGE_DATA_ERROR, FRONT)], clock.time_ns())
    assert tally.snapshot().calls == 1
    assert tally.snapshot().age.count == 0


def test_step_of_the_wall_clock_makes_no_negative_latency(
    clock: ManualClock, robot_clock_at: Callable[..., Any]
) -> None:
    tally = RequestTally(clock, robot_clock_at(0))
    tally.answered([], clock.time_ns() + 5 * SECOND)
    assert tally.snapshot().latency.total == 0.0
    assert tally.snapshot().latency.counts[0] == 1
