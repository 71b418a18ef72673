"""Calls that wait for room for their answers."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.bosdyn.server.byte_budget import ByteBudget
from spot_webcam.adapters.bosdyn.server.servicer import ImageServicer
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.adapters.bosdyn.server.full_budget import FullBudget


class Context:
    """gRPC's context of a call."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[], None]] = []

    def time_remaining(self) -> float:
        return 1.0

    def add_callback(self, callback: Callable[[], None]) -> bool:
        self.callbacks.append(callback)
        return True


def get_image(service: Any, clock: ManualClock, budget: ByteBudget, context: Any) -> Any:
    servicer = ImageServicer(
        service, clock, budget, max_requests=1, budget_timeout_s=0.0, frame_wait_s=5.0
    )
    request = image_pb2.GetImageRequest()
    request.image_requests.add(image_source_name="cam", image_format=image_pb2.Image.FORMAT_RAW)
    return image_pb2.GetImageResponse.FromString(servicer.get_image(request, context))


@pytest.mark.parametrize(("is_known", "on_demand"), [(False, False), (True, False), (False, True)])
def test_call_that_waits_for_room_holds_no_picture_and_gets_the_newest(
    deliver: Callable[..., None],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
    is_known: bool,
    on_demand: bool,
) -> None:
    """Or a hundred calls that wait hold a hundred pictures, of 25 MB each."""
    clock = ManualClock()
    source = CameraSource(ImageSource("cam", Layout.GREY8), clock, on_demand=on_demand)
    service = ImageService([source], clock, robot_clock_at(0), make_codec())

    def capture(value: int) -> weakref.ref[Any]:
        pixels = np.full((48, 64), value, np.uint8)
        deliver(source, clock, Picture(pixels, Layout.GREY8))
        return weakref.ref(pixels)

    class Delivering(Context):
        """On demand a picture is captured when the call has requested it, and begins to wait."""

        values = iter((100, 200))

        def time_remaining(self) -> float:
            if on_demand:
                old.append(capture(next(self.values)))
            return 1.0

    old: list[weakref.ref[Any]] = []
    held: list[bool] = []

    def meanwhile() -> None:
        for _ in range(2):  # the source keeps the frame before an unpublished one
            capture(200)
            if not on_demand:
                get_image(service, clock, ByteBudget(10**6), Context())
        held.extend(one() is not None for one in old)

    if not on_demand:
        old.append(capture(100))
        if is_known:
            get_image(service, clock, ByteBudget(10**6), Context())
    answered = get_image(service, clock, FullBudget(meanwhile), Delivering())
    assert held == [False]
    [response] = answered.image_responses
    assert response.shot.image.data[0] == 200
