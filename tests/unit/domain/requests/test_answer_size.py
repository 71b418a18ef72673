from collections.abc import Callable

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import AnswerTooLarge
from spot_webcam.domain.media.image import (
    ImageFormat,
    Layout,
    Picture,
    PixelFormat,
)
from spot_webcam.domain.requests.encoding import EncodingPlan, ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.unit.app.capture.source_stand import capture

COLS, ROWS = 640, 480


class HostTime:
    def synchronize(self) -> int:
        return 0

    def robot_time_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns


@pytest.fixture
def service(make_codec: Callable[[], object], make_picture: Callable[..., Picture]) -> ImageService:
    clock = ManualClock()
    source = CameraSource(ImageSource("cam", Layout.BGR8, COLS, ROWS), clock)
    capture(source, clock, make_picture(Layout.BGR8, COLS, ROWS))
    return ImageService([source], clock, HostTime(), make_codec())


def raw(count: int) -> list[ImageRequest]:
    return [ImageRequest("cam", ImageFormat.RAW)] * count


def test_answer_that_cannot_fit_is_refused_before_anything_is_made(service: ImageService) -> None:
    fitting = Limits().answer_bytes // (3 * COLS * ROWS)
    assert all(one.status is Status.OK for one in answers(service, raw(fitting)))
    with pytest.raises(AnswerTooLarge, match="99 MiB of pictures in one answer"):
        answers(service, raw(fitting + 1))


def test_jpegs_refusals_and_unknown_sources_do_not_count(service: ImageService) -> None:
    requests = [
        ImageRequest("cam"),
        ImageRequest("cam", image_format=99),
        ImageRequest("nobody", ImageFormat.RAW),
    ]
    assert len(answers(service, requests * 20)) == 60


@pytest.mark.parametrize(
    ("pixel_format", "image_format", "size"),
    [
        (PixelFormat.GREYSCALE_U8, ImageFormat.RAW, 6),
        (PixelFormat.RGB_U8, ImageFormat.RAW, 18),
        (PixelFormat.RGBA_U8, ImageFormat.RAW, 24),
        (PixelFormat.DEPTH_U16, ImageFormat.RAW, 12),
        (PixelFormat.DEPTH_U16, ImageFormat.RLE, 18),
    ],
)
def test_size_of_an_encoding_is_known_before_it_is_made(
    pixel_format: PixelFormat, image_format: ImageFormat, size: int
) -> None:
    assert EncodingPlan(image_format, pixel_format, cols=3, rows=2).size_bytes == size
