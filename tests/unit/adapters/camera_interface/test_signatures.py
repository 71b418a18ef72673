"""Calls of cameras of every release of the SDK."""

from __future__ import annotations

import functools
import inspect
import io
from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import image_pb2
from bosdyn.api.service_customization_pb2 import DictParam

from spot_webcam.adapters.camera_interface import InterfaceCamera
from spot_webcam.adapters.camera_interface.signatures import (
    ImageDecode,
    capture_arguments,
    hides_old_capture,
    takes_request,
)
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.fakes.time.manual import ManualClock
from tests.camera_interfaces import (
    DrawnCamera,
    HttpAnswer,
    ReadOnceCamera,
    parameter_spec,
    source_of,
)

Adapt = Callable[..., InterfaceCamera]
Image = image_pb2.Image
RAW = image_pb2.ImageRequest(image_format=Image.FORMAT_RAW, quality_percent=60)


def by_format(_data: Any, image: Any, image_format: Any, quality: Any) -> None:
    """Fail on a request as old cameras do: by a TypeError from within."""
    name = Image.Format.Name(image_format)
    image.data = f"{name} {quality:g}".encode()


def by_request(_data: Any, image: Any, image_req: Any) -> None:
    image.data = f"request {image_req.quality_percent:g}".encode()


def written(decode: Callable[..., Any]) -> list[bytes]:
    call = ImageDecode(decode)
    images = [Image(), Image()]
    for image in images:
        call(lambda: b"data", image, RAW)
    return [image.data for image in images]


def defaulted(data: Any, image: Any, image_format: Any = None, quality_percent: Any = 75) -> None:
    by_format(data, image, image_format, quality_percent)


def defaulted_quality(data: Any, image: Any, image_format: Any, quality: Any = 75) -> None:
    by_format(data, image, image_format, quality)


def short(data: Any, image: Any, fmt: Any, q: Any) -> None:
    by_format(data, image, fmt, q)


def nameless(data: Any, image: Any, a: Any, b: Any = 75) -> None:
    by_format(data, image, a, b)


def decorated(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    return call


OLD = [by_format, defaulted, defaulted_quality, short, nameless, decorated(by_format)]


@pytest.mark.parametrize("decode", OLD)
def test_decodes_of_before_3_1_get_format_and_quality(decode: Callable[..., Any]) -> None:
    assert written(decode) == [b"FORMAT_RAW 60"] * 2


def by_request_or_more(data: Any, image: Any, image_req: Any, more: Any = None) -> None:
    assert more is None
    by_request(data, image, image_req)


NEW = [
    by_request,
    by_request_or_more,
    decorated(by_request),
    functools.wraps(by_request)(decorated(by_request)),
]


@pytest.mark.parametrize("decode", NEW)
def test_decodes_of_today_get_the_request(decode: Callable[..., Any]) -> None:
    assert written(decode) == [b"request 60"] * 2


def test_function_that_reports_no_signature_is_tried_with_the_request() -> None:
    with pytest.raises(ValueError, match="signature"):
        inspect.signature(min)
    with pytest.raises(TypeError):
        ImageDecode(min)(lambda: b"", Image(), RAW)
    assert takes_request(min) is None


def test_attempt_that_failed_leaves_nothing_and_costs_once() -> None:
    calls: list[int] = []

    def decode(*args: Any) -> None:
        calls.append(len(args))
        args[1].rows += 7
        by_format(*args)

    call = ImageDecode(decode)
    for _ in range(2):
        image = Image(rows=1)
        call(lambda: b"", image, RAW)
        assert image.rows == 8
    assert calls == [3, 4, 4]


def test_type_error_of_the_camera_s_own_is_reported_and_settles_nothing() -> None:
    broken = [True]

    def decode(*args: Any) -> None:
        if broken[0]:
            raise TypeError("no picture in None")
        by_request(*args)

    call = ImageDecode(decode)
    with pytest.raises(TypeError, match="no picture in None"):
        call(lambda: b"", Image(), RAW)
    broken[0] = False
    image = Image()
    call(lambda: b"", image, RAW)
    assert image.data == b"request 60"


def test_capture_that_demands_parameters_gets_none() -> None:
    def capture(*, custom_params: Any) -> None:
        """Of a camera that gave them no default."""

    assert capture_arguments(capture, None, {}) == {"custom_params": None}
    assert capture_arguments(lambda: None, DictParam(), {"mode": 1}) == {}
    assert capture_arguments(max, None, {}) == {}


def test_old_capture_behind_a_decorator_is_recognised_by_its_error() -> None:
    def capture(*_args: Any, custom_params: Any = None, **_kwargs: Any) -> Any:
        return custom_params

    error = TypeError("capture() got an unexpected keyword argument 'custom_params'")
    assert hides_old_capture(decorated(capture), error)
    assert not hides_old_capture(capture, error)
    assert not hides_old_capture(decorated(capture), TypeError("None has no lens"))


class OldPanorama(ReadOnceCamera):
    """Of before 3.1: a stream, format and quality, and headers to look at."""

    def pixels(self) -> Any:
        answer: Any = super().pixels()
        answer.headers = {"Content-Type": "image/jpeg"}
        return answer

    def image_decode(  # type: ignore[override]
        self, image_data: Any, image_proto: Any, image_format: Any, quality_percent: Any
    ) -> None:
        assert image_data.headers == {"Content-Type": "image/jpeg"}
        image_data.url = "http://camera"  # as some note down
        assert not hasattr(image_data, "nothing")
        request = image_pb2.ImageRequest(image_format=image_format, quality_percent=quality_percent)
        super().image_decode(image_data, image_proto, request)


def test_stream_of_an_old_camera_is_read_at_each_decoding(adapt: Adapt, clock: ManualClock) -> None:
    camera = OldPanorama(clock)
    adapted = adapt(camera)
    adapted.open()
    adapted.grab()
    picture = adapted.retrieve()
    assert isinstance(picture, JpegPicture)
    assert picture.data == camera.jpeg


def test_stream_is_kept_whole_though_it_was_begun(adapt: Adapt, clock: ManualClock) -> None:
    class Begun(ReadOnceCamera):
        def pixels(self) -> Any:
            answer: HttpAnswer = super().pixels()
            stream = io.BytesIO(answer.read())
            stream.read(4)
            return stream

    assert isinstance(adapt(Begun(clock)).open().codec, str)


def test_decode_receives_the_name_of_its_source(adapt: Adapt, clock: ManualClock) -> None:
    camera = DrawnCamera(clock)
    adapt(source_of(camera)).open()
    assert {wish.image_source_name for wish in camera.wishes} == {"drawn"}


def test_parameters_stay_as_they_were_asked_for_though_the_camera_looks(
    adapt: Adapt, clock: ManualClock
) -> None:
    class Looks(DrawnCamera):
        def blocking_capture(self, *, custom_params: Any = None, **_: Any) -> Any:
            if custom_params is not None:
                assert custom_params.values["palette"].string_value.value == ""
            return super().blocking_capture()

    adapted = adapt(source_of(Looks(clock), param_spec=parameter_spec()))
    adapted.open()
    asked = DictParam()
    asked.values["level"].int_value.value = 3
    adapted.set_parameters(asked.SerializeToString())
    adapted.grab()
    used = DictParam.FromString(adapted.parameters())
    assert used.values["level"].int_value.value == 3
    assert used.values["palette"].string_value.value == "iron"
    adapted.retrieve()
