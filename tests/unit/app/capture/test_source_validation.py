import weakref
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from spot_webcam.app.capture.source import CameraSource
from spot_webcam.domain.errors import CorruptFrame, NoData, StaleFrame
from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.instant import now
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, Layout, Picture
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.ports import CameraMode
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.capture.source_stand import capture, capture_with, request_with

PERIOD_S = 1 / 32
DAMAGE = "the JPEG is damaged within"


def jpeg(content: str) -> JpegPicture:
    return JpegPicture(content.encode(), 640, 480, 3, 85, True)


class Stand:
    """A source of JPEGs; those whose bytes begin with "bad" are damaged within."""

    def __init__(self, *, on_demand: bool = False) -> None:
        self.clock = ManualClock()
        self.examined: list[bytes] = []
        self.source = CameraSource(
            ImageSource("cam", Layout.BGR8),
            self.clock,
            validator=self._examine,
            on_demand=on_demand,
        )

    def _examine(self, picture: Picture | JpegPicture, _shrink: int) -> None:
        assert isinstance(picture, JpegPicture)
        self.examined.append(picture.data)
        if picture.data.startswith(b"bad"):
            raise CorruptFrame(DAMAGE)

    def deliver(self, content: str, stamp_ns: int | None = None) -> bool:
        self.clock.advance(PERIOD_S)
        return capture(self.source, self.clock, jpeg(content), stamp_ns)

    def deliver_ordered(self, content: str) -> None:
        request_with(self.source, b"1")
        capture_with(self.source, self.clock, jpeg(content))

    def try_deliver(self, content: str) -> None:
        """As the capture loop does."""
        try:
            self.deliver(content)
        except CorruptFrame as error:
            self.source.failed(error)

    def get(self) -> bytes:
        picture = self.source.request_frame().wait(self.clock.monotonic_ns()).frame.picture
        assert isinstance(picture, JpegPicture)
        return picture.data


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_while_nobody_looks_one_picture_a_second_is_examined(stand: Stand) -> None:
    for number in range(64):
        stand.deliver(str(number))
    assert stand.examined == [b"0", b"32"]


def test_picture_that_is_wanted_is_examined_once(stand: Stand) -> None:
    for number in range(3):
        stand.deliver(str(number))
    assert [stand.get() for _ in range(3)] == [b"2"] * 3
    assert stand.examined == [b"0", b"2"]


def test_damaged_picture_makes_way_for_the_last_good_one(stand: Stand) -> None:
    stand.deliver("good")
    stand.deliver("bad")
    assert stand.get() == b"good"
    assert stand.source.failures == {"corrupt": 1}
    assert stand.source.faults() == []


def test_damaged_picture_does_not_return_when_others_are_damaged_too(stand: Stand) -> None:
    stand.deliver("good")
    stand.deliver("bad 1")
    stand.get()
    stand.try_deliver("bad 2")
    assert stand.get() == b"good"


def test_good_picture_that_nobody_examined_is_no_fallback(stand: Stand) -> None:
    stand.deliver("good")
    stand.deliver("unknown")
    stand.deliver("bad")
    assert stand.get() == b"good"


def test_stream_of_damaged_pictures_is_refused_within_the_limit(stand: Stand) -> None:
    stand.deliver("good")
    stand.deliver("bad 0")
    stand.get()
    for number in range(1, 33):
        stand.try_deliver(f"bad {number}")
    with pytest.raises(CorruptFrame, match=DAMAGE):
        stand.get()
    assert stand.source.faults() == [decode_fault("cam", DAMAGE)]


def test_stream_of_damaged_pictures_is_a_fault_though_nobody_looks(stand: Stand) -> None:
    stand.deliver("good")
    for number in range(80):
        stand.try_deliver(f"bad {number}")
    assert stand.source.faults() == [decode_fault("cam", DAMAGE)]


def test_fault_of_damaged_pictures_lasts_while_the_camera_is_opened_again(stand: Stand) -> None:
    stand.try_deliver("bad")
    stand.source.opened(CameraMode(640, 480, Layout.BGR8))
    assert stand.source.faults() == [decode_fault("cam", DAMAGE)]


def test_first_good_picture_ends_the_suspicion(stand: Stand) -> None:
    stand.try_deliver("bad")
    for number in range(3):
        stand.deliver(str(number))
    assert stand.examined == [b"bad", b"0"]
    assert stand.source.faults() == []


