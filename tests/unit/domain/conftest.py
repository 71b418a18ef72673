import pytest

from spot_webcam.domain.image import Layout
from spot_webcam.domain.live_source import LiveSource
from spot_webcam.domain.source import ImageSource
from spot_webcam.fakes.clock import ManualClock


@pytest.fixture
def source(clock: ManualClock) -> LiveSource:
    return LiveSource(ImageSource("cam", Layout.BGR8), clock)


@pytest.fixture
def on_demand(clock: ManualClock) -> LiveSource:
    return LiveSource(ImageSource("cam", Layout.BGR8), clock, on_demand=True)
