"""What the bench's helper serves is what the others serve."""

from typing import Any

import numpy as np
import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.opencv import OpenCvCodec
from spot_webcam.app.serving.encoder import encode
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture, PixelFormat
from spot_webcam.domain.requests.encoding import EncodingPlan
from spot_webcam.tools.bench.sdk_helper import BgrCamera


class StillCamera(BgrCamera):
    """Captures nothing."""

    def blocking_capture(self) -> Any:
        raise NotImplementedError


@pytest.mark.parametrize("image_format", [ImageFormat.RAW, ImageFormat.JPEG])
@pytest.mark.parametrize("pixel_format", [PixelFormat.RGB_U8, PixelFormat.GREYSCALE_U8])
def test_bytes_are_those_of_this_service(
    image_format: ImageFormat, pixel_format: PixelFormat
) -> None:
    pixels = np.random.default_rng(5).integers(0, 256, (48, 64, 3), np.uint8)
    request = image_pb2.ImageRequest(
        image_format=int(image_format), pixel_format=int(pixel_format), quality_percent=75
    )
    image: Any = image_pb2.Image()
    StillCamera().image_decode(pixels, image, request)
    quality = 75 if image_format is ImageFormat.JPEG else 0
    plan = EncodingPlan(image_format, pixel_format, 64, 48, quality)
    ours = encode(Picture(pixels, Layout.BGR8), plan, OpenCvCodec())
    assert image.data == bytes(ours.data)
    assert image.pixel_format == int(pixel_format)