def test_frame_that_is_not_the_newest_any_more_is_validated_for_itself(stand: Stand) -> None:
    stand.deliver("good")
    stand.get()
    stand.deliver("older")
    older = stand.source.latest()
    stand.deliver("newest")
    assert older is not None
    assert stand.source.validate(older, THUMBNAIL_SHRINK)
    assert stand.get() == b"newest"
    assert stand.examined == [b"good", b"older", b"newest"]


def test_damage_that_two_clients_meet_counts_once(stand: Stand) -> None:
    stand.deliver("good")
    stand.get()  # it is looked at from now on
    stand.deliver("bad")
    damaged = stand.source.latest()
    assert damaged is not None
    assert not stand.source.validate(damaged, THUMBNAIL_SHRINK)
    assert not stand.source.validate(damaged, THUMBNAIL_SHRINK)
    assert stand.source.failures == {"corrupt": 1}


def test_without_a_good_picture_there_is_none(stand: Stand) -> None:
    stand.try_deliver("bad")
    with pytest.raises(CorruptFrame, match=DAMAGE):
        stand.get()


@pytest.mark.parametrize("how", [{"on_demand": True}, {"on_demand": False}])
def test_picture_that_is_waited_for_is_examined_first(how: dict[str, bool]) -> None:
    stand = Stand(**how)
    stand.deliver("good")
    with pytest.raises(CorruptFrame, match=DAMAGE):
        stand.deliver_ordered("bad")


# Frozen senders.


def test_repeated_picture_is_no_new_frame(stand: Stand) -> None:
    assert stand.deliver("still")
    assert not stand.deliver("still")


def test_sender_that_repeats_one_picture_is_stalled_after_the_limit(stand: Stand) -> None:
    for _ in range(33):
        stand.deliver("still")
    with pytest.raises(StaleFrame, match=r"the same picture for 1\.0 s: its sender is frozen"):
        stand.deliver("still")
    with pytest.raises(StaleFrame):
        stand.get()
    [fault] = stand.source.faults()
    assert fault.name == capture_fault("cam", "").name


def test_frozen_sender_is_no_better_after_it_was_opened_again(stand: Stand) -> None:
    stand.deliver("still")
    stand.clock.advance(2.0)
    stand.source.failed(StaleFrame("frozen"))
    stand.source.opened(CameraMode(640, 480, Layout.BGR8, 30.0))
    for _ in range(32):
        assert not stand.deliver("still")
        assert stand.source.faults() != []
    with pytest.raises(StaleFrame):
        stand.deliver("still")


def test_sender_that_begins_with_the_same_picture_each_time_gets_the_time_to_go_on(
    stand: Stand,
) -> None:
    stand.deliver("first")
    stand.clock.advance(2.0)
    stand.source.failed(StaleFrame("frozen"))
    stand.source.opened(CameraMode(640, 480, Layout.BGR8))
    assert not stand.deliver("first")
    assert stand.deliver("second")
    assert stand.source.faults() == []


def test_picture_that_returns_after_others_that_nobody_needed_is_no_freeze(stand: Stand) -> None:
    stand.deliver("first")
    for _ in range(3):
        stand.clock.advance(1.1)
        stand.source.skipped(None, now(stand.clock))
        assert not stand.deliver("first")
        assert stand.source.faults() == []
    stand.clock.advance(60.0)
    with pytest.raises(StaleFrame, match="its sender is frozen"):
        stand.deliver("first")


def test_new_picture_ends_a_freeze(stand: Stand) -> None:
    stand.deliver("still")
    stand.clock.advance(2.0)
    stand.deliver("moving")
    assert stand.get() == b"moving"


def test_still_scene_with_new_time_stamps_is_live(stand: Stand) -> None:
    for stamp_ns in range(80):
        stand.deliver("still", stamp_ns)
    assert stand.get() == b"still"


def test_pictures_on_demand_may_be_alike() -> None:
    stand = Stand(on_demand=True)
    assert stand.deliver("still")
    stand.clock.advance(0.5)
    assert stand.deliver("still")


def test_picture_on_demand_that_was_the_same_long_ago_is_frozen() -> None:
    stand = Stand(on_demand=True)
    stand.deliver("still")
    stand.clock.advance(60.0)
    with pytest.raises(StaleFrame, match=r"the same picture for 60\.0 s: its sender is frozen"):
        stand.deliver("still")
    assert stand.deliver("moving")


