"""Whatever a camera tells of an exposure, its picture is served."""

from typing import Any

import pytest
from bosdyn.api import image_pb2
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.bosdyn.messages.images import write_answer
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

IMAGE = EncodedImage(b"pixels", ImageFormat.RAW, PixelFormat.GREYSCALE_U8, 3, 1)
MAX_S = 315_576_000_000  # as google.protobuf.Duration has it


def reported(**settings: Any) -> image_pb2.CaptureParameters:
    """Return what an answer tells of such settings."""
    response = image_pb2.ImageResponse()
    source = ImageSource("front", Layout.GREY8)
    capture = Capture(IMAGE, 0, CaptureSettings(**settings))
    write_answer(Answer(Status.OK, source, capture), image_pb2.ImageRequest(), response)
    assert response.status == image_pb2.ImageResponse.STATUS_OK
    response.SerializeToString()
    return response.shot.capture_params


@pytest.mark.parametrize("exposure_s", [float("inf"), 9223372036854775807.0, 1e300])
def test_exposure_without_end_is_the_longest_that_can_be_reported(exposure_s: float) -> None:
    duration = reported(exposure_s=exposure_s, gain_db=3.0).exposure_duration
    assert (duration.seconds, duration.nanos) == (MAX_S, 0)
    assert duration.ToSeconds() == MAX_S


@pytest.mark.parametrize("exposure_s", [float("nan"), float("-inf"), -0.5, "long"])
def test_exposure_that_is_none_costs_nothing_else(exposure_s: Any) -> None:
    params = reported(exposure_s=exposure_s, gain_db=3.0)
    assert not params.HasField("exposure_duration")
    assert params.gain == 3.0


@pytest.mark.parametrize("gain_db", [float("nan"), float("inf"), "high"])
def test_gain_that_is_none_costs_nothing_else(gain_db: Any) -> None:
    params = reported(exposure_s=0.5, gain_db=gain_db)
    assert params.gain == 0.0
    assert params.exposure_duration.ToNanoseconds() == 500_000_000


def test_parameters_that_cannot_be_read_cost_nothing_else() -> None:
    good = DictParam()
    good.values["zoom"].int_value.value = 3
    assert reported(encoded_parameters=good.SerializeToString()).custom_params == good
    params = reported(encoded_parameters=good.SerializeToString() + b"\xff", gain_db=3.0)
    assert not params.HasField("custom_params")
    assert params.gain == 3.0
    assert not reported(parameters={"no such control": 3}).custom_params.values
