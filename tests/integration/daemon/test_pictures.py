"""Pictures of every kind of source, through the robot, by the SDK's client."""

from collections.abc import Callable
from itertools import product
from typing import Any

import cv2
import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.fakes.cameras import parse_synthetic_device, read_sequence
from spot_webcam.fakes.cameras.patterns.pattern import Pattern

JPEG, RAW, RLE = (
    image_pb2.Image.FORMAT_JPEG,
    image_pb2.Image.FORMAT_RAW,
    image_pb2.Image.FORMAT_RLE,
)
GREY8, RGB8, RGBA8, DEPTH16, GREY16 = (
    image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U8,
    image_pb2.Image.PIXEL_FORMAT_RGB_U8,
    image_pb2.Image.PIXEL_FORMAT_RGBA_U8,
    image_pb2.Image.PIXEL_FORMAT_DEPTH_U16,
    image_pb2.Image.PIXEL_FORMAT_GREYSCALE_U16,
)
OK = image_pb2.ImageResponse.STATUS_OK
VISUAL = image_pb2.ImageSource.IMAGE_TYPE_VISUAL
DEPTH = image_pb2.ImageSource.IMAGE_TYPE_DEPTH

# Type, shape of a pixel, and byte order on the wire.
PIXELS: dict[int, tuple[str, tuple[int, ...]]] = {
    GREY8: ("u1", ()),
    RGB8: ("u1", (3,)),
    RGBA8: ("u1", (4,)),
    DEPTH16: ("<u2", ()),
    GREY16: (">u2", ()),
}
ADVERTISED: dict[Layout, tuple[set[int], set[int]]] = {
    Layout.GREY8: ({JPEG, RAW}, {GREY8}),
    Layout.RGB8: ({JPEG, RAW}, {GREY8, RGB8}),
    Layout.BGR8: ({JPEG, RAW}, {GREY8, RGB8}),
    Layout.RGBA8: ({JPEG, RAW}, {GREY8, RGB8, RGBA8}),
    Layout.BGRA8: ({JPEG, RAW}, {GREY8, RGB8, RGBA8}),
    Layout.GREY16: ({RAW}, {GREY16}),
    Layout.DEPTH16: ({RAW}, {DEPTH16}),
}
COLOURS = [layout for layout in Layout if layout.channels > 1]
COLS, ROWS = 100, 76
# Mean and largest difference of a JPEG of quality 95 from its picture, which has hard edges.
JPEG_MEAN, JPEG_LARGEST = 6.0, 160


def device_of(layout: Layout) -> str:
    return f"synthetic:?size={COLS}x{ROWS}&fps=10&seed=5&layout={layout.label}"


def known_picture(layout: Layout, sequence: int) -> Picture:
    """Draw the picture that the synthetic camera had at this sequence number."""
    device = parse_synthetic_device(device_of(layout))
    pattern = Pattern(device.cols, device.rows, device.seed, device.layout, device.fps)
    return Picture(pattern.frame(sequence), layout)


def pixels_of(image: Any) -> Any:
    """Return the array that a client makes of an answer; JPEGs with blue first."""
    dtype, channels = PIXELS[image.pixel_format]
    if image.format == JPEG:
        data = np.frombuffer(image.data, np.uint8)
        return cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    data = _runs_of(image) if image.format == RLE else image.data
    return np.frombuffer(data, dtype).reshape((image.rows, image.cols, *channels))


def _runs_of(image: Any) -> bytes:
    """Decode as image.proto has it: a byte that counts, then the pixel."""
    dtype, _ = PIXELS[image.pixel_format]
    runs = np.frombuffer(image.data, np.dtype([("count", "u1"), ("pixel", dtype)]))
    assert runs["count"].min() > 0
    return np.repeat(runs["pixel"], runs["count"]).tobytes()


def in_rgb(picture: Picture) -> Any:
    order = [2, 1, 0] if picture.layout in {Layout.BGR8, Layout.BGRA8} else [0, 1, 2]
    return picture.pixels[:, :, order]


def sequence_of(image: Any) -> int:
    sequence = read_sequence(pixels_of(image))
    assert sequence is not None
    return sequence


def every_request(source: Any) -> list[Any]:
    """Return a request for each advertised image format with each pixel format.

    Depth and 16-bit grey in RLE too, which is served though it is not advertised.
    """
    image_formats = [*source.image_formats, *([] if JPEG in source.image_formats else [RLE])]
    return [
        image_pb2.ImageRequest(
            image_source_name=source.name,
            image_format=image_format,
            pixel_format=pixel_format,
            quality_percent=95,
        )
        for image_format, pixel_format in product(image_formats, source.pixel_formats)
    ]


