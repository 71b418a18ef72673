from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.app.serving.encoder import encode
from spot_webcam.domain.errors import CorruptFrame, EncodingError
from spot_webcam.domain.media.grayscale import to_grayscale
from spot_webcam.domain.media.image import (
    THUMBNAIL_SHRINK,
    ImageFormat,
    Layout,
    Picture,
    Pixels,
)
from spot_webcam.domain.media.jpeg import JpegPicture, inspect_jpeg
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest, plan_encoding
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.cameras import jpeg_frame, parse_synthetic_device
from spot_webcam.fakes.cameras.faults.damage import damage
from spot_webcam.fakes.cameras.faults.script import FaultKind

COLOUR = {Layout.RGB8: "RGB", Layout.BGR8: "BGR", Layout.RGBA8: "RGBA", Layout.BGRA8: "BGRA"}
ORANGE = {"R": 240, "G": 120, "B": 10, "A": 90}
START_OF_FRAME = b"\xff\xc0"

codec = OpenCvCodec()


def orange(layout: Layout, cols: int = 32, rows: int = 16) -> Picture:
    pixel = [ORANGE[channel] for channel in COLOUR[layout]]
    return Picture(np.full((rows, cols, len(pixel)), pixel, np.uint8), layout)


def decoded(data: bytes) -> Pixels:
    pixels: Pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels


def components(jpeg: bytes) -> int:
    return jpeg[jpeg.index(START_OF_FRAME) + 9]


@pytest.mark.parametrize("layout", COLOUR)
def test_jpeg_shows_the_colours_of_the_picture(layout: Layout) -> None:
    pixels = decoded(codec.encode_jpeg(orange(layout), 95))
    assert pixels.shape == (16, 32, 3)
    blue, green, red = pixels.reshape(-1, 3).mean(axis=0)
    assert (red, green, blue) == pytest.approx((240, 120, 10), abs=3)


@pytest.mark.parametrize("layout", COLOUR)
def test_jpeg_of_colour_has_three_components(layout: Layout) -> None:
    assert components(codec.encode_jpeg(orange(layout), 75)) == 3


def test_jpeg_of_grey_has_one_component(make_picture: Callable[..., Picture]) -> None:
    jpeg = codec.encode_jpeg(make_picture(Layout.GREY8, 32, 16), 75)
    assert components(jpeg) == 1
    assert decoded(jpeg).shape == (16, 32)


def test_alpha_is_dropped_from_a_jpeg() -> None:
    assert codec.encode_jpeg(orange(Layout.BGRA8), 75) == codec.encode_jpeg(orange(Layout.BGR8), 75)


def test_quality_is_what_a_jpeg_costs(make_picture: Callable[..., Picture]) -> None:
    picture = make_picture(Layout.BGR8, 64, 48)
    sizes = [len(codec.encode_jpeg(picture, quality)) for quality in (1, 25, 75, 100)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("layout", [Layout.GREY16, Layout.DEPTH16])
def test_jpeg_of_sixteen_bits_is_an_encoding_error(
    make_picture: Callable[..., Picture], layout: Layout
) -> None:
    with pytest.raises(EncodingError, match=layout.label):
        codec.encode_jpeg(make_picture(layout), 75)


def test_jpeg_larger_than_a_jpeg_can_be_is_an_encoding_error() -> None:
    with pytest.raises(EncodingError, match="JPEG"):
        codec.encode_jpeg(Picture(np.zeros((1, 70_000), np.uint8), Layout.GREY8), 75)


@pytest.mark.parametrize(
    ("layout", "wanted"),
    [
        (layout, wanted)
        for layout in COLOUR
        for wanted in ImageSource("cam", layout).pixel_formats
        if wanted.name.startswith("RGB")
    ],
)
def test_every_colour_source_returns_its_red_first(
    make_codec: Callable[[], Any],
    make_picture: Callable[..., Picture],
    layout: Layout,
    wanted: int,
) -> None:
    picture = make_picture(layout)
    request = ImageRequest("cam", ImageFormat.RAW, wanted)
    plan = plan_encoding(request, ImageSource("cam", layout, picture.cols, picture.rows))
    assert isinstance(plan, EncodingPlan)
    assert encode(picture, plan, codec) == encode(picture, plan, make_codec())


def test_alpha_that_is_not_there_is_an_encoding_error(make_picture: Callable[..., Picture]) -> None:
    with pytest.raises(EncodingError, match="cannot turn bgr8 into grey8"):
        codec.reorder(make_picture(Layout.BGR8), Layout.GREY8)


@given(
    st.sampled_from(Layout),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 60),
)
def test_resizing_returns_the_size_and_keeps_the_layout(
    make_picture: Callable[..., Picture],
    layout: Layout,
    cols: int,
    rows: int,
    new_cols: int,
    new_rows: int,
) -> None:
    resized = codec.resize(make_picture(layout, cols, rows), new_cols, new_rows)
    assert (resized.cols, resized.rows, resized.layout) == (new_cols, new_rows, layout)


