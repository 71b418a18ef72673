"""Cameras that were written for the SDK's module, on ours, between a robot and its clients."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import bosdyn.client.image_service_helpers as of_the_sdk
import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2, service_customization_pb2
from bosdyn.client.exceptions import ResponseError
from bosdyn.client.image import (
    ImageDataError,
    UnknownImageSourceError,
    UnsupportedImageFormatRequestedError,
    UnsupportedPixelFormatRequestedError,
    UnsupportedResizeRatioRequestedError,
)

from spot_webcam.fakes.robot import FakeRobot
from spot_webcam.image_service_helpers import (
    CameraInterface,
    VisualImageSource,
    convert_RGB_to_grayscale,
)

IMAGE = image_pb2.Image
RGB, GREY = IMAGE.PIXEL_FORMAT_RGB_U8, IMAGE.PIXEL_FORMAT_GREYSCALE_U8
ROWS, COLS = 48, 64
CAPTURE_FAULT = "Image Capture Failure for thermal"

Connect = Callable[..., Any]


class Thermal(CameraInterface):  # type: ignore[misc]
    """A red picture, as bright as the parameter `warmth` says."""

    def __init__(self) -> None:
        super().__init__()
        self.broken = False
        self.decodings = 0

    def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> tuple[Any, float]:
        with self.capture_lock:
            if self.broken:
                raise OSError("the sensor does not answer")
            warmth = 200
            if custom_params is not None and "warmth" in custom_params.values:
                warmth = custom_params.values["warmth"].int_value.value
            pixels = np.zeros((ROWS, COLS, 3), np.uint8)
            pixels[:, :, 0] = warmth
            return pixels, time.time()

    def image_decode(self, image_data: Any, image_proto: Any, image_req: Any) -> None:
        self.decodings += 1
        ratio = image_req.resize_ratio or 1.0
        if ratio != 1.0:
            image_proto.rows, image_proto.cols = int(ROWS * ratio), int(COLS * ratio)
            image_data = cv2.resize(image_data, (image_proto.cols, image_proto.rows))
        image_proto.pixel_format = image_req.pixel_format or RGB
        if image_proto.pixel_format == GREY:
            image_data = convert_RGB_to_grayscale(image_data)
        if image_req.image_format == IMAGE.FORMAT_RAW:
            image_proto.format = IMAGE.FORMAT_RAW
            image_proto.data = image_data.tobytes()
        elif image_req.image_format in (IMAGE.FORMAT_UNKNOWN, IMAGE.FORMAT_JPEG):
            image_proto.format = IMAGE.FORMAT_JPEG
            image_proto.data = cv2.imencode(".jpg", image_data)[1].tobytes()
        else:
            raise ValueError("this camera has RAW and JPEG")


class Old(of_the_sdk.CameraInterface):  # type: ignore[misc]
    """As they were before 3.1, and derived from the SDK's class."""

    def blocking_capture(self) -> tuple[bytes, float]:
        return b"old", time.time()

    def image_decode(
        self, image_data: Any, image_proto: Any, image_format: Any, quality_percent: Any
    ) -> None:
        image_proto.data = image_data + f" {image_format} {quality_percent:g}".encode()
        image_proto.pixel_format = RGB


def _spec() -> Any:
    spec = service_customization_pb2.DictParam.Spec()
    warmth = spec.specs["warmth"].spec.int_spec
    warmth.min_value.value, warmth.max_value.value = 0, 255
    warmth.default_value.value = 200
    return spec


def _warmth(value: int) -> Any:
    params = service_customization_pb2.DictParam()
    params.values["warmth"].int_value.value = value
    return params


def _request(name: str = "thermal", **fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name=name, **fields)


@pytest.fixture
def camera() -> Thermal:
    return Thermal()


@pytest.fixture
def source(camera: Thermal) -> VisualImageSource:
    return VisualImageSource(
        "thermal", camera, rows=ROWS, cols=COLS, pixel_formats=[RGB, GREY], param_spec=_spec()
    )


