from __future__ import annotations

import sys
from typing import Any

from bosdyn.api import image_pb2
from bosdyn.util import seconds_to_duration

RGB = image_pb2.Image.PIXEL_FORMAT_RGB_U8
GREY = image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8
RAW = image_pb2.Image.FORMAT_RAW
JPEG = image_pb2.Image.FORMAT_JPEG


def test_source_has_the_given_attributes(module: Any, spec: Any) -> None:
    source = module.VisualImageSource.make_image_source(
        "front",
        3,
        4,
        [RGB, GREY],
        image_pb2.ImageSource.IMAGE_TYPE_DEPTH,
        [RAW],
        param_spec=spec,
    )
    assert source == image_pb2.ImageSource(
        name="front",
        rows=3,
        cols=4,
        pixel_formats=[RGB, GREY],
        image_type=image_pb2.ImageSource.IMAGE_TYPE_DEPTH,
        image_formats=[RAW],
        custom_params=spec,
    )


def test_source_is_visual_and_jpeg_by_default(module: Any) -> None:
    source = module.VisualImageSource.make_image_source("front", rows=3)
    visual = image_pb2.ImageSource.IMAGE_TYPE_VISUAL
    expected = image_pb2.ImageSource(name="front", image_type=visual, image_formats=[JPEG])
    assert source == expected


def test_settings_are_numbers_or_are_asked_for(module: Any, params: Any) -> None:
    make = module.VisualImageSource.make_capture_parameters
    expected = image_pb2.CaptureParameters(
        gain=2.5, exposure_duration=seconds_to_duration(0.25), custom_params=params("b")
    )
    assert make(2.5, 0.25, params("b")) == expected
    assert make(lambda: 2.5, lambda: 0.25, params("b")) == expected


def test_settings_that_are_not_known_are_left_out(module: Any) -> None:
    assert module.VisualImageSource.make_capture_parameters() == image_pb2.CaptureParameters()
    assert module.VisualImageSource.make_capture_parameters(0, 0) == image_pb2.CaptureParameters()


def test_an_exposure_without_end_is_the_longest_there_is(module: Any) -> None:
    made = module.VisualImageSource.make_capture_parameters(exposure=float("inf"))
    assert made.exposure_duration.seconds == sys.maxsize


def test_one_that_is_asked_for_may_be_without_end_too() -> None:
    from spot_webcam.image_service_helpers import VisualImageSource  # noqa: PLC0415

    made = VisualImageSource.make_capture_parameters(exposure=lambda: float("inf"))
    assert made.exposure_duration.seconds == sys.maxsize