@given(st.integers(2, 40), st.integers(2, 40), st.floats(0.05, 1.0), st.integers(0, 50))
def test_resized_depth_holds_no_depth_that_was_not_measured(
    make_picture: Callable[..., Picture], cols: int, rows: int, ratio: float, seed: int
) -> None:
    picture = make_picture(Layout.DEPTH16, cols, rows, seed)
    resized = codec.resize(picture, max(1, int(cols * ratio)), max(1, int(rows * ratio)))
    assert np.isin(resized.pixels, picture.pixels).all()


@pytest.mark.parametrize("layout", [Layout.GREY8, Layout.GREY16])
def test_resized_grey_is_the_mean_of_its_area(layout: Layout) -> None:
    picture = Picture(np.array([[10, 30], [50, 70]], layout.dtype), layout)
    assert codec.resize(picture, 1, 1).pixels.tolist() == [[40]]


def test_resizing_to_nothing_is_an_encoding_error(make_picture: Callable[..., Picture]) -> None:
    with pytest.raises(EncodingError, match="cannot resize to 0x0"):
        codec.resize(make_picture(), 0, 0)


@pytest.mark.parametrize("layout", Layout)
def test_everything_advertised_is_encoded_by_opencv(
    make_picture: Callable[..., Picture], layout: Layout
) -> None:
    picture = make_picture(layout, 33, 17)
    source = ImageSource("cam", layout, 33, 17)
    for image_format in source.image_formats:
        for pixel_format in source.pixel_formats:
            request = ImageRequest("cam", image_format, pixel_format, resize_ratio=0.5)
            plan = plan_encoding(request, source)
            assert isinstance(plan, EncodingPlan)
            image = encode(picture, plan, codec)
            assert image.data
            if image_format is ImageFormat.JPEG:
                assert decoded(image.data).shape[:2] == (image.rows, image.cols) == (9, 17)


# Thumbnails, by which JPEGs are examined.


def thumbnail_of(jpeg: JpegPicture) -> Picture:
    return codec.examine(jpeg)[1]


def jpeg_of(layout: str = "bgr8", sequence: int = 0) -> bytes:
    device = parse_synthetic_device(f"synthetic:?codec=mjpg&size=640x480&layout={layout}")
    return jpeg_frame(device, sequence)


@pytest.mark.parametrize("layout", ["bgr8", "grey8"])
@pytest.mark.parametrize("shrink", [1, 2, 4])
def test_examination_returns_what_decoding_does(layout: str, shrink: int) -> None:
    jpeg = inspect_jpeg(jpeg_of(layout))
    same, picture = codec.examine(jpeg, shrink)
    assert same is jpeg
    decoded = codec.decode_jpeg(jpeg, shrink)
    assert picture.layout is decoded.layout
    assert np.array_equal(picture.pixels, decoded.pixels)


@pytest.mark.parametrize("layout", ["bgr8", "grey8"])
def test_examined_thumbnail_is_grey(layout: str) -> None:
    jpeg = inspect_jpeg(jpeg_of(layout))
    thumbnail = thumbnail_of(jpeg)
    assert thumbnail.layout is Layout.GREY8
    decoded = codec.decode_jpeg(jpeg, THUMBNAIL_SHRINK)
    grey = decoded if decoded.layout is Layout.GREY8 else to_grayscale(decoded)
    assert np.abs(thumbnail.pixels.astype(int) - grey.pixels).max() <= 1


def test_thumbnail_shows_the_picture() -> None:
    grey = Picture(
        np.repeat(np.arange(256, dtype=np.uint8), 8)[np.newaxis].repeat(64, 0), Layout.GREY8
    )
    thumbnail = thumbnail_of(inspect_jpeg(codec.encode_jpeg(grey, 95)))
    assert np.abs(thumbnail.pixels[4].astype(int) - np.arange(256)).max() <= 3


@pytest.mark.parametrize("sequence", range(20))
def test_damage_between_intact_markers_is_found(sequence: int) -> None:
    damaged = damage(jpeg_of(sequence=sequence), {FaultKind.FLIP})
    with pytest.raises(CorruptFrame, match="JPEG is damaged"):
        thumbnail_of(inspect_jpeg(damaged))


