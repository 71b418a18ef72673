"""Requests with parameters of a spec that is the camera's own, and what is judged before."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.robot.catalogue import catalogue_of
from spot_webcam.app.serving.image_service import ImageService
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.media.image import Layout, Picture
from spot_webcam.domain.requests.answer import Answer
from spot_webcam.domain.requests.encoding import ImageRequest
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.controls import Control, ControlKind
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.parameters import MAX_ENCODED_BYTES
from spot_webcam.fakes.time.manual import ManualClock
from tests.serving import answers
from tests.unit.app.capture.source_stand import (
    MODE,
    SECOND,
    capture,
    capture_with,
    collect_in_thread,
)

MakePicture = Callable[..., Picture]
BRIGHTNESS = Control("brightness", "Brightness", ControlKind.INTEGER, -64, 64)
SPEC, BARS = b"spec", b"bars"
PARAMS = {"pattern": "bars"}


class House:
    """A service with one source, whose camera takes each order at once."""

    def __init__(
        self, clock: ManualClock, make_picture: MakePicture, robot_clock: Any, codec: Any
    ) -> None:
        self.clock = clock
        self.judged: list[tuple[bytes, Sequence[Control], bytes]] = []
        self.verdict: str | None = None
        self.taken: list[object] = []
        self.picture = make_picture()
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), clock)
        self.source.wake = self  # type: ignore[assignment]
        self.source.opened(MODE, parameter_spec=SPEC)
        capture(self.source, clock, self.picture)
        self.service = ImageService(
            [self.source], clock, robot_clock, codec, check_parameters=self._check
        )

    def _check(self, encoded: bytes, controls: Sequence[Control], spec: bytes) -> str | None:
        self.judged.append((encoded, controls, spec))
        return self.verdict

    def set(self) -> None:
        job = capture_with(self.source, self.clock, self.picture)
        if job is not None:
            self.taken.append(job.values)

    def clear(self) -> None:
        """Do nothing: the camera has taken the order already."""

    def ask(self, **fields: Any) -> Answer:
        [answer] = answers(self.service, [ImageRequest("cam", **fields)], 1.0)
        return answer


@pytest.fixture
def house(
    clock: ManualClock,
    make_picture: MakePicture,
    robot_clock_at: Callable[..., Any],
    make_codec: Callable[[], Any],
) -> House:
    return House(clock, make_picture, robot_clock_at(0), make_codec())


def test_parameters_reach_the_camera_as_they_were_sent(house: House) -> None:
    answer = house.ask(custom_params=PARAMS, encoded_params=BARS)
    assert answer.status is Status.OK
    assert answer.capture is not None
    assert answer.capture.settings.encoded_parameters == BARS
    assert house.taken == [BARS]
    assert house.judged == [(BARS, (), SPEC)]


def test_request_without_parameters_is_judged_by_nobody(house: House) -> None:
    assert house.ask().status is Status.OK
    assert house.judged == []


def test_parameters_that_the_rules_forbid_reach_no_camera(house: House) -> None:
    house.verdict = "brightness is no number"
    answer = house.ask(custom_params=PARAMS, encoded_params=BARS)
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert answer.message == "cam: brightness is no number"
    assert house.taken == []


def test_rules_come_before_what_controls_take(house: House) -> None:
    house.source.opened(MODE, (BRIGHTNESS,))
    house.verdict = "a switch is no number"
    answer = house.ask(custom_params={"brightness": True}, encoded_params=b"true")
    assert answer.message == "cam: a switch is no number"
    assert house.judged == [(b"true", (BRIGHTNESS,), b"")]


def test_far_too_many_bytes_are_not_even_looked_at(house: House) -> None:
    huge = bytes(MAX_ENCODED_BYTES + 1)
    answer = house.ask(custom_params=PARAMS, encoded_params=huge)
    assert answer.status is Status.CUSTOM_PARAMS_ERROR
    assert "65536 bytes" in answer.message
    assert house.judged == []


def test_catalogue_changes_with_the_spec(house: House) -> None:
    before = catalogue_of(house.service.list_sources())
    house.source.opened(MODE, parameter_spec=SPEC)
    assert catalogue_of(house.service.list_sources()) == before
    house.source.opened(MODE, parameter_spec=b"another")
    assert catalogue_of(house.service.list_sources()) != before


def test_picture_of_an_order_is_for_nobody_else_and_keeps_the_source_well(house: House) -> None:
    house.clock.advance(0.9)
    house.ask(custom_params=PARAMS, encoded_params=BARS)
    usual = house.ask()
    assert usual.capture is not None
    assert usual.capture.settings.encoded_parameters == b""
    house.clock.advance(0.9)
    assert house.source.faults() == []


def test_client_that_finds_only_an_old_picture_waits_while_orders_are_taken(house: House) -> None:
    house.source.request_frame()
    house.clock.advance(0.9)
    house.ask(custom_params=PARAMS, encoded_params=BARS)
    house.clock.advance(0.3)
    assert house.source.latest() is None
    result = collect_in_thread(house.source, 60 * SECOND)
    picture = Picture(house.picture.pixels[::-1].copy(), Layout.BGR8)
    capture(house.source, house.clock, picture)
    stored = result()
    assert isinstance(stored, StoredFrame)
    assert stored.frame.picture is picture
