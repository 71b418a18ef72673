"""Good and bad requests, side by side in one call."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bosdyn.api import header_pb2, image_pb2, image_service_pb2_grpc
from bosdyn.client.exceptions import RpcError
from bosdyn.client.image import UnknownImageSourceError, build_image_request

Image, Response = image_pb2.Image, image_pb2.ImageResponse
OK = Response.STATUS_OK
UNKNOWN_CAMERA = Response.STATUS_UNKNOWN_CAMERA
BAD_FORMAT = Response.STATUS_UNSUPPORTED_IMAGE_FORMAT_REQUESTED
BAD_PIXELS = Response.STATUS_UNSUPPORTED_PIXEL_FORMAT_REQUESTED
BAD_RATIO = Response.STATUS_UNSUPPORTED_RESIZE_RATIO_REQUESTED
BAD_PARAMS = Response.STATUS_CUSTOM_PARAMS_ERROR
COLOUR, DEPTH, GREY16 = "colour", "depth", "grey16"
DEVICES = [
    f"{COLOUR}=synthetic:?size=200x150",
    f"{DEPTH}=synthetic:?size=200x150&layout=depth16",
    f"{GREY16}=synthetic:?size=200x150&layout=grey16",
]


@pytest.fixture
def serving(serve: Callable[..., Any]) -> Any:
    serving = serve(*DEVICES)
    serving.wait_for_pictures()
    return serving


def request(source: str = COLOUR, **fields: Any) -> Any:
    return image_pb2.ImageRequest(image_source_name=source, **fields)


def with_custom_params() -> Any:
    asked = request()
    asked.custom_params.values["exposure"].int_value.value = 5
    return asked


BAD: list[tuple[Any, int]] = [
    (request("no-such-source"), UNKNOWN_CAMERA),
    (request(""), UNKNOWN_CAMERA),
    (request(resize_ratio=1.01), BAD_RATIO),
    (request(resize_ratio=-0.5), BAD_RATIO),
    (request(resize_ratio=math.nan), BAD_RATIO),
    (request(resize_ratio=math.inf), BAD_RATIO),
    (request(resize_ratio=-math.inf), BAD_RATIO),
    (request(pixel_format=Image.PIXEL_FORMAT_DEPTH_U16), BAD_PIXELS),
    (request(pixel_format=Image.PIXEL_FORMAT_RGBA_U8), BAD_PIXELS),
    (request(pixel_format=2), BAD_PIXELS),
    (request(pixel_format=99), BAD_PIXELS),
    (
        request(pixel_format=99, fallback_formats=[98, Image.PIXEL_FORMAT_DEPTH_U16]),
        BAD_PIXELS,
    ),
    (request(image_format=77), BAD_FORMAT),
    (request(DEPTH, image_format=Image.FORMAT_JPEG), BAD_FORMAT),
    (request(GREY16, image_format=Image.FORMAT_JPEG), BAD_FORMAT),
    (
        request(image_format=Image.FORMAT_RLE, pixel_format=Image.PIXEL_FORMAT_RGB_U8),
        BAD_FORMAT,
    ),
    (with_custom_params(), BAD_PARAMS),
]


def test_bad_requests_are_answered_in_order_beside_good_ones(serving: Any) -> None:
    asked = [one for bad, _ in BAD for one in (request(), bad)]
    expected = [status for _, bad in BAD for status in (OK, bad)]

    response = serving.client.call(*asked)

    assert [answer.status for answer in response.image_responses] == expected
    assert response.header.error.code == header_pb2.CommonError.CODE_OK
    for good in response.image_responses[::2]:
        assert good.source.name == COLOUR
        assert good.shot.image.data
    for bad in response.image_responses[1::2]:
        assert not bad.HasField("shot")


def test_bad_requests_raise_no_fault(serve: Callable[..., Any], clip: Path) -> None:
    serving = serve(*DEVICES, f"file={clip}")
    serving.wait_for_pictures()
    for _ in range(3):
        serving.client.call(*(bad for bad, _ in BAD))

    # A fault that must come, reported by the same look at all sources.
    clip.unlink()
    assert serving.eventually(serving.faults)

    triggered = [one.fault_name for one in serving.robot.fault_events() if one.kind == "trigger"]
    assert triggered == ["Image Capture Failure for file"]


def test_header_says_what_was_wrong(serving: Any) -> None:
    response = serving.client.call(request("nowhere"), request(resize_ratio=2.0), request())
    message = response.header.error.message
    assert "nowhere" in message
    assert "resize_ratio" in message


def test_header_repeats_the_request_and_tells_both_times(serving: Any) -> None:
    response = serving.client.call(request())
    header = response.header
    assert header.request_header.client_name.startswith("fake-robot-client")
    assert header.request_header.HasField("request_timestamp")
    received = header.request_received_timestamp.ToNanoseconds()
    assert 0 < received <= header.response_timestamp.ToNanoseconds()
    assert header.error.code == header_pb2.CommonError.CODE_OK
    assert header.error.message == ""


def test_listing_has_the_same_header(serving: Any) -> None:
    images = serving.client.images
    stub = image_service_pb2_grpc.ImageServiceStub(images.channel)
    response = images.call(stub.ListImageSources, image_pb2.ListImageSourcesRequest(), timeout=20)
    assert response.header.error.code == header_pb2.CommonError.CODE_OK
    assert response.header.request_header.client_name.startswith("fake-robot-client")
    assert response.header.HasField("response_timestamp")


def test_custom_parameters_are_refused_by_name(serving: Any) -> None:
    [answer] = serving.client.get(with_custom_params())
    assert "exposure" in answer.custom_param_error.error_messages[0]


@pytest.mark.parametrize(
    ("ratio", "size"),
    [(0.0, (200, 150)), (1.0, (200, 150)), (0.5, (100, 75)), (0.001, (2, 2)), (0.01, (2, 2))],
)
@pytest.mark.parametrize("source", [COLOUR, DEPTH])
def test_answer_tells_the_size_that_was_delivered(
    serving: Any, source: str, ratio: float, size: tuple[int, int]
) -> None:
    answer = serving.client.ask(source, resize_ratio=ratio, image_format=Image.FORMAT_RAW)
    image = answer.shot.image
    assert answer.status == OK
    assert (image.cols, image.rows) == size
    bytes_a_pixel = 2 if source == DEPTH else 3
    assert len(image.data) == size[0] * size[1] * bytes_a_pixel
    # Without a camera model, the source is what it is, whatever the size of one answer.
    assert (answer.source.cols, answer.source.rows) == (200, 150)


def test_first_fallback_that_the_source_has_is_served(serving: Any) -> None:
    answer = serving.client.ask(
        COLOUR,
        pixel_format=Image.PIXEL_FORMAT_DEPTH_U16,
        fallback_formats=[
            Image.PIXEL_FORMAT_GREYSCALE_U16,
            Image.PIXEL_FORMAT_GREYSCALE_U8,
            Image.PIXEL_FORMAT_RGB_U8,
        ],
    )
    assert answer.status == OK
    assert answer.shot.image.pixel_format == Image.PIXEL_FORMAT_GREYSCALE_U8


def test_fallbacks_do_not_count_while_the_pixel_format_is_good(serving: Any) -> None:
    answer = serving.client.ask(
        COLOUR,
        pixel_format=Image.PIXEL_FORMAT_RGB_U8,
        fallback_formats=[Image.PIXEL_FORMAT_GREYSCALE_U8],
    )
    assert answer.shot.image.pixel_format == Image.PIXEL_FORMAT_RGB_U8


def test_open_requests_get_the_source_s_own_formats(serving: Any) -> None:
    colour, depth = serving.client.get(request(), request(DEPTH))
    assert (colour.shot.image.format, colour.shot.image.pixel_format) == (
        Image.FORMAT_JPEG,
        Image.PIXEL_FORMAT_RGB_U8,
    )
    assert (depth.shot.image.format, depth.shot.image.pixel_format) == (
        Image.FORMAT_RAW,
        Image.PIXEL_FORMAT_DEPTH_U16,
    )


def test_rle_of_grey_is_served_when_asked_though_not_advertised(serving: Any) -> None:
    answer = serving.client.ask(COLOUR, image_format=Image.FORMAT_RLE)
    assert answer.status == OK
    assert answer.shot.image.format == Image.FORMAT_RLE
    assert answer.shot.image.pixel_format == Image.PIXEL_FORMAT_GREYSCALE_U8


def test_quality_decides_the_size_of_a_jpeg(serving: Any) -> None:
    low, default, best, too_much, nonsense = (
        len(answer.shot.image.data)
        for answer in serving.client.get(
            *(request(quality_percent=quality) for quality in (5, 0, 100, 400, math.nan))
        )
    )
    assert low < default < best
    assert too_much == best
    assert nonsense == default


def test_more_requests_than_one_call_may_have_are_refused_as_a_whole(serving: Any) -> None:
    assert len(serving.client.get(*[request()] * 64)) == 64
    with pytest.raises(RpcError) as refusal:
        serving.client.get(*[request()] * 65)
    assert "RESOURCE_EXHAUSTED" in repr(refusal.value.error)
    assert "64" in repr(refusal.value.error)


def test_sdk_s_own_get_image_gets_pictures_and_names_unknown_sources(serving: Any) -> None:
    images = serving.client.images
    pictures = images.get_image([build_image_request(COLOUR), build_image_request(DEPTH)])
    assert [one.source.name for one in pictures] == [COLOUR, DEPTH]
    with pytest.raises(UnknownImageSourceError):
        images.get_image_from_sources([COLOUR, "no-such-source"])