def test_data_that_is_cut_off_before_its_end_marker_is_found() -> None:
    data = jpeg_of()
    with pytest.raises(CorruptFrame, match="JPEG is damaged"):
        thumbnail_of(inspect_jpeg(data[: len(data) // 2] + b"\xff\xd9"))


def textured(seed: int) -> bytes:
    """A JPEG of a picture with detail everywhere, as cameras take them."""
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.integers(0, 255, (240, 320, 3), np.uint8), (9, 9), 0)
    return codec.encode_jpeg(Picture(noise, Layout.BGR8), 75)


@pytest.mark.parametrize("seed", range(20))
def test_lost_packet_is_found(seed: int) -> None:
    data = textured(seed)
    at = int(np.random.default_rng(seed).integers(700, len(data) - 600))
    with pytest.raises(CorruptFrame, match="JPEG is damaged"):
        thumbnail_of(inspect_jpeg(data[:at] + data[at + 512 :]))


@pytest.mark.parametrize("count", [20, 40, 168])
def test_many_bytes_before_the_end_marker_are_a_decoder_that_lost_its_place(count: int) -> None:
    data = jpeg_of()
    with pytest.raises(CorruptFrame, match="extraneous bytes"):
        thumbnail_of(inspect_jpeg(data[:-2] + bytes(count) + b"\xff\xd9"))


def test_some_bytes_before_the_end_marker_are_harmless() -> None:
    data = jpeg_of()
    padded = inspect_jpeg(data[:-2] + bytes(4) + b"\xff\xd9")
    assert thumbnail_of(padded).cols == 80


def test_pictures_without_huffman_tables_have_a_thumbnail() -> None:
    """As most UVC cameras send them."""
    data = jpeg_of()
    start = data.index(b"\xff\xc4")
    while data[start : start + 2] == b"\xff\xc4":
        data = data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]
    picture = inspect_jpeg(data)
    assert not picture.has_huffman_tables
    assert (
        thumbnail_of(picture).pixels.tobytes()
        == thumbnail_of(inspect_jpeg(jpeg_of())).pixels.tobytes()
    )


@pytest.mark.parametrize("size", [(1, 1), (7, 5), (9, 17)])
def test_smallest_pictures_have_a_thumbnail(size: tuple[int, int]) -> None:
    picture = Picture(np.full((size[1], size[0]), 99, np.uint8), Layout.GREY8)
    thumbnail = thumbnail_of(inspect_jpeg(codec.encode_jpeg(picture, 90)))
    assert abs(int(thumbnail.pixels.max()) - 99) <= 2


def test_what_does_not_decode_at_all_is_damaged() -> None:
    with pytest.raises(CorruptFrame, match="JPEG is damaged"):
        thumbnail_of(JpegPicture(b"\xff\xd8 no jpeg at all", 64, 48, 3, 85, True))


# Decoding.


@pytest.mark.parametrize("layout", ["bgr8", "grey8"])
def test_decoded_pixels_are_those_of_opencvs_decoder(layout: str) -> None:
    """Which is another build of the same library."""
    data = jpeg_of(layout)
    assert (
        np.abs(codec.decode_jpeg(inspect_jpeg(data)).pixels.astype(int) - decoded(data)).max() <= 1
    )


@pytest.mark.parametrize("shrink", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(641, 483), (640, 480), (9, 17), (1, 1)])
def test_decoded_picture_is_shrunk_and_rounded_up(size: tuple[int, int], shrink: int) -> None:
    picture = Picture(np.full((size[1], size[0], 3), (10, 120, 240), np.uint8), Layout.BGR8)
    jpeg = inspect_jpeg(codec.encode_jpeg(picture, 95))
    shrunk = codec.decode_jpeg(jpeg, shrink)
    assert (shrunk.cols, shrunk.rows) == (-(-size[0] // shrink), -(-size[1] // shrink))
    assert np.abs(shrunk.pixels.astype(int) - (10, 120, 240)).max() <= 3


def test_shrunk_picture_is_the_mean_of_what_it_stands_for() -> None:
    ramp = np.arange(640, dtype=np.float32) * (255 / 640)
    grey = Picture(ramp.astype(np.uint8)[np.newaxis].repeat(64, 0), Layout.GREY8)
    shrunk = codec.decode_jpeg(inspect_jpeg(codec.encode_jpeg(grey, 95)), 4)
    means = grey.pixels.reshape(16, 4, 160, 4).mean(axis=(1, 3))
    assert np.abs(shrunk.pixels - means).max() <= 3


def test_orientation_is_not_applied() -> None:
    """A client that asked for 640x480 gets 640x480."""
    exif = bytes.fromhex(
        "ffe100224578696600004d4d002a000000080001011200030000000100060000000000000000"
    )
    data = jpeg_of()
    turned = inspect_jpeg(data[:2] + exif[:36] + data[2:])
    assert (codec.decode_jpeg(turned).cols, codec.decode_jpeg(turned).rows) == (640, 480)


def test_jpeg_that_does_not_decode_is_an_encoding_error() -> None:
    with pytest.raises(EncodingError, match="cannot be decoded"):
        codec.decode_jpeg(JpegPicture(b"\xff\xd8 no jpeg at all", 64, 48, 3, 85, True))


def test_opencv_uses_the_threads_of_its_callers() -> None:
    cv2.setNumThreads(2)
    OpenCvCodec()
    assert cv2.getNumThreads() == 1
