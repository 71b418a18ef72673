"""However many requests a camera keeps waiting, others are served."""

import pytest

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.parameter_requests import MAX_ORDERS, ParameterRequestQueue
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import NoData
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock

SECOND = 1_000_000_000


def on_demand(clock: ManualClock, room: Bulkhead) -> CameraSource:
    description = ImageSource("cam", Layout.BGR8)
    return CameraSource(description, clock, on_demand=True, max_waiters=1, bulkhead=room)


def test_request_for_which_there_is_no_room_is_refused_at_once(clock: ManualClock) -> None:
    room = Bulkhead(1, 1)
    source = on_demand(clock, room)
    assert room.enter("another camera")
    with pytest.raises(NoData, match="too many requests wait for cameras already"):
        source.request_frame().wait(clock.monotonic_ns() + SECOND)
    room.leave("another camera")
    with pytest.raises(NoData, match="took no picture in time"):
        source.request_frame().wait(clock.monotonic_ns())


def test_room_is_free_again_after_a_wait(clock: ManualClock) -> None:
    room = Bulkhead(1, 1)
    source = on_demand(clock, room)
    for _ in range(3):
        with pytest.raises(NoData, match="took no picture in time"):
            source.request_frame().wait(clock.monotonic_ns())
    assert room.enter("cam")


def test_more_orders_than_a_camera_could_fulfil_are_refused(clock: ManualClock) -> None:
    source = on_demand(clock, Bulkhead())
    asked = [source.request_frame_with({"brightness": number}).wait for number in range(MAX_ORDERS)]
    with pytest.raises(NoData, match="too many requests with parameters"):
        source.request_frame_with({"brightness": -1}).wait(clock.monotonic_ns() + SECOND)
    with pytest.raises(NoData, match="in time"):
        asked[0](clock.monotonic_ns())
    # One place is free: nobody waits for the first any more.
    with pytest.raises(NoData, match="in time"):
        source.request_frame_with({"brightness": -1}).wait(clock.monotonic_ns())


def test_order_that_was_taken_can_be_dropped() -> None:
    orders = ParameterRequestQueue()
    order = orders.place({})
    assert orders.take() == [order]
    orders.drop(order)
    assert not orders.waiting
