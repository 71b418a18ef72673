from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.errors import CameraAbsent, EncodingError
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.geometry.camera_model import CameraModel
from spot_webcam.domain.health.faults import decode_fault
from spot_webcam.domain.media.image import (
    CaptureSettings,
    ImageFormat,
    Layout,
    Picture,
    PixelFormat,
)
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers

MINUTES_NS = 180 * 1_000_000_000

numbers = st.integers(-(2**31), 2**31 - 1) | st.integers(0, 7)
any_request = st.builds(
    ImageRequest,
    st.sampled_from(["front", "depth", "dead", "", "nobody"]),
    numbers,
    numbers,
    st.lists(numbers, max_size=3).map(tuple),
    st.floats(allow_nan=True, allow_infinity=True),
    st.floats(allow_nan=True, allow_infinity=True) | st.floats(0.0, 1.0),
    st.sampled_from([{}, {"zoom": 1}]),
)


@dataclass
class House:
    """A service with a colour source, a depth source, and one whose camera is absent."""

    clock: ManualClock
    codec: Any
    robot_clock: Any
    front: CameraSource
    depth: CameraSource
    dead: CameraSource
    service: ImageService = field(init=False)

    def __post_init__(self) -> None:
        self.service = ImageService(
            [self.front, self.depth, self.dead], self.clock, self.robot_clock, self.codec
        )

    def ask(self, *requests: ImageRequest) -> list[Answer]:
        return answers(self.service, requests)

    def ask_one(self, request: ImageRequest) -> Answer:
        (answer,) = self.ask(request)
        return answer


@pytest.fixture(scope="session")
def make_house(
    deliver: Callable[..., None],
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
) -> Callable[[], House]:
    def make() -> House:
        clock = ManualClock()

        def source(name: str) -> CameraSource:
            return CameraSource(ImageSource(name, Layout.BGR8), clock)

        house = House(
            clock,
            make_codec(),
            robot_clock_at(MINUTES_NS),
            source("front"),
            source("depth"),
            source("dead"),
        )
        house.front.opened(CameraMode(8, 6, Layout.BGR8))
        house.depth.opened(CameraMode(8, 6, Layout.DEPTH16))
        deliver(house.front, clock, make_picture(), CaptureSettings(0.01, 6.0))
        deliver(house.depth, clock, make_picture(Layout.DEPTH16))
        house.dead.failed(CameraAbsent("no /dev/video9"))
        return house

    return make


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    return make_house()


def test_sources_are_listed_in_the_order_in_which_they_were_named(house: House) -> None:
    assert house.service.list_sources() == [
        ImageSource("front", Layout.BGR8, 8, 6),
        ImageSource("depth", Layout.DEPTH16, 8, 6),
        ImageSource("dead", Layout.BGR8),
    ]


def test_picture_comes_with_its_source_its_settings_and_its_robot_time(house: House) -> None:
    taken_ns = house.clock.monotonic_ns()
    house.clock.advance(0.5)
    answer = house.ask_one(ImageRequest("front"))
    assert answer.status is Status.OK
    assert answer.source == ImageSource("front", Layout.BGR8, 8, 6)
    assert answer.message == ""
    assert answer.capture is not None
    assert answer.capture.image.data == b"jpeg 8x6 bgr8 75"
    assert answer.capture.settings == CaptureSettings(0.01, 6.0)
    assert answer.capture.acquired_robot_ns == taken_ns + MINUTES_NS


def test_answers_come_in_the_order_of_the_requests(house: House) -> None:
    statuses = [
        answer.status
        for answer in house.ask(
            ImageRequest("dead"),
            ImageRequest("front"),
            ImageRequest("nobody"),
            ImageRequest("front", image_format=9),
            ImageRequest("front", pixel_format=PixelFormat.DEPTH_U16),
            ImageRequest("depth"),
            ImageRequest("front", resize_ratio=2.0),
            ImageRequest("front", custom_params={"zoom": 1}),
            ImageRequest("front"),
        )
    ]
    assert statuses == [
        Status.IMAGE_DATA_ERROR,
        Status.OK,
        Status.UNKNOWN_CAMERA,
        Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED,
        Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED,
        Status.OK,
        Status.UNSUPPORTED_RESIZE_RATIO_REQUESTED,
        Status.CUSTOM_PARAMS_ERROR,
        Status.OK,
    ]


@given(st.lists(any_request, max_size=8))
def test_any_requests_are_answered_one_by_one_and_raise_nothing(
    make_house: Callable[[], House], requests: list[ImageRequest]
) -> None:
    house = make_house()
    good = ImageRequest("front")
    replies = house.ask(good, *requests, good)
    assert len(replies) == len(requests) + 2
    assert replies[0].status is replies[-1].status is Status.OK
    for answer in replies:
        assert (answer.capture is not None) == (answer.status is Status.OK)
        assert bool(answer.message) == (answer.status is not Status.OK)
    assert house.front.faults() == house.depth.faults() == []


