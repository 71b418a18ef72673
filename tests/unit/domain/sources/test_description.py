import pytest

from spot_webcam.domain.media.image import ImageFormat, Layout, PixelFormat
from spot_webcam.domain.requests.encoding import ONE_CHANNEL
from spot_webcam.domain.sources.description import (
    DEPTH_UNITS_PER_METRE,
    CameraModel,
    ImageSource,
    ImageType,
)


@pytest.mark.parametrize("layout", Layout)
def test_every_layout_offers_something(layout: Layout) -> None:
    source = ImageSource("cam", layout)
    assert source.image_formats
    assert source.pixel_formats
    assert ImageFormat.UNKNOWN not in source.image_formats
    assert PixelFormat.UNKNOWN not in source.pixel_formats


@pytest.mark.parametrize("layout", Layout)
def test_jpeg_is_offered_first_for_eight_bits_and_never_for_sixteen(layout: Layout) -> None:
    formats = ImageSource("cam", layout).image_formats
    assert (ImageFormat.JPEG in formats) == (layout.bits == 8)
    assert (formats[0] is ImageFormat.JPEG) == (layout.bits == 8)


@pytest.mark.parametrize("layout", Layout)
def test_run_lengths_are_not_advertised(layout: Layout) -> None:
    assert ImageFormat.RLE not in ImageSource("cam", layout).image_formats


@pytest.mark.parametrize("layout", Layout)
def test_depth_sources_alone_have_a_scale(layout: Layout) -> None:
    source = ImageSource("cam", layout)
    depth = layout is Layout.DEPTH16
    assert (source.image_type is ImageType.DEPTH) == depth
    assert source.depth_scale == (DEPTH_UNITS_PER_METRE if depth else 0.0)
    other = ImageSource("cam", layout, depth_units_per_metre=4000.0)
    assert other.depth_scale == (4000.0 if depth else 0.0)


def test_camera_model_holds_for_its_size_or_for_all() -> None:
    model = CameraModel(300, 300, 320, 240, cols=640, rows=480)
    assert model.fits(640, 480)
    assert not model.fits(320, 240)
    assert CameraModel(300, 300, 320, 240).fits(320, 240)


@pytest.mark.parametrize("layout", Layout)
def test_own_pixel_format_comes_first_and_one_channel_is_always_had(layout: Layout) -> None:
    own = {
        (1, 8): PixelFormat.GREYSCALE_U8,
        (3, 8): PixelFormat.RGB_U8,
        (4, 8): PixelFormat.RGBA_U8,
        (1, 16): PixelFormat.GREYSCALE_U16,
    }[layout.channels, layout.bits]
    if layout is Layout.DEPTH16:
        own = PixelFormat.DEPTH_U16
    pixel_formats = ImageSource("cam", layout).pixel_formats
    assert pixel_formats[0] is own
    assert set(ONE_CHANNEL) & set(pixel_formats)
