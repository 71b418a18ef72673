from __future__ import annotations

import threading
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.errors import NoData
from spot_webcam.fakes.time.manual import ManualClock
from spot_webcam.image_service_helpers import CameraInterface, VisualImageSource
from spot_webcam.image_service_helpers.shot import Shot
from spot_webcam.image_service_helpers.shot_decoder import MAX_THREADS

from .conftest import Camera

TIMEOUT_S = 20.0
RESPONSE = image_pb2.ImageResponse
IMAGE = image_pb2.Image
RGB, GREY = IMAGE.PIXEL_FORMAT_RGB_U8, IMAGE.PIXEL_FORMAT_GREYSCALE_U8


class OfBefore31(CameraInterface):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Any] = []

    def blocking_capture(self) -> tuple[bytes, float]:
        return b"old", 7.0

    def image_decode(  # type: ignore[override, unused-ignore]
        self, image_data: Any, image_proto: Any, image_format: Any, quality_percent: Any
    ) -> None:
        self.asked.append((image_format, quality_percent))
        image_proto.data = image_data


def _request(**fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name="front", **fields)


def test_a_picture_is_decoded_as_requested(module: Any, camera: Camera) -> None:
    source = module.VisualImageSource("front", camera, pixel_formats=[RGB, GREY])
    image = image_pb2.Image()
    request = _request(pixel_format=GREY, image_format=IMAGE.FORMAT_RAW)
    status = source.image_decode_with_error_checking(b"data", image, request)
    assert status == RESPONSE.STATUS_OK
    expected = IMAGE(data=b"data", format=IMAGE.FORMAT_RAW, pixel_format=GREY)
    assert image == expected


def test_a_camera_of_before_3_1_gets_format_and_quality(module: Any) -> None:
    camera = OfBefore31()
    source = module.VisualImageSource("front", camera)
    image = image_pb2.Image()
    request = _request(image_format=IMAGE.FORMAT_JPEG, quality_percent=50)
    status = source.image_decode_with_error_checking(b"data", image, request)
    assert status == RESPONSE.STATUS_OK
    assert source.image_decode_with_error_checking(b"data", image, None) == RESPONSE.STATUS_OK
    assert camera.asked == [(IMAGE.FORMAT_JPEG, 50.0), (None, None)]


def test_unsupported_pixel_format_is_refused(module: Any, camera: Camera) -> None:
    source = module.VisualImageSource("front", camera, pixel_formats=[RGB])
    status = source.image_decode_with_error_checking(b"", IMAGE(), _request(pixel_format=GREY))
    assert status == RESPONSE.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED
    assert camera.decodings == []


def test_decoding_that_fails_only_for_this_request_is_no_fault(camera: Camera) -> None:
    camera.decode_error = lambda request: (
        ValueError("no RLE") if request.image_format == 3 else None
    )
    source = VisualImageSource("front", camera)
    request = _request(image_format=IMAGE.FORMAT_RLE)
    status = source.decode_image(b"", IMAGE(), request)
    assert status == RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert source.faults() == []


@pytest.mark.parametrize("fields", [{}, {"image_format": 3}, {"resize_ratio": 0.5}])
def test_decoding_that_fails_for_every_request_is_a_fault(
    manual_source: type[VisualImageSource],
    camera: Camera,
    clock: ManualClock,
    fields: dict[str, Any],
    caplog: pytest.LogCaptureFixture,
) -> None:
    camera.decode_error = lambda _: TypeError("damaged")
    source = manual_source("front", camera)
    for _ in range(2):
        status = source.decode_image(b"", IMAGE(), _request(**fields))
        assert status == RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    [fault] = source.faults()
    assert fault.name == source.decode_data_fault.fault_id.fault_name
    assert "TypeError: damaged" in fault.message
    assert caplog.text.count("damaged") == 1
    clock.advance(10.1)
    assert source.faults() == []


