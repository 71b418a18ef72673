"""Independence of decodings that modify the captured data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.adapters.camera_interface.captured_data import CapturedData
from spot_webcam.domain.media.image import Layout
from spot_webcam.fakes.cameras.patterns.pattern import Pattern
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import COLS, ROWS, DrawnCamera, jpeg_of

Adapt = Callable[..., InterfaceCamera]
Image = image_pb2.Image


class InPlaceCamera(DrawnCamera):
    """Captures blue first, and turns what it captured around where it lies, then draws a mark."""

    holding: Callable[[Any], Any] = staticmethod(lambda array: array)
    taking: Callable[[Any], Any] = staticmethod(lambda array: array)

    def pixels(self) -> Any:
        return self.holding(np.ascontiguousarray(super().pixels()[:, :, ::-1]))

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        array = self.taking(image_data)
        array[:] = array[:, :, ::-1].copy()
        image_proto.pixel_format = Image.PIXEL_FORMAT_RGB_U8
        if image_req.image_format == Image.FORMAT_RAW:
            image_proto.format = Image.FORMAT_RAW
            image_proto.data = array.tobytes()
        else:
            image_proto.data = jpeg_of(array)


@pytest.mark.parametrize(
    ("holding", "taking"),
    [
        (lambda array: array, lambda data: data),
        (lambda array: (array, "meta"), lambda data: data[0]),
        (lambda array: [{"image": array}], lambda data: data[0]["image"]),
    ],
)
def test_each_decoding_has_what_was_captured(
    adapt: Adapt, clock: ManualClock, holding: Callable[[Any], Any], taking: Callable[[Any], Any]
) -> None:
    camera = InPlaceCamera(clock)
    camera.holding, camera.taking = holding, taking  # type: ignore[method-assign]
    camera.rows, camera.cols = ROWS, COLS
    adapted = adapt(camera)
    assert adapted.open().layout is Layout.RGB8
    for number in range(1, 4):
        adapted.grab()
        for _ in range(2):
            picture = adapted.retrieve()
            assert picture.layout is Layout.RGB8
            expected = Pattern(COLS, ROWS, 0, Layout.RGB8, 30.0).frame(number)
            assert np.array_equal(picture.pixels, expected)  # type: ignore[union-attr]


def test_nothing_is_copied_for_a_camera_that_changes_nothing(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Camera(DrawnCamera):
        def pixels(self) -> Any:
            self.last = super().pixels()
            return self.last

        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            self.is_own = image_data is self.last
            super().image_decode(image_data, image_proto, image_req)

    camera = Camera(clock)
    adapted = adapt(camera)
    adapted.open()
    assert not camera.is_own
    for _ in range(2):  # the first is the one that open took
        adapted.grab()
    adapted.retrieve()
    assert camera.is_own


@pytest.mark.parametrize(
    ("captured", "decoded", "changed"),
    [
        (np.zeros(3), np.zeros(3), False),
        (np.zeros(3), np.ones(3), True),
        (np.zeros(3), None, True),
        ((np.zeros(3), 1), (np.zeros(3), 2), False),
        ([np.zeros(3)], [], True),
        ({"a": np.zeros(3)}, {"a": np.ones(3)}, True),
        ({"a": np.zeros(3)}, {}, True),
        (b"jpeg", b"jpeg", False),
    ],
)
def test_change_is_seen_in_arrays(captured: Any, decoded: Any, changed: bool) -> None:
    assert CapturedData(captured, None, None).is_changed(decoded) is changed
