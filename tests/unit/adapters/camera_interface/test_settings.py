"""Gain and exposure of a camera or of its `VisualImageSource`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam import image_service_helpers as drop_in
from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import DrawnCamera, parameter_spec, raising, source_of

Adapt = Callable[..., InterfaceCamera]


@pytest.mark.parametrize(
    ("reported", "settings"),
    [
        ({}, CaptureSettings()),
        ({"gain": 6.0, "exposure": 0.02}, CaptureSettings(0.02, 6.0)),
        ({"gain": lambda: 3, "exposure": lambda: 0.5}, CaptureSettings(0.5, 3.0)),
        ({"exposure": float("inf")}, CaptureSettings(315_576_000_000.0)),
    ],
)
def test_gain_and_exposure_are_reported(
    adapt: Adapt, clock: ManualClock, reported: dict[str, Any], settings: CaptureSettings
) -> None:
    adapted = adapt(DrawnCamera(clock), **reported)
    adapted.open()
    assert adapted.settings() == settings


def test_gain_and_exposure_of_a_source_are_those_of_the_source(
    adapt: Adapt, clock: ManualClock
) -> None:
    adapted = adapt(source_of(DrawnCamera(clock), gain=lambda: 2.0, exposure=0.25))
    adapted.open()
    assert adapted.settings() == CaptureSettings(0.25, 2.0)
    adapted = adapt(source_of(DrawnCamera(clock), gain=2.0), gain=5.0)
    adapted.open()
    assert adapted.settings() == CaptureSettings(None, 5.0)
    adapted = adapt(source_of(DrawnCamera(clock), exposure=float("inf")))
    adapted.open()
    assert adapted.settings() == CaptureSettings(315_576_000_000.0)


def test_classes_of_our_own_module_are_adapted_as_the_sdk_s(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Camera(drop_in.CameraInterface):
        def __init__(self) -> None:
            super().__init__()
            self.drawn = DrawnCamera(clock)

        def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> Any:
            return self.drawn.blocking_capture(custom_params=custom_params)

        def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
            self.drawn.image_decode(image_data, image_proto, image_req)

    def make() -> Any:
        return drop_in.VisualImageSource(
            "drawn", Camera(), gain=3.0, exposure=lambda: 0.5, param_spec=parameter_spec()
        )

    adapted = adapt(make)
    assert (adapted.open().cols, adapted.open().rows) == (64, 48)
    adapted.grab()
    assert adapted.settings() == CaptureSettings(0.5, 3.0)
    assert adapted.parameter_spec()
    assert adapted.retrieve().rows == 48


def test_gain_that_cannot_be_read_costs_no_picture(
    adapt: Adapt, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    adapted = adapt(DrawnCamera(clock), gain=raising(OSError("unplugged")))
    adapted.open()
    for _ in range(2):
        assert adapted.settings() == CaptureSettings()
    assert caplog.text.count("cannot read the camera's gain or exposure: OSError: unplugged") == 1
