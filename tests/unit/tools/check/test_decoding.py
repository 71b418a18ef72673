import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.domain.media.rle import run_length_encode
from spot_webcam.tools.check.decoding import Undecodable, decoded
from tests.unit.tools.check.messages import jpeg_of, make_answer, rgb_scene

Image = image_pb2.Image
NOISE = np.random.default_rng(3).integers(0, 256, (48, 64, 3)).astype(np.uint8)
DEPTH, GREY16 = Image.PIXEL_FORMAT_DEPTH_U16, Image.PIXEL_FORMAT_GREYSCALE_U16


def raw(pixels: np.ndarray, pixel_format: int, **fields: int) -> Image:  # type: ignore[type-arg]
    rows, cols = pixels.shape[:2]
    sizes = {"rows": rows, "cols": cols, **fields}
    return Image(format=Image.FORMAT_RAW, pixel_format=pixel_format, data=pixels.tobytes(), **sizes)


def test_raw_is_read_as_it_stands() -> None:
    scene = rgb_scene()
    assert np.array_equal(decoded(raw(scene, Image.PIXEL_FORMAT_RGB_U8)), scene)


def test_depth_is_little_endian_and_grey_of_16_bits_is_not() -> None:
    values = np.array([[1, 256], [515, 65535]], np.uint16)
    for order, pixel_format in (("<u2", DEPTH), (">u2", GREY16)):
        picture = decoded(raw(values.astype(order), pixel_format))
        assert np.array_equal(picture[..., 0], values)


@pytest.mark.parametrize("layout", [("u1", Image.PIXEL_FORMAT_GREYSCALE_U8), ("<u2", DEPTH)])
def test_runs_are_unrolled(layout: tuple[str, int]) -> None:
    values = np.repeat(np.arange(5), 120).reshape(20, 30).astype(layout[0])
    image = raw(values, layout[1])
    image.format, image.data = Image.FORMAT_RLE, run_length_encode(values)
    assert np.array_equal(decoded(image)[..., 0], values)


def test_jpeg_is_red_first() -> None:
    picture = decoded(make_answer(data=jpeg_of(rgb_scene())).shot.image)
    assert picture[10, 5, 0] > 150 > picture[10, 5, 2]


@pytest.mark.parametrize(
    ("image", "text"),
    [
        (make_answer(cols=32).shot.image, "the JPEG is 64x48, said to be 32x48"),
        (make_answer(data=b"no JPEG").shot.image, "the data is no JPEG"),
        (make_answer(data=jpeg_of(rgb_scene())[:300]).shot.image, "the data is no JPEG"),
        (make_answer(data=jpeg_of(NOISE)[:-1000]).shot.image, "the JPEG is damaged"),
        (make_answer(cols=-64, rows=-48).shot.image, "its size is reported as -64x-48"),
        (make_answer(cols=60_000, rows=60_000).shot.image, "nobody decodes 60000x60000"),
        (make_answer(format=0).shot.image, "image format is UNKNOWN"),
        (raw(rgb_scene(), 0), "pixel format is UNKNOWN"),
        (raw(rgb_scene(), Image.PIXEL_FORMAT_RGBA_U8), "9216 bytes, but 64x48 RGBA_U8 takes 12288"),
        (raw(rgb_scene()[:0], Image.PIXEL_FORMAT_RGB_U8), "0 bytes"),
        (Image(format=Image.FORMAT_RLE, pixel_format=DEPTH, data=b"1234"), "no runs of 3 bytes"),
        (
            Image(format=Image.FORMAT_RLE, pixel_format=DEPTH, data=b"\x02ab", rows=1, cols=1),
            "2 pixels, not the 1",
        ),
    ],
)
def test_bytes_that_are_something_else_are_reported(image: Image, text: str) -> None:
    with pytest.raises(Undecodable, match=text):
        decoded(image)


def test_padding_before_the_end_marker_is_harmless() -> None:
    jpeg = jpeg_of(rgb_scene())
    padded = jpeg[:-2] + b"\0" * 4 + jpeg[-2:]
    assert decoded(make_answer(data=padded).shot.image).shape == (48, 64, 3)
