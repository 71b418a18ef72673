import gc
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.messages.parameter_forms import DictParamForms
from spot_webcam.adapters.bosdyn.messages.parameters import check_parameters
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.serving.viewer import HostTime, ViewerPictures
from spot_webcam.app.settings import Limits, Timeouts
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.timing import PATIENCE_S, eventually
from tests.unit.app.capture.source_stand import MODE, Deliver, capture_with

GAIN = Control("gain", "Gain", ControlKind.INTEGER, 0, 10)
JPEG = ImageRequest("cam", ImageFormat.JPEG)


class Stand:
    """A source that viewers and clients look at."""

    def __init__(self, clock: ManualClock, codec: Any) -> None:
        self.clock = clock
        self.codec = codec
        self.sources = [CameraSource(ImageSource("cam", Layout.BGR8), clock)]
        self.pictures = ViewerPictures(
            self.sources,
            clock,
            codec,
            forms=DictParamForms(),
            check_parameters=check_parameters,
            limits=Limits(),
            timeouts=Timeouts(),
        )

    @property
    def source(self) -> CameraSource:
        return self.sources[0]


@pytest.fixture
def stand(clock: ManualClock, make_codec: Callable[[], Any], deliver: Deliver) -> Stand:
    stand = Stand(clock, make_codec())
    stand.source.opened(MODE)
    clock.advance(1.0)
    deliver(stand.source, clock)
    return stand


def test_picture_has_the_time_of_this_computer(stand: Stand) -> None:
    taken_ns = stand.clock.time_ns()
    stand.clock.advance(0.25)
    answer = stand.pictures.picture("cam", timeout_s=0.0)
    assert answer is not None
    assert answer.capture is not None
    assert answer.capture.image.image_format is ImageFormat.JPEG
    assert answer.capture.acquired_robot_ns == taken_ns


def test_viewers_and_clients_share_encodings_and_not_answers(
    stand: Stand, robot_clock_at: Callable[..., Any]
) -> None:
    skew_ns = 10**15
    service = ImageService(stand.sources, stand.clock, robot_clock_at(skew_ns), stand.codec)
    taken_ns = stand.clock.monotonic_ns()
    viewed = [stand.pictures.picture("cam", timeout_s=0.0) for _ in range(3)]
    [served] = answers(service, [JPEG])
    assert served.capture is not None
    assert served.capture.acquired_robot_ns == taken_ns + skew_ns
    assert viewed[0] is not None
    assert viewed[0].capture is not None
    assert viewed[0].capture.image.data is served.capture.image.data
    assert viewed[0] is viewed[1] is viewed[2]
    assert len(stand.codec.jpegs) == 1


def test_source_that_does_not_exist_is_none(stand: Stand) -> None:
    assert stand.pictures.picture("other", timeout_s=0.0) is None


def test_source_that_fails_is_an_answer_with_its_reason(stand: Stand) -> None:
    stand.clock.advance(10.0)
    answer = stand.pictures.picture("cam", timeout_s=0.0)
    assert answer is not None
    assert (answer.status, answer.capture) == (Status.IMAGE_DATA_ERROR, None)
    assert answer.message == "cam: no new picture for 10.0 s; the camera is stalled"


@pytest.mark.parametrize("parameters", [{"gain": 11}, {"gaim": 1}, {"gain": "much"}])
def test_parameters_are_checked(stand: Stand, parameters: dict[str, Any]) -> None:
    stand.source.opened(MODE, (GAIN,))
    answer = stand.pictures.picture("cam", parameters=parameters, timeout_s=0.0)
    assert answer is not None
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert answer.message.startswith("cam: ")
    assert "gain" in answer.message


def test_parameters_are_offered_as_fields(stand: Stand) -> None:
    assert stand.pictures.fields("cam") == ()
    stand.source.opened(MODE, (GAIN,))
    fields = stand.pictures.fields("cam")
    assert fields is not None
    assert [(field.name, field.minimum, field.maximum) for field in fields] == [("gain", 0, 10)]
    assert stand.pictures.fields("other") is None


def test_picture_is_captured_with_parameters(
    stand: Stand, make_picture: Callable[..., Picture]
) -> None:
    stand.source.opened(MODE, (GAIN,))
    with ThreadPoolExecutor(1) as viewer:
        pending = viewer.submit(
            stand.pictures.picture, "cam", parameters={"gain": 3}, timeout_s=PATIENCE_S
        )
        assert eventually(lambda: capture_with(stand.source, stand.clock, make_picture(seed=1)))
        answer = pending.result(PATIENCE_S)
    assert answer is not None
    assert answer.capture is not None
    assert answer.capture.settings.parameters == {"gain": 3}


def test_source_that_replaced_another_one_is_viewed(stand: Stand, deliver: Deliver) -> None:
    before = stand.pictures.picture("cam", timeout_s=0.0)
    stand.sources[0] = CameraSource(ImageSource("cam", Layout.GREY8), stand.clock)
    deliver(stand.source, stand.clock)
    after = stand.pictures.picture("cam", timeout_s=0.0)
    assert after is not None
    assert after.status is Status.OK
    assert after is not before


def test_host_time_is_always_known(clock: ManualClock) -> None:
    time = HostTime(clock)
    assert time.synchronize() == 0
    assert time.robot_time_ns(clock.monotonic_ns()) == clock.time_ns()


def test_source_that_is_gone_is_let_go(stand: Stand) -> None:
    assert stand.pictures.picture("cam", timeout_s=0.0) is not None
    gone = weakref.ref(stand.source)
    stand.sources.clear()
    assert stand.pictures.picture("cam") is None
    gc.collect()
    assert gone() is None
