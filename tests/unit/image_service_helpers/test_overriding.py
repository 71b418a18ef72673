"""Programs that override methods of the SDK's classes."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.errors import NoData
from spot_webcam.image_service_helpers import VisualImageSource

from .conftest import Camera

TIMEOUT_S = 20.0
OK = image_pb2.ImageResponse.STATUS_OK


def _request(**fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name="front", **fields)


def test_getting_a_picture(
    module: Any, camera: Camera, serve: Any, get: Any, params: Any, spec: Any
) -> None:
    class Mine(module.VisualImageSource):  # type: ignore[misc]
        def get_image_and_timestamp(self, custom_params: Any = None, **others: Any) -> Any:
            image, timestamp = super().get_image_and_timestamp(custom_params, **others)
            return b"mine " + image, timestamp

    servicer = serve(module, Mine("front", camera, param_spec=spec))
    requests = (_request(), _request(custom_params=params("b")))
    answers = get(servicer, *requests).image_responses
    assert [answer.shot.image.data for answer in answers] == [b"mine 1", b"mine b2"]


def test_getting_a_picture_by_an_attribute(
    module: Any, camera: Camera, serve: Any, get: Any
) -> None:
    source = module.VisualImageSource("front", camera)
    source.get_image_and_timestamp = lambda: (b"mine", 1.0)
    [answer] = get(serve(module, source), _request()).image_responses
    assert answer.shot.image.data == b"mine"


def test_decoding(module: Any, camera: Camera, serve: Any, get: Any) -> None:
    class Mine(module.VisualImageSource):  # type: ignore[misc]
        def image_decode_with_error_checking(self, data: Any, image: Any, request: Any) -> int:
            image.data = b"mine " + data + request.image_source_name.encode()
            return int(OK)

    [answer] = get(serve(module, Mine("front", camera)), _request()).image_responses
    assert (answer.status, answer.shot.image.data) == (OK, b"mine 1front")


def test_decoding_in_the_servicer(
    module: Any, camera: Camera, sdk_robot: Any, get: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(self: Any, data: Any, image: Any, request: Any) -> int:
        assert self.service_name == "service"
        image.data = b"mine " + data + request.image_source_name.encode()
        return int(OK)

    monkeypatch.setattr(module.CameraBaseImageServicer, "_set_format_and_decode", decode)
    source = module.VisualImageSource("front", camera)
    servicer = module.CameraBaseImageServicer(
        sdk_robot, "service", [source], use_background_capture_thread=False
    )
    [answer] = get(servicer, _request()).image_responses
    assert (answer.status, answer.shot.image.data) == (OK, b"mine 1front")
    source.stop_capturing()


def test_the_capture_parameters(module: Any, camera: Camera, serve: Any, get: Any) -> None:
    class Mine(module.VisualImageSource):  # type: ignore[misc]
        @staticmethod
        def make_capture_parameters(
            gain: Any = None, exposure: Any = None, request_custom_params: Any = None
        ) -> Any:
            del exposure, request_custom_params
            return image_pb2.CaptureParameters(gain=gain + 1)

    [answer] = get(serve(module, Mine("front", camera, gain=3.0)), _request()).image_responses
    assert answer.shot.capture_params.gain == 4.0


@pytest.mark.parametrize("outcome", [OSError("unplugged"), None])
def test_failure_of_an_overridden_method_is_reported(
    camera: Camera, outcome: Exception | None
) -> None:
    def get() -> Any:
        if outcome is not None:
            raise outcome
        return None, None

    source = VisualImageSource("front", camera)
    source.get_image_and_timestamp = get  # type: ignore[method-assign, assignment]
    with pytest.raises(NoData, match="unplugged" if outcome else "no picture"):
        source.request_shot().get(TIMEOUT_S)


def test_overridden_method_that_hangs_times_out(camera: Camera) -> None:
    go = threading.Event()
    source = VisualImageSource("front", camera)
    source.get_image_and_timestamp = lambda: (go.wait(TIMEOUT_S), 1.0)  # type: ignore[method-assign, assignment, misc]
    with pytest.raises(NoData, match="in time"):
        source.request_shot().get(0.0)
    go.set()


def test_pixel_formats_may_be_added_later(camera: Camera) -> None:
    source = VisualImageSource("front", camera)
    source.supported_pixel_formats.append(1)
    assert VisualImageSource("rear", camera).supported_pixel_formats == []
    given = [1]
    source = VisualImageSource("front", camera, pixel_formats=given)
    assert source.supported_pixel_formats is given