def assert_alike(jpeg: Any, pixels: Any) -> None:
    difference = np.abs(jpeg.astype(int) - pixels.astype(int))
    assert difference.mean() < JPEG_MEAN
    assert difference.max() < JPEG_LARGEST


@pytest.mark.parametrize("layout", Layout, ids=lambda layout: layout.label)
def test_source_serves_all_that_it_advertises(layout: Layout, serve: Callable[..., Any]) -> None:
    serving = serve(device_of(layout))
    serving.wait_for_pictures()
    [source] = serving.client.list().values()

    assert (set(source.image_formats), set(source.pixel_formats)) == ADVERTISED[layout]
    assert (source.cols, source.rows) == (COLS, ROWS)
    assert source.image_type == (DEPTH if layout is Layout.DEPTH16 else VISUAL)
    assert source.depth_scale == (1000 if layout is Layout.DEPTH16 else 0)

    requests = every_request(source)
    # One call, so that all answers show one picture.
    answers = serving.client.get(*requests)
    sequences = set()
    for request, answer in zip(requests, answers, strict=True):
        image = answer.shot.image
        assert answer.status == OK
        assert answer.source == source
        assert (image.format, image.pixel_format) == (request.image_format, request.pixel_format)
        assert (image.cols, image.rows) == (COLS, ROWS)
        dtype, channels = PIXELS[image.pixel_format]
        if image.format == RAW:
            assert len(image.data) == COLS * ROWS * (channels or (1,))[0] * np.dtype(dtype).itemsize
        if image.format == JPEG:
            assert pixels_of(image).shape == (ROWS, COLS, *(() if channels == () else (3,)))
        sequences.add(sequence_of(image))
    [sequence] = sequences

    picture = known_picture(layout, sequence)
    for answer in answers:
        assert_shows(picture, answer.shot.image)
    assert not [event for event in serving.robot.fault_events() if event.kind == "trigger"]


def assert_shows(picture: Picture, image: Any) -> None:
    """Compare an answer with the picture that the camera had."""
    pixels = pixels_of(image)
    if image.pixel_format == GREY8:
        grey = picture if picture.layout is Layout.GREY8 else to_grayscale(picture)
        expected = grey.pixels
    elif image.pixel_format in {RGB8, RGBA8}:
        expected = in_rgb(picture)
        if image.pixel_format == RGBA8 and image.format == RAW:
            assert (pixels[:, :, 3] == 255).all()
            pixels = pixels[:, :, :3]
    else:
        expected = picture.pixels
    if image.format == JPEG:
        colour = pixels.ndim == 3
        assert_alike(pixels[:, :, ::-1] if colour else pixels, expected)
    else:
        assert np.array_equal(pixels, expected)


@pytest.mark.parametrize("layout", COLOURS, ids=lambda layout: layout.label)
def test_raw_rgb_is_red_green_blue_as_the_jpeg_of_the_same_frame(
    layout: Layout, serve: Callable[..., Any]
) -> None:
    serving = serve(device_of(layout))
    serving.wait_for_pictures()
    wanted = {"image_source_name": "synthetic", "pixel_format": RGB8, "quality_percent": 95}
    raw, jpeg = serving.client.get(
        image_pb2.ImageRequest(image_format=RAW, **wanted),
        image_pb2.ImageRequest(image_format=JPEG, **wanted),
    )

    rgb = pixels_of(raw.shot.image).astype(int)
    bgr = pixels_of(jpeg.shot.image).astype(int)
    assert raw.shot.acquisition_time == jpeg.shot.acquisition_time
    right = np.abs(rgb - bgr[:, :, ::-1]).mean()
    swapped = np.abs(rgb - bgr).mean()
    assert right < JPEG_MEAN < swapped


def test_pictures_are_live(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    seen = [sequence_of(serving.client.ask("synthetic").shot.image)]
    for _ in range(3):
        assert serving.eventually(
            lambda: sequence_of(serving.client.ask("synthetic").shot.image) > seen[-1]
        )
        seen.append(sequence_of(serving.client.ask("synthetic").shot.image))
    assert seen == sorted(set(seen))


def test_capture_parameters_are_reported(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    settings = serving.client.ask("synthetic").shot.capture_params
    assert settings.exposure_duration.ToMilliseconds() == 10
    assert settings.gain == 6.0


def test_raw_pictures_of_4k_pass_the_robot(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?size=3840x2160&fps=2")
    serving.wait_for_pictures()
    image = serving.client.ask("synthetic", image_format=RAW).shot.image
    assert (image.cols, image.rows, image.pixel_format) == (3840, 2160, RGB8)
    assert len(image.data) == 3840 * 2160 * 3


def test_sources_are_listed_in_the_order_of_their_devices(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:b", "synthetic:a", "front=synthetic:?seed=4")
    assert list(serving.client.list()) == ["b", "a", "front"]
