"""However many requests a camera keeps waiting, others are served."""

import pytest

from spot_webcam.app.capture.bulkhead import Admission, Bulkhead
from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.parameter_requests import ParameterRequestQueue
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import request_with

SECOND = 1_000_000_000


def on_demand(clock: ManualClock, room: Bulkhead) -> CameraSource:
    description = ImageSource("cam", Layout.BGR8)
    return CameraSource(description, clock, on_demand=True, bulkhead=room)


def test_request_for_which_there_is_no_room_is_refused_at_once(clock: ManualClock) -> None:
    room = Bulkhead(1, 1)
    source = on_demand(clock, room)
    assert room.acquire("another camera") is Admission.UNTIL_DEADLINE
    with pytest.raises(NoData, match="too many requests wait for cameras already"):
        source.request_frame().wait(clock.monotonic_ns() + SECOND)
    room.release("another camera")
    with pytest.raises(NoData, match="took no picture in time"):
        source.request_frame().wait(clock.monotonic_ns())


def test_room_is_free_again_after_a_wait(clock: ManualClock) -> None:
    room = Bulkhead(1, 1)
    source = on_demand(clock, room)
    for _ in range(3):
        with pytest.raises(NoData, match="took no picture in time"):
            source.request_frame().wait(clock.monotonic_ns())
    assert room.acquire("cam") is Admission.UNTIL_DEADLINE


def test_more_requests_than_a_camera_could_fulfil_are_refused(clock: ManualClock) -> None:
    source = on_demand(clock, Bulkhead(9, 9))
    most = Limits().max_parameter_requests
    asked = [request_with(source, {"brightness": number}) for number in range(most)]
    with pytest.raises(NoData, match="too many requests with parameters"):
        request_with(source, {"brightness": -1})(clock.monotonic_ns() + SECOND)
    with pytest.raises(NoData, match="in time"):
        asked[0](clock.monotonic_ns())
    # One place is free: nobody waits for the first any more.
    with pytest.raises(NoData, match="in time"):
        request_with(source, {"brightness": -1})(clock.monotonic_ns())


def test_request_that_was_taken_can_be_dropped() -> None:
    queue = ParameterRequestQueue(1)
    request = queue.submit({}, CancellationToken())
    assert queue.next_batch() == [request]
    queue.cancel(request)
    assert queue.is_empty
