"""Which frames one call gets: how many with parameters of their own, and how old."""

from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.call_frames import MAX_SETS
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import MODE, capture, capture_with, next_requests

BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)


class Camera:
    """Takes an order when it is woken, each in so many seconds."""

    def __init__(self, name: str, clock: ManualClock, picture: Picture, **changes: Any) -> None:
        self.source = CameraSource(ImageSource(name, Layout.BGR8), clock, **changes)
        self.source.opened(MODE, (BRIGHTNESS,))
        capture(self.source, clock, picture, 1)
        self.source.wake = self  # type: ignore[assignment]
        self._clock = clock
        self._picture = picture
        self.takes_s = 0.0
        self.taken = 0

    def set(self) -> None:
        self._clock.advance(self.takes_s)
        self.taken += 1
        capture_with(self.source, self._clock, self._picture, self.taken)


class House:
    """Two cameras and a service."""

    def __init__(self, picture: Picture, robot_clock: Any, codec: Any, **changes: Any) -> None:
        self.clock = ManualClock()
        self.cameras = [Camera(name, self.clock, picture, **changes) for name in ("one", "two")]
        sources = [camera.source for camera in self.cameras]
        self.service = ImageService(sources, self.clock, robot_clock, codec)
        self.when_ended: list[Callable[[], None]] = []

    def ask(self, *wishes: "tuple[str, int]") -> list[Answer]:
        requests = [ImageRequest(name, custom_params={"brightness": one}) for name, one in wishes]
        return self.service.get_images(requests, 0.0, when_ended=self.when_ended.append)


@pytest.fixture
def make_house(
    make_picture: Callable[..., Picture],
    robot_clock_at: Callable[..., Any],
    make_codec: Callable[[], Any],
) -> Callable[..., House]:
    return lambda **changes: House(make_picture(), robot_clock_at(0), make_codec(), **changes)


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house()


def test_call_gets_few_pictures_with_parameters_of_each_source(house: House) -> None:
    wishes = [(name, one) for name in ("one", "two") for one in range(1, MAX_SETS + 2)]
    answers = house.ask(*wishes)
    statuses = [answer.status for answer in answers]
    assert statuses == [*[Status.OK] * MAX_SETS, Status.CUSTOM_PARAMS_ERROR] * 2
    assert answers[-1].message.startswith("two: a call gets pictures with 4 different sets")
    assert [camera.taken for camera in house.cameras] == [MAX_SETS] * 2


def test_requests_of_a_call_that_want_the_same_share_a_picture(house: House) -> None:
    answers = house.ask(*[("one", 1), ("one", 2)] * 20)
    assert {answer.status for answer in answers} == {Status.OK}
    assert house.cameras[0].taken == 2


@pytest.mark.parametrize("on_demand", [False, True])
def test_picture_that_grew_too_old_beside_others_is_refused(
    make_house: Callable[..., House], on_demand: bool
) -> None:
    house = make_house(on_demand=on_demand)
    house.cameras[1].takes_s = 1.5
    old, young = house.ask(("one", 1), ("two", 1))
    assert (old.status, young.status) == (Status.IMAGE_DATA_ERROR, Status.OK)
    assert "too old" in old.message
    assert "a call of its own" in old.message


def test_orders_are_dropped_when_the_client_goes(house: House) -> None:
    (camera, _) = house.cameras
    camera.set = lambda: None  # type: ignore[method-assign]
    waited: list[bool] = []

    def goes_at_once(end: Callable[[], None]) -> None:
        end()
        waited.append(next_requests(camera.source) is not None)

    request = ImageRequest("one", custom_params={"brightness": 1})
    # Its thread is free at once, however long it might have waited.
    (answer,) = house.service.get_images([request], 600.0, when_ended=goes_at_once)
    assert answer.status is Status.IMAGE_DATA_ERROR
    assert waited == [False]


def test_calls_without_parameters_need_not_know_when_they_end(house: House) -> None:
    (answer,) = house.service.get_images(
        [ImageRequest("one")], 0.0, when_ended=house.when_ended.append
    )
    assert answer.status is Status.OK
    assert house.when_ended == []