def test_the_plainest_request_keeps_its_parameters(camera: Camera, params: Any) -> None:
    camera.decode_error = lambda _: ValueError("damaged")
    source = VisualImageSource("front", camera)
    request = _request(resize_ratio=0.5, custom_params=params("b"))
    source.decode_image(b"", IMAGE(), request)
    first, plainest = camera.decodings
    assert first == request
    assert plainest == _request(image_format=IMAGE.FORMAT_JPEG, custom_params=params("b"))


def test_a_picture_that_decodes_ends_the_fault(camera: Camera) -> None:
    camera.decode_error = lambda _: TypeError("damaged")
    source = VisualImageSource("front", camera)
    source.decode_image(b"", IMAGE(), None)
    assert source.faults()
    camera.decode_error = lambda _: None
    source.decode_image(b"", IMAGE(), _request())
    assert source.faults() == []


def test_equal_requests_are_decoded_once(camera: Camera) -> None:
    source = VisualImageSource("front", camera, rows=3, cols=4)
    shot = Shot(b"data", 1.0, 0)
    outcomes = [source.decoded(shot, _request(quality_percent=50)) for _ in range(5)]
    assert {id(one.result(TIMEOUT_S)) for one in outcomes} == {id(outcomes[0].result())}
    image = outcomes[0].result().image
    assert (image.rows, image.cols, image.data) == (3, 4, b"data")
    source.decoded(shot, _request(quality_percent=60)).result(TIMEOUT_S)
    source.decoded(Shot(b"data", 2.0, 0), _request(quality_percent=50)).result(TIMEOUT_S)
    assert len(camera.decodings) == 3


def test_answer_has_the_parameters_of_the_capture(camera: Camera, params: Any) -> None:
    source = VisualImageSource("front", camera, gain=lambda: 2.5)
    shot = Shot(b"data", 1.0, 0, params("b"))
    parameters = source.decoded(shot, _request()).result(TIMEOUT_S).parameters
    assert parameters == image_pb2.CaptureParameters(gain=2.5, custom_params=params("b"))


def test_ignored_parameters_are_not_reported(params: Any) -> None:
    source = VisualImageSource("front", OfBefore31())
    shot = Shot(b"data", 1.0, 0, params("b"))
    parameters = source.decoded(shot, _request()).result(TIMEOUT_S).parameters
    assert not parameters.custom_params.values


def test_unknown_setting_costs_no_picture(camera: Camera) -> None:
    source = VisualImageSource("front", camera, exposure=lambda: float("nan"))
    decoding = source.decoded(Shot(b"data", 1.0, 0), _request()).result(TIMEOUT_S)
    assert decoding.status == RESPONSE.STATUS_OK
    assert not decoding.parameters.HasField("exposure_duration")


def test_parameter_function_without_arguments_works(camera: Camera) -> None:
    source = VisualImageSource("front", camera)
    made = image_pb2.CaptureParameters(gain=4)
    source.get_image_capture_params = lambda: made
    assert source.decoded(Shot(b"", 1.0, 0), _request()).result(TIMEOUT_S).parameters == made


def test_decodings_that_hang_fail_further_ones_at_once(
    manual_source: type[VisualImageSource], camera: Camera, clock: ManualClock
) -> None:
    go, inside = threading.Event(), threading.Semaphore(0)

    def hang(_: Any) -> None:
        inside.release()
        go.wait(TIMEOUT_S)

    camera.decode_error = hang  # type: ignore[assignment]
    source = manual_source("front", camera)
    shot = Shot(b"data", 1.0, 0)
    hanging = [source.decoded(shot, _request(quality_percent=n)) for n in range(MAX_THREADS)]
    for _ in hanging:
        assert inside.acquire(timeout=TIMEOUT_S)
    clock.advance(10.1)
    with pytest.raises(NoData, match="hangs"):
        source.decoded(shot, _request(quality_percent=99))
    go.set()
    assert {one.result(TIMEOUT_S).status for one in hanging} == {RESPONSE.STATUS_OK}