def test_size_of_a_damaged_picture_is_not_the_sources(stand: Stand) -> None:
    stand.deliver("good")
    damaged = JpegPicture(b"bad", 99, 77, 3, 85, True)
    capture(stand.source, stand.clock, damaged)
    stand.get()
    assert (stand.source.description.cols, stand.source.description.rows) == (640, 480)


def test_repeated_damage_is_damage_and_no_freeze(stand: Stand) -> None:
    stand.try_deliver("bad")
    with pytest.raises(CorruptFrame, match=DAMAGE):
        stand.deliver("bad")


def test_failures_are_counted_by_their_reasons(
    stand: Stand, make_picture: Callable[..., Picture]
) -> None:
    stand.source.failed(CorruptFrame("damaged"))
    stand.source.failed(StaleFrame("old"))
    stand.source.failed(StaleFrame("old"))
    assert stand.source.failures == {"corrupt": 1, "stalled": 2}


THUMBNAIL = Picture(np.zeros((60, 80, 3), np.uint8), Layout.BGR8)


class Mender:
    """Mends JPEGs whose bytes begin with "odd"; the others are as they should be."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), self.clock, validator=self)

    def __call__(
        self, picture: Picture | JpegPicture, _shrink: int
    ) -> tuple[JpegPicture, Picture] | None:
        assert isinstance(picture, JpegPicture)
        if not picture.data.startswith(b"odd"):
            return None
        mended = replace(picture, data=b"mended", oddities="stray bytes")
        return mended, THUMBNAIL

    def deliver(self, content: str, oddities: str = "") -> None:
        self.clock.advance(PERIOD_S)
        capture(self.source, self.clock, replace(jpeg(content), oddities=oddities))

    def get(self) -> JpegPicture:
        picture = self.source.request_frame().wait(self.clock.monotonic_ns()).frame.picture
        assert isinstance(picture, JpegPicture)
        return picture


@pytest.fixture
def mender(caplog: pytest.LogCaptureFixture) -> Mender:
    caplog.set_level("INFO")
    return Mender()


def test_mended_picture_is_served_whether_it_was_validated_on_arrival_or_on_request(
    mender: Mender,
) -> None:
    mender.deliver("odd 1")
    assert mender.get().data == b"mended"
    mender.deliver("odd 2")
    assert mender.get().data == b"mended"
    mender.deliver("good")
    assert mender.get().data == b"good"
    assert mender.source.failures == {}
    assert mender.source.faults() == []


def test_mended_picture_is_given_to_a_request_with_parameters(mender: Mender) -> None:
    request = request_with(mender.source, b"1")
    capture_with(mender.source, mender.clock, jpeg("odd"))
    picture = request(mender.clock.monotonic_ns()).frame.picture
    assert isinstance(picture, JpegPicture)
    assert picture.data == b"mended"


def test_each_oddity_of_a_source_is_logged_once(
    mender: Mender, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(3):
        mender.deliver("odd")
        mender.get()
        mender.deliver("good", "bytes between segments, stray bytes")
        mender.get()
    named = [record.getMessage() for record in caplog.records if "JPEGs" in record.getMessage()]
    assert named == [
        "cam: its JPEGs have stray bytes: harmless; clients get them without",
        "cam: its JPEGs have bytes between segments: harmless; clients get them without",
    ]


def test_pixels_by_which_a_jpeg_was_validated_are_freed_once_it_is_stale() -> None:
    def decode(picture: Picture | JpegPicture, _shrink: int) -> tuple[JpegPicture, Picture]:
        assert isinstance(picture, JpegPicture)
        return picture, Picture(np.zeros((480, 640, 3), np.uint8), Layout.BGR8)

    clock = ManualClock()
    source = CameraSource(ImageSource("cam", Layout.BGR8), clock, validator=decode)
    for content in ("validated on arrival", "validated on request"):
        clock.advance(PERIOD_S)
        capture(source, clock, jpeg(content))
    newest = source.latest()
    assert newest is not None
    assert source.validate(newest, 1)
    assert newest.decoded is not None
    pixels = weakref.ref(newest.decoded.pixels)
    clock.advance(60)
    source.failed(NoData("it was unplugged"))
    assert pixels() is None