@pytest.mark.parametrize("background", [True, False])
def test_pictures_reach_clients_in_robot_time(
    client: Connect, source: VisualImageSource, fake_robot: FakeRobot, background: bool
) -> None:
    images = client(source, use_background_capture_thread=background)
    assert [one.name for one in images.list_image_sources()] == ["thermal"]
    raw, grey = images.get_image(
        [
            _request(image_format=IMAGE.FORMAT_RAW),
            _request(image_format=IMAGE.FORMAT_RAW, pixel_format=GREY, resize_ratio=0.5),
        ]
    )
    assert raw.shot.image.data[:3] == bytes([200, 0, 0])
    assert (grey.shot.image.rows, grey.shot.image.cols) == (ROWS // 2, COLS // 2)
    assert set(grey.shot.image.data) == {60}
    age_s = (fake_robot.now_ns() - raw.shot.acquisition_time.ToNanoseconds()) / 1e9
    assert -1.0 < age_s < 30.0


def test_a_jpeg_is_what_the_camera_made(client: Connect, source: VisualImageSource) -> None:
    [answer] = client(source).get_image([_request()])
    pixels = cv2.imdecode(np.frombuffer(answer.shot.image.data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (ROWS, COLS, 3)


def test_cameras_of_every_age_and_module_are_served(client: Connect) -> None:
    images = client(VisualImageSource("old", Old()))
    [answer] = images.get_image(
        [_request("old", image_format=IMAGE.FORMAT_JPEG, quality_percent=50)]
    )
    assert answer.shot.image.data == b"old 1 50"


@pytest.mark.parametrize("background", [True, False])
def test_pictures_are_taken_with_the_parameters_that_were_asked_for(
    client: Connect, source: VisualImageSource, background: bool
) -> None:
    images = client(source, use_background_capture_thread=background)

    def get(value: int | None) -> tuple[int, Any]:
        request = _request(image_format=IMAGE.FORMAT_RAW)
        if value is not None:
            request.custom_params.CopyFrom(_warmth(value))
        [answer] = images.get_image([request])
        return answer.shot.image.data[0], answer.shot.capture_params.custom_params

    wanted = [10, None, 20, None, 10, 30, None, 20]
    with ThreadPoolExecutor(4) as pool:
        got = list(pool.map(get, wanted))
    assert [value for value, _ in got] == [200 if one is None else one for one in wanted]
    assert got[0][1] == _warmth(10)


def test_background_with_parameters_answers_plain_requests_without_them(
    client: Connect, source: VisualImageSource
) -> None:
    images = client(source, background_capture_params=_warmth(10))
    none = service_customization_pb2.DictParam()
    for asked, value in ((_warmth(10), 10), (none, 200), (_warmth(20), 20), (none, 200)):
        request = _request(image_format=IMAGE.FORMAT_RAW, custom_params=asked)
        [answer] = images.get_image([request])
        assert answer.shot.image.data[0] == value
        assert answer.shot.capture_params.custom_params == asked
    assert source.capture_thread is not None
    assert source.capture_thread.custom_params is None


def test_parameters_out_of_range_are_refused(
    client: Connect, source: VisualImageSource, fake_robot: FakeRobot
) -> None:
    with pytest.raises(ResponseError) as refused:
        client(source).get_image([_request(custom_params=_warmth(300))])
    [answer] = refused.value.response.image_responses
    assert answer.status == image_pb2.ImageResponse.STATUS_CUSTOM_PARAMS_ERROR
    assert answer.custom_param_error.error_messages
    assert fake_robot.faults() == []


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": "rear"}, UnknownImageSourceError),
        ({"resize_ratio": float("nan")}, UnsupportedResizeRatioRequestedError),
        ({"resize_ratio": 2.0}, UnsupportedResizeRatioRequestedError),
        ({"pixel_format": IMAGE.PIXEL_FORMAT_DEPTH_U16}, UnsupportedPixelFormatRequestedError),
        ({"image_format": IMAGE.FORMAT_RLE}, UnsupportedImageFormatRequestedError),
        ({"image_format": 77}, UnsupportedImageFormatRequestedError),
    ],
)
def test_bad_requests_raise_no_fault(
    client: Connect,
    source: VisualImageSource,
    fake_robot: FakeRobot,
    fields: dict[str, Any],
    error: type[Exception],
) -> None:
    images = client(source)
    with pytest.raises(error):
        images.get_image([_request(**fields)])
    assert source.faults() == []
    assert fake_robot.faults() == []


def test_a_sensor_that_fails_is_one_fault_until_it_is_well(
    client: Connect, source: VisualImageSource, camera: Thermal, fake_robot: FakeRobot
) -> None:
    images = client(source)
    images.get_image([_request()])
    camera.broken = True
    assert fake_robot.wait_for(fake_robot.faults, 20)
    [fault] = fake_robot.faults()
    assert fault.fault_id.fault_name == CAPTURE_FAULT
    assert "does not answer" in fault.error_message
    with pytest.raises(ImageDataError) as failed:
        images.get_image([_request()])
    assert "does not answer" in str(failed.value.response.header.error.message)
    camera.broken = False
    assert fake_robot.wait_for(lambda: not fake_robot.faults(), 20)
    assert images.get_image([_request()])
    triggers = [one for one in fake_robot.fault_events() if one.kind == "trigger"]
    assert len(triggers) == 1


def test_messages_reach_the_data_buffer(
    client: Connect, source: VisualImageSource, fake_robot: FakeRobot
) -> None:
    client(source, log_images=True).get_image([_request()])
    assert fake_robot.wait_for(lambda: len(fake_robot.recorded_blobs()) == 2, 20)
    kinds = {blob.type_id for blob in fake_robot.recorded_blobs()}
    assert kinds == {"bosdyn.api.GetImageRequest", "bosdyn.api.GetImageResponse"}