def test_unknown_source_is_answered_with_those_there_are(house: House) -> None:
    answer = house.ask_one(ImageRequest("nobody"))
    assert answer.source is None
    assert "'nobody'" in answer.message
    assert "front, depth, dead" in answer.message


def test_camera_that_fails_is_answered_with_its_source_and_why(house: House) -> None:
    answer = house.ask_one(ImageRequest("dead"))
    assert answer.source == ImageSource("dead", Layout.BGR8)
    assert answer.message == "dead: no /dev/video9"


def test_refusal_is_answered_with_the_source(house: House) -> None:
    answer = house.ask_one(ImageRequest("front", resize_ratio=-1.0))
    assert answer.source == ImageSource("front", Layout.BGR8, 8, 6)
    assert "resize_ratio -1" in answer.message


def test_camera_that_was_never_seen_refuses_no_format(house: House) -> None:
    answer = house.ask_one(ImageRequest("dead", pixel_format=PixelFormat.DEPTH_U16))
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert answer.message == "dead: no /dev/video9"


def test_answer_of_a_camera_that_was_never_seen_has_no_size_yet(house: House) -> None:
    call = house.service.prepare([ImageRequest("dead", pixel_format=PixelFormat.DEPTH_U16)])
    assert call.size_bytes == 0


def test_camera_that_is_gone_still_refuses_what_it_never_did(house: House) -> None:
    house.clock.advance(60.0)
    answer = house.ask_one(ImageRequest("front", pixel_format=PixelFormat.DEPTH_U16))
    assert answer.status is Status.UNSUPPORTED_PIXEL_FORMAT_REQUESTED


def test_encoding_is_made_once_for_equal_requests_of_one_frame(
    house: House, deliver: Callable[..., None]
) -> None:
    house.ask(ImageRequest("front"), ImageRequest("front", quality_percent=75.0))
    assert house.codec.jpegs == [(Layout.BGR8, 75)]
    deliver(house.front, house.clock)
    house.ask(ImageRequest("front"))
    assert len(house.codec.jpegs) == 2


def test_requests_of_one_call_get_the_same_frame(
    house: House, deliver: Callable[..., None], make_picture: Callable[..., Picture]
) -> None:
    encode_jpeg = house.codec.encode_jpeg

    def encode_while_the_camera_goes_on(picture: Picture, quality: int) -> bytes:
        house.clock.advance(0.1)
        deliver(house.front, house.clock, make_picture(Layout.BGR8, 20, 10))
        data: bytes = encode_jpeg(picture, quality)
        return data

    house.codec.encode_jpeg = encode_while_the_camera_goes_on
    request = ImageRequest("front")
    first, second = house.ask(request, ImageRequest("front", quality_percent=90.0))
    (third,) = house.ask(request)
    assert first.capture is not None
    assert second.capture is not None
    assert third.capture is not None
    assert first.capture.acquired_robot_ns == second.capture.acquired_robot_ns
    assert second.source == ImageSource("front", Layout.BGR8, 8, 6)
    assert third.capture.acquired_robot_ns > second.capture.acquired_robot_ns


def test_picture_without_robot_time_is_no_picture(house: House) -> None:
    house.robot_clock.skew_ns = None
    answer = house.ask_one(ImageRequest("front"))
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert answer.message == "front: no time sync yet"
    assert answer.capture is None
    assert house.front.faults() == []


def test_encoding_error_is_a_status_and_a_fault_until_one_works(house: House) -> None:
    house.codec.error = EncodingError("no JPEG today")
    replies = house.ask(ImageRequest("front"), ImageRequest("depth"))
    assert [one.status for one in replies] == [Status.IMAGE_DATA_ERROR, Status.OK]
    assert replies[0].message == "front: no JPEG today"
    assert house.front.faults() == [decode_fault("front", "no JPEG today")]
    house.ask(ImageRequest("front", ImageFormat.RAW))
    assert house.front.faults() == []


