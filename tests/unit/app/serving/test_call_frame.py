"""Which frames one call gets: how many with parameters of their own, and how old."""

from collections.abc import Callable
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.app.settings import Limits
from spot_webcam.domain.errors import AnswerTooLarge
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.unit.app.capture.source_stand import MODE, capture, capture_with, next_requests

MAX_SETS = Limits().parameter_sets
BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)


class Camera:
    """Captures for a request with parameters when it is woken, in `takes_s` seconds."""

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

    def __init__(
        self,
        picture: Picture,
        robot_clock: Any,
        codec: Any,
        limits: Limits | None = None,
        **changes: Any,
    ) -> None:
        self.clock = ManualClock()
        self.cameras = [Camera(name, self.clock, picture, **changes) for name in ("one", "two")]
        sources = [camera.source for camera in self.cameras]
        self.service = ImageService(sources, self.clock, robot_clock, codec, limits=limits)

    def ask(self, *wishes: "tuple[str, int]") -> list[Answer]:
        requests = [ImageRequest(name, custom_params={"brightness": one}) for name, one in wishes]
        return answers(self.service, requests)


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
    replies = house.ask(*wishes)
    statuses = [answer.status for answer in replies]
    assert statuses == [*[Status.OK] * MAX_SETS, Status.CUSTOM_PARAMS_ERROR] * 2
    assert replies[-1].message.startswith("two: a call gets pictures with 4 different sets")
    assert [camera.taken for camera in house.cameras] == [MAX_SETS] * 2


def test_requests_of_a_call_that_want_the_same_share_a_picture(house: House) -> None:
    replies = house.ask(*[("one", 1), ("one", 2)] * 20)
    assert {answer.status for answer in replies} == {Status.OK}
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


def test_parameter_requests_are_withdrawn_when_the_client_leaves(house: House) -> None:
    (camera, _) = house.cameras
    camera.set = lambda: None  # type: ignore[method-assign]
    call = house.service.prepare([ImageRequest("one", custom_params={"brightness": 1})])
    assert not call.is_rendered
    call.cancel()
    assert next_requests(camera.source) is None
    # Its thread is free at once, however long it might have waited.
    call.wait(600.0)
    (answer,) = call.render()
    assert answer.status is Status.IMAGE_DATA_ERROR


def test_parameter_requests_of_a_call_that_is_refused_are_withdrawn(
    make_house: Callable[..., House],
) -> None:
    house = make_house(limits=Limits(answer_bytes=100))
    (camera, _) = house.cameras
    camera.set = lambda: None  # type: ignore[method-assign]
    requests = [
        ImageRequest("one", ImageFormat.RAW, custom_params={"brightness": value})
        for value in (1, 2)
    ]
    with pytest.raises(AnswerTooLarge):
        house.service.prepare(requests)
    assert next_requests(camera.source) is None


def test_call_without_parameters_has_nothing_to_withdraw(house: House) -> None:
    call = house.service.prepare([ImageRequest("one")])
    call.cancel()
    call.wait(0.0)
    (answer,) = call.render()
    assert answer.status is Status.OK