class WithAnyArguments(OfBefore31):
    """A camera from before 3.1 with an ambiguous signature."""

    def image_decode(self, *arguments: Any) -> None:  # type: ignore[override, unused-ignore]
        _, image_proto, image_format, _quality = (*arguments, None)[:4]
        IMAGE.Format.Name(image_format)  # a TypeError for the request
        image_proto.data = b"decoded"


@pytest.mark.parametrize("request_", [_request(image_format=1), None])
def test_a_camera_whose_signature_does_not_tell_is_tried_both_ways(
    module: Any, request_: Any
) -> None:
    source = module.VisualImageSource("front", WithAnyArguments())
    image = IMAGE()
    status = source.image_decode_with_error_checking(b"data", image, request_)
    assert (status == RESPONSE.STATUS_OK) is (request_ is not None)


class Modern(OfBefore31):
    """A current camera with an ambiguous signature."""

    def image_decode(self, *arguments: Any) -> None:  # type: ignore[override, unused-ignore]
        self.asked.append(arguments[2:])
        arguments[1].data = b"decoded"


def test_one_that_takes_the_request_is_called_once(module: Any) -> None:
    camera = Modern()
    source = module.VisualImageSource("front", camera)
    status = source.image_decode_with_error_checking(b"data", IMAGE(), _request())
    assert status == RESPONSE.STATUS_OK
    assert camera.asked == [(_request(),)]


class Broken(Modern):
    def image_decode(self, *arguments: Any) -> None:  # type: ignore[override, unused-ignore]
        raise TypeError("no lens" if len(arguments) == 3 else "too many arguments")


def test_type_error_of_image_decode_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    source = VisualImageSource("front", Broken())
    status = source.image_decode_with_error_checking(b"data", IMAGE(), _request())
    assert status == RESPONSE.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert "no lens" in caplog.text


def test_capture_parameters_that_cannot_be_made_cost_no_picture(
    camera: Camera, params: Any
) -> None:
    source = VisualImageSource("front", camera)
    source.get_image_capture_params = lambda _: 1 / 0
    shot = Shot(b"", 1.0, 0, params("b"))
    parameters = source.decoded(shot, _request()).result(TIMEOUT_S).parameters
    assert parameters == image_pb2.CaptureParameters(custom_params=params("b"))


def test_long_decodings_do_not_hang(
    manual_source: type[VisualImageSource], camera: Camera, clock: ManualClock
) -> None:
    camera.decode_error = lambda _: clock.advance(11.0)
    source = manual_source("front", camera)
    assert source.decoded(Shot(b"", 1.0, 0), _request()).result(TIMEOUT_S).status == 1
    go, inside = threading.Event(), threading.Semaphore(0)

    def hang(_: Any) -> None:
        inside.release()
        go.wait(TIMEOUT_S)

    camera.decode_error = hang  # type: ignore[assignment]
    shot = Shot(b"data", 1.0, 0)
    hanging = [source.decoded(shot, _request(quality_percent=n)) for n in range(MAX_THREADS)]
    for _ in hanging:
        assert inside.acquire(timeout=TIMEOUT_S)
    clock.advance(29.9)
    last = source.decoded(shot, _request(quality_percent=99))
    go.set()
    assert last.result(TIMEOUT_S).status == RESPONSE.STATUS_OK


@pytest.mark.parametrize("exposure", [lambda: 1 / 0, float("nan"), "long"])
def test_unknown_setting_costs_no_other_setting(camera: Camera, exposure: Any) -> None:
    source = VisualImageSource("front", camera, gain=3.0, exposure=exposure)
    parameters = source.decoded(Shot(b"", 1.0, 0), _request()).result(TIMEOUT_S).parameters
    assert parameters.gain == 3.0
    assert not parameters.HasField("exposure_duration")