def test_defect_in_an_encoder_is_a_status_and_is_logged(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.codec.error = ZeroDivisionError("by nought")
    replies = house.ask(ImageRequest("front"), ImageRequest("depth"))
    assert [one.status for one in replies] == [Status.IMAGE_DATA_ERROR, Status.OK]
    assert "unexpected ZeroDivisionError: by nought" in replies[0].message
    assert "front: defect while answering" in caplog.text
    (fault,) = house.front.faults()
    assert fault.name == decode_fault("front", "").name


def test_defect_of_one_source_does_not_spoil_the_others(house: House) -> None:
    class BrokenClock:
        def synchronize(self) -> int:
            raise ZeroDivisionError("by nought")

        def robot_time_ns(self, monotonic_ns: int) -> int:
            del monotonic_ns
            raise ZeroDivisionError("by nought")

    house.service = ImageService([house.front, house.dead], house.clock, BrokenClock(), house.codec)
    replies = house.ask(ImageRequest("front"), ImageRequest("dead"))
    assert len(replies) == 2
    assert replies[0].status is not Status.OK
    assert replies[1].message == "dead: no /dev/video9"


def test_camera_that_changes_its_size_is_answered_by_what_it_delivers(
    house: House, deliver: Callable[..., None], make_picture: Callable[..., Picture]
) -> None:
    deliver(house.front, house.clock, make_picture(Layout.BGR8, 20, 10))
    answer = house.ask_one(ImageRequest("front", ImageFormat.RAW, resize_ratio=0.5))
    assert answer.capture is not None
    assert (answer.capture.image.cols, answer.capture.image.rows) == (10, 5)
    assert answer.source == ImageSource("front", Layout.BGR8, 20, 10)


def test_answer_describes_the_source_as_its_picture_shows_it(
    house: House, deliver: Callable[..., None], make_picture: Callable[..., Picture]
) -> None:
    model = CameraModel(20.0, 20.0, 9.5, 4.5, cols=20, rows=10)
    mode = CameraMode(20, 10, Layout.BGR8, camera_model=model)
    house.front.opened(mode, (), b"")
    deliver(house.front, house.clock, make_picture(Layout.BGR8, 20, 10))
    half = house.ask_one(ImageRequest("front", ImageFormat.RAW, resize_ratio=0.5))
    assert half.source is not None
    assert half.source.camera_model == CameraModel(10.0, 10.0, 4.5, 2.0, cols=10, rows=5)
    [listed, *_] = house.service.list_sources()
    assert listed.camera_model == model


def test_camera_that_changes_its_layout_meanwhile_is_judged_by_what_it_delivers(
    clock: ManualClock,
    deliver: Callable[..., None],
    make_picture: Callable[..., Picture],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
) -> None:
    class ChangingSource(CameraSource):
        """Turns from a colour camera into a depth camera just after the request was planned."""

        def latest(self) -> StoredFrame | None:
            deliver(self, clock, make_picture(Layout.DEPTH16))
            return super().latest()

    source = ChangingSource(ImageSource("cam", Layout.BGR8), clock)
    service = ImageService([source], clock, robot_clock_at(0), make_codec())
    deliver(source, clock)
    (answer,) = answers(service, [ImageRequest("cam", ImageFormat.JPEG)])
    assert answer.status is Status.UNSUPPORTED_IMAGE_FORMAT_REQUESTED
    assert answer.source == ImageSource("cam", Layout.DEPTH16, 8, 6)


def test_sources_on_demand_are_all_asked_before_any_is_waited_for(
    clock: ManualClock,
    deliver: Callable[..., None],
    make_codec: Callable[[], Any],
    robot_clock_at: Callable[..., Any],
) -> None:
    sources: list[CameraSource] = []

    class AnsweringClock(ManualClock):
        """The cameras answer when the deadline has been set and all have been asked."""

        def monotonic_ns(self) -> int:
            if all(source.wake.is_set() for source in sources):
                for source in sources:
                    source.wake.clear()
                    deliver(source, clock)
            return super().monotonic_ns()

    answering = AnsweringClock()
    sources += [
        CameraSource(ImageSource(name, Layout.BGR8), answering, on_demand=True) for name in "abc"
    ]
    service = ImageService(sources, clock, robot_clock_at(0), make_codec())
    given = answers(service, [ImageRequest(name) for name in "abc"])
    assert [answer.status for answer in given] == [Status.OK] * 3


def test_source_that_was_removed_is_unknown(house: House) -> None:
    house.service.remove("dead")
    assert [source.name for source in house.service.list_sources()] == ["front", "depth"]
    (answer,) = answers(house.service, [ImageRequest("dead")])
    assert answer.status is Status.UNKNOWN_CAMERA


def test_source_takes_the_place_of_one_of_its_name(house: House) -> None:
    names = [source.name for source in house.service.list_sources()]
    other = CameraSource(ImageSource("front", Layout.GREY8), house.clock)
    house.service.add(other)
    listed = house.service.list_sources()
    assert [source.name for source in listed] == names
    assert [source.layout for source in listed if source.name == "front"] == [Layout.GREY8]
