"""Requests with parameters: what a live source and the service make of them."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.bulkhead import Bulkhead
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.robot.catalogue import catalogue_of
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Timeouts
from spot_webcam.domain.errors import (
    CameraAbsent,
    CameraMisconfigured,
    CorruptFrame,
    NoData,
    ParametersRefused,
)
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.unit.app.capture.source_stand import (
    MODE,
    SECOND,
    AskingClock,
    capture,
    capture_with,
    next_requests,
    request_with,
)

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)
BRIGHT = {"brightness": 50}
ABSENT = CameraAbsent("unplugged")

MakePicture = Callable[..., Picture]


@pytest.fixture
def clock() -> AskingClock:
    return AskingClock()


def live(clock: ManualClock, **changes: Any) -> CameraSource:
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock, **changes)
    source.opened(MODE, (BRIGHTNESS,))
    return source


@pytest.fixture
def source(clock: AskingClock, make_picture: MakePicture) -> CameraSource:
    source = live(clock)
    capture(source, clock, make_picture())
    return source


@pytest.fixture
def fulfil(clock: AskingClock, make_picture: MakePicture) -> Callable[[CameraSource], StoredFrame]:
    """Do what a capture loop does with the oldest requests."""

    def take(source: CameraSource) -> StoredFrame:
        job = capture_with(source, clock, make_picture(seed=1))
        assert job is not None
        return job.requests[0].future.result(0)

    return take


def test_source_is_described_with_what_its_camera_offers(source: CameraSource) -> None:
    assert source.description.parameters == (BRIGHTNESS,)
    source.opened(MODE)
    assert source.description.parameters == ()


def test_request_wakes_the_loop_and_gets_the_picture_taken_for_it(
    source: CameraSource, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    collect = request_with(source, BRIGHT)
    assert source.wake.is_set()
    assert collect_now(source, fulfil, collect).frame.settings.parameters == BRIGHT


def collect_now(
    source: CameraSource,
    fulfil: Callable[[CameraSource], StoredFrame],
    collect: Callable[[int], StoredFrame],
) -> StoredFrame:
    taken = fulfil(source)
    assert collect(0) is taken
    return taken


def test_others_get_the_newest_frame_while_a_request_waits(
    source: CameraSource, clock: AskingClock
) -> None:
    request_with(source, BRIGHT)
    assert source.request_frame().wait(clock.monotonic_ns()).frame.sequence == 1


def test_request_that_nobody_takes_ends_at_the_deadline(
    source: CameraSource, clock: AskingClock
) -> None:
    collect = request_with(source, BRIGHT)
    with pytest.raises(NoData, match="with these parameters in time"):
        collect(clock.monotonic_ns())


def test_failure_of_the_camera_ends_the_requests(source: CameraSource, clock: AskingClock) -> None:
    collects = [request_with(source, {"brightness": value}) for value in (1, 2)]
    source.failed(ABSENT)
    for collect in collects:
        with pytest.raises(CameraAbsent, match="unplugged"):
            collect(clock.monotonic_ns() + 10**12)


@pytest.mark.parametrize("on_demand", [False, True])
def test_request_to_a_camera_in_trouble_is_refused_at_once(
    clock: AskingClock, on_demand: bool
) -> None:
    source = live(clock, on_demand=on_demand)
    source.failed(ABSENT)
    collect = request_with(source, BRIGHT)
    assert next_requests(source) is None
    errors = []
    for _ in range(2):
        with pytest.raises(CameraAbsent, match="unplugged") as caught:
            collect(clock.monotonic_ns() + 10**12)
        errors.append(caught.value)
    assert errors[0] is not errors[1]
    assert ABSENT not in errors


def test_request_to_a_camera_that_starts_waits_for_it(
    clock: AskingClock, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    source = live(clock)
    collect_now(source, fulfil, request_with(source, BRIGHT))


def test_more_requests_than_may_wait_are_refused(clock: AskingClock) -> None:
    source = live(clock, bulkhead=Bulkhead(9, 9, 1))
    first, second = (
        request_with(source, BRIGHT),
        request_with(source, {"brightness": 1}),
    )
    refusals: list[NoData] = []

    def collect_second() -> None:
        with pytest.raises(NoData, match="too many requests wait") as caught:
            second(0)
        refusals.append(caught.value)

    # Read when the first is waiting already.
    clock.meanwhile, clock.reads = collect_second, 2
    with pytest.raises(NoData, match="in time"):
        first(0)
    assert len(refusals) == 1
    with pytest.raises(NoData, match="in time"):
        second(0)


# On demand, where nothing is taken unless someone asks.


def test_damaged_picture_refuses_no_later_request_on_demand(
    clock: AskingClock, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    source = live(clock, on_demand=True)
    source.failed(CorruptFrame("damaged"))
    collect = request_with(source, BRIGHT)
    assert source.wake.is_set()
    collect_now(source, fulfil, collect)


def test_camera_that_hangs_on_requests_is_a_fault_on_demand(clock: AskingClock) -> None:
    source = live(clock, on_demand=True)
    request_with(source, BRIGHT)
    assert source.faults() == []
    clock.advance(Timeouts().first_frame_grace_s + 1.0)
    (fault,) = source.faults()
    assert "the camera hangs" in fault.message


def test_requests_that_were_fulfilled_are_no_fault_on_demand(
    clock: AskingClock, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    source = live(clock, on_demand=True)
    collect_now(source, fulfil, request_with(source, BRIGHT))
    clock.advance(60.0)
    assert source.faults() == []


def test_any_number_may_wait_for_a_camera_that_answers_soon(
    clock: AskingClock, make_picture: MakePicture
) -> None:
    source = live(clock, on_demand=True, bulkhead=Bulkhead(9, 9, 1))
    first, second = source.request_frame().wait, source.request_frame().wait
    got: list[StoredFrame] = []

    def collect_second() -> None:
        capture(source, clock, make_picture())
        got.append(second(SECOND))

    # The second reading of the first, when that one waits.
    clock.meanwhile, clock.reads = collect_second, 2
    assert first(SECOND) is got[0]


def test_camera_that_hangs_refuses_further_requests_at_once(clock: AskingClock) -> None:
    source = live(clock, on_demand=True)
    source.request_frame()
    clock.advance(Timeouts().first_frame_grace_s + 1.0)
    with pytest.raises(NoData, match="the camera hangs"):
        source.request_frame().wait(clock.monotonic_ns() + 60 * SECOND)


# Through the service.


class Loop(threading.Event):
    """Wakes a capture loop, and does its part at once."""

    def __init__(self, part: Callable[[], object]) -> None:
        super().__init__()
        self._part = part

    def set(self) -> None:
        super().set()
        self._part()


class Counter:
    """A service, asked for one picture at a time."""

    def __init__(self, service: ImageService) -> None:
        self.service = service

    def ask(self, **params: Any) -> Any:
        request = ImageRequest("cam", custom_params=params)
        (answer,) = answers(self.service, [request])
        return answer


@pytest.fixture
def counter(
    clock: AskingClock, robot_clock_at: Callable[..., Any], make_codec: Callable[[], Any]
) -> Counter:
    return Counter(ImageService([], clock, robot_clock_at(0), make_codec()))


def test_request_with_parameters_is_answered_by_its_own_picture(
    counter: Counter, source: CameraSource, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    counter.service.add(source)
    source.wake = Loop(lambda: fulfil(source))
    answer = counter.ask(brightness=50.4)
    assert answer.status is Status.OK
    assert answer.capture.settings.parameters == BRIGHT
    assert counter.ask().capture.settings.parameters == {}  # which is for nobody else


def test_camera_that_fails_under_a_request_is_answered_with_why(
    counter: Counter, source: CameraSource
) -> None:
    counter.service.add(source)
    source.wake = Loop(lambda: source.failed(ABSENT))
    answer = counter.ask(**BRIGHT)
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert answer.message == "cam: unplugged"


@pytest.mark.parametrize("params", [{"focus": 1}, {"brightness": 65}, {"brightness": "bright"}])
def test_parameters_that_are_none_reach_no_camera(
    counter: Counter, source: CameraSource, params: dict[str, Any]
) -> None:
    counter.service.add(source)
    answer = counter.ask(**params)
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert answer.source == source.description
    assert answer.capture is None
    assert next_requests(source) is None
    assert source.faults() == []


def test_parameters_that_the_camera_refuses_are_the_requests_error(
    counter: Counter, source: CameraSource
) -> None:
    counter.service.add(source)

    def refuse() -> None:
        source.failed(ParametersRefused("/dev/video0 refuses brightness=50"), next_requests(source))

    source.wake = Loop(refuse)
    answer = counter.ask(**BRIGHT)
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert "refuses brightness=50" in answer.message


@pytest.mark.parametrize("params", [{}, BRIGHT])
def test_camera_that_cannot_be_opened_as_asked_is_no_error_of_the_parameters(
    counter: Counter, clock: AskingClock, params: dict[str, int]
) -> None:
    source = live(clock)
    source.failed(CameraMisconfigured("/dev/video0 is no camera"))
    counter.service.add(source)
    answer = counter.ask(**params)
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert answer.message == "cam: /dev/video0 is no camera"


def test_picture_without_the_parameters_is_no_answer_while_the_camera_opens(
    counter: Counter, clock: AskingClock, source: CameraSource, make_picture: MakePicture
) -> None:
    late = CameraSource(ImageSource("late", Layout.BGR8), clock)
    counter.service.add(late)
    counter.service.add(source)

    def open_late() -> None:
        late.opened(MODE, (BRIGHTNESS,))
        capture(late, clock, make_picture())

    # Asked for after the late one, and before that one is answered.
    source.wake = Loop(open_late)
    requests = [ImageRequest(name, custom_params=BRIGHT) for name in ("late", "cam")]
    answer, _ = answers(counter.service, requests)
    assert answer.status is not Status.OK


def test_camera_that_lost_its_controls_meanwhile_is_answered_so(
    counter: Counter, source: CameraSource, fulfil: Callable[[CameraSource], StoredFrame]
) -> None:
    counter.service.add(source)

    def take_and_open_again() -> None:
        fulfil(source)
        source.opened(MODE)

    source.wake = Loop(take_and_open_again)
    answer = counter.ask(**BRIGHT)
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert "there is no parameter 'brightness'" in answer.message


def test_error_of_one_call_is_raised_for_each_of_its_requests(
    counter: Counter, clock: AskingClock
) -> None:
    source = live(clock)
    source.failed(ABSENT)
    counter.service.add(source)
    refused = answers(counter.service, [ImageRequest("cam")] * 3)
    assert [answer.message for answer in refused] == ["cam: unplugged"] * 3


def test_catalogue_changes_with_the_names_of_the_parameters(
    counter: Counter, source: CameraSource
) -> None:
    counter.service.add(source)
    before = catalogue_of(counter.service.list_sources())
    source.opened(CameraMode(16, 12, Layout.BGR8), (BRIGHTNESS,))
    assert catalogue_of(counter.service.list_sources()) == before
    source.opened(MODE)
    assert catalogue_of(counter.service.list_sources()) != before
