import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.control_bench import Bench


@pytest.fixture
def source(clock: ManualClock) -> CameraSource:
    return CameraSource(ImageSource("cam", Layout.BGR8), clock)


@pytest.fixture
def on_demand(clock: ManualClock) -> CameraSource:
    return CameraSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True)


@pytest.fixture
def bench(clock: ManualClock) -> Bench:
    return Bench(clock)
