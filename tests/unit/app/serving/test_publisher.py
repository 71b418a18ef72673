"""Publish after encode: who gets which frame, in any order of events."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spot_webcam.app.capture.cancellation import CancellationToken
from spot_webcam.app.capture.source import CameraSource
from spot_webcam.app.serving.call_frame import CallFrame
from spot_webcam.app.serving.publisher import Claim, FramePublisher
from spot_webcam.domain.errors import CameraError, CorruptFrame, NoData
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.staleness import REMEMBERED_INTERVALS
from spot_webcam.domain.media.image import THUMBNAIL_SHRINK, Layout
from spot_webcam.domain.media.jpeg import JpegPicture
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

CLAIM_TIMEOUT_S, MAX_LAG_S = 0.5, 0.1
ENCODE_S = 0.04
MAX_CLAIMS = 2
STALE_S = 1.1
DAMAGED = 13

Deliver = Callable[..., None]


def check(picture: Any, _shrink: int) -> None:
    if isinstance(picture, JpegPicture) and picture.quality == DAMAGED:
        raise CorruptFrame("torn")


@dataclass
class Pool:
    """The encoder pool, as far as a publisher sees it."""

    has_waiters: bool = False


@dataclass
class Encode:
    """A caller that encodes a frame."""

    call: CallFrame
    stored: StoredFrame


@dataclass
class House:
    """A source, its publisher, and callers that encode until the test lets them go on."""

    deliver_to: Deliver
    clock: ManualClock = field(default_factory=ManualClock)
    pool: Pool = field(default_factory=Pool)
    encodes: list[Encode] = field(default_factory=list)
    # The newest frame of which an answer was returned.
    returned: int = 0

    def __post_init__(self) -> None:
        self.source = CameraSource(ImageSource("cam", Layout.BGR8), self.clock, validator=check)
        self.publisher = FramePublisher(
            self.source,
            self.pool,  # type: ignore[arg-type]
            self.clock,
            max_claims=MAX_CLAIMS,
            claim_timeout_s=CLAIM_TIMEOUT_S,
            max_lag_s=MAX_LAG_S,
        )
        self.source.request_frame()

    def deliver(self, *, damaged: bool = False) -> None:
        jpeg = JpegPicture(b"jpeg", 8, 6, 3, 85, has_huffman_tables=True)
        picture = replace(
            jpeg,
            data=str(self.clock.monotonic_ns()).encode(),
            quality=DAMAGED if damaged else 85,
        )
        try:
            self.deliver_to(self.source, self.clock, picture)
        except CorruptFrame as error:
            self.source.failed(error)

    def run(self) -> None:
        """Deliver as many frames as show the camera's rate, by which a frame becomes stale."""
        for _ in range(REMEMBERED_INTERVALS + 1):
            self.frame()

    def frame(self) -> StoredFrame:
        """Deliver a frame after a frame period, and return it."""
        self.clock.advance(0.03)
        self.deliver()
        newest = self.source.latest()
        assert newest is not None
        return newest

    def begin(self) -> Encode:
        call = CallFrame(self.source, self.publisher, self.clock, None, CancellationToken())
        call.wait(self.clock.monotonic_ns())
        encode = Encode(call, call.acquire(lambda _: THUMBNAIL_SHRINK))
        self.encodes.append(encode)
        return encode

    def finish(self, encode: Encode) -> bool:
        """Let an encode succeed; return whether its answer is returned."""
        self.encodes.remove(encode)
        is_young = not encode.call.is_stale(encode.stored)
        if is_young:
            encode.call.publish(encode.stored)
            self.returned = max(self.returned, encode.stored.frame.sequence)
        encode.call.release()
        return is_young

    def fail(self, encode: Encode) -> None:
        self.encodes.remove(encode)
        encode.call.release()


@pytest.fixture(scope="session")
def make_house(deliver: Deliver) -> Callable[[], House]:
    return lambda: House(deliver)


@pytest.fixture
def house(make_house: Callable[[], House]) -> House:
    """A house with one published frame."""
    house = make_house()
    house.frame()
    house.finish(house.begin())
    return house


def test_first_caller_encodes_the_newest_frame_the_others_stay_on_the_published(
    house: House,
) -> None:
    house.frame()
    slow = house.begin()
    house.clock.advance(ENCODE_S)
    house.finish(slow)
    published, newest = house.source.published, house.frame()
    first, second = house.begin(), house.begin()
    assert first.stored is newest
    assert second.stored is published
    house.finish(first)
    assert house.source.published is newest
    assert house.begin().stored is newest


def test_next_frame_is_encoded_beside_the_one_before(house: House) -> None:
    published, before = house.source.published, house.frame()
    slow = house.begin()
    assert slow.stored is before
    newest = house.frame()
    quick = house.begin()
    assert quick.stored is newest
    house.frame()
    assert house.begin().stored is published  # no third one at once
    house.finish(quick)
    house.finish(slow)
    assert house.source.published is newest


def test_newest_frame_is_settled_once_it_is_published(house: House) -> None:
    newest = house.frame()
    assert house.publisher.settled(newest) is None
    first = house.begin()
    assert house.publisher.settled(newest) is not newest
    house.finish(first)
    assert house.publisher.settled(newest) is newest


def test_encode_that_fails_lets_another_caller_try(house: House) -> None:
    house.frame()
    house.fail(house.begin())
    newest = house.frame()
    assert house.begin().stored is newest


def test_encodes_that_hang_block_nobody_and_their_claims_expire(house: House) -> None:
    hung = [house.begin() for _ in range(MAX_CLAIMS) if house.frame()]
    published = house.source.published
    for _ in range(int(CLAIM_TIMEOUT_S / 0.03) - MAX_CLAIMS):
        house.frame()
        assert house.begin().stored is published
    house.clock.advance(0.03 * MAX_CLAIMS)
    newest = house.frame()
    claimed = house.begin()
    assert claimed.stored is newest
    assert house.finish(claimed)
    # They end at last, and take nothing back, and nobody else's claim.
    following = house.frame()
    assert house.begin().stored is following
    for encode in hung:
        house.finish(encode)
    assert house.source.published is newest
    assert house.begin().stored is following


def test_callers_wait_for_a_claimed_frame_if_that_saves_twice_as_much_age(house: House) -> None:
    house.frame()
    first = house.begin()
    house.clock.advance(ENCODE_S)
    house.finish(first)
    published, newest = house.source.published, house.frame()
    second = house.begin()
    assert house.begin().stored is published
    house.clock.advance(0.01)
    assert house.publisher.settled(newest) is None
    assert house.begin().stored is newest
    # An encode that takes twice as long as the last one is not waited for.
    house.clock.advance(2 * ENCODE_S)
    assert house.begin().stored is published
    house.finish(second)
    assert house.begin().stored is newest


def test_claimed_frame_is_waited_for_although_the_last_one_took_no_time(house: House) -> None:
    house.frame()
    house.finish(house.begin())  # it was validated before, and is passed through
    published, newest = house.source.published, house.frame()
    house.begin()
    house.clock.advance(0.014)
    assert house.begin().stored is newest
    # Half of the age that it would save.
    house.clock.advance(0.001)
    assert house.begin().stored is published


def test_while_callers_wait_for_the_pool_everybody_stays_on_the_published_frame(
    house: House,
) -> None:
    published = house.source.published
    house.pool.has_waiters = True
    for _ in range(int(MAX_LAG_S / 0.03)):
        house.frame()
        assert house.begin().stored is published
    newest = house.frame()
    assert house.begin().stored is newest


def test_stale_frame_is_not_served_though_it_is_published(house: House) -> None:
    house.run()
    assert house.finish(house.begin())
    house.clock.advance(STALE_S)
    newest = house.frame()
    # Both: there is nothing else that could be served.
    assert [house.begin().stored, house.begin().stored] == [newest, newest]
    newer = house.frame()
    assert [house.begin().stored, house.begin().stored] == [newer, newest]
    assert house.publisher.choose(newer)[0] is newest


def test_claim_on_a_stale_frame_is_worth_nothing(make_house: Callable[[], House]) -> None:
    house = make_house()
    house.publisher = FramePublisher(
        house.source,
        house.pool,  # type: ignore[arg-type]
        house.clock,
        max_claims=1,
        claim_timeout_s=10.0,
        max_lag_s=MAX_LAG_S,
    )
    house.run()
    house.begin()
    house.clock.advance(STALE_S)
    newest = house.frame()
    assert house.begin().stored is newest


def test_damaged_frame_is_neither_encoded_nor_published(house: House) -> None:
    published = house.source.published
    house.clock.advance(0.03)
    house.deliver(damaged=True)
    assert house.begin().stored is published
    newest = house.frame()
    assert house.begin().stored is newest


def test_claim_is_released_if_the_frame_cannot_be_checked(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> bool:
        raise CorruptFrame("a defect")

    house.frame()
    with monkeypatch.context() as patch:
        patch.setattr(house.source, "validate", fails)
        call = CallFrame(house.source, house.publisher, house.clock, None, CancellationToken())
        with pytest.raises(CorruptFrame):
            call.acquire(lambda _: THUMBNAIL_SHRINK)
        call.release()
    newest = house.source.latest()
    assert house.begin().stored is newest


def test_frames_that_are_all_damaged_are_given_up(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.frame()
    monkeypatch.setattr(house.source, "validate", lambda *_: False)
    call = CallFrame(house.source, house.publisher, house.clock, None, CancellationToken())
    with pytest.raises(NoData, match="damaged"):
        call.acquire(lambda _: THUMBNAIL_SHRINK)


events = st.one_of(
    st.tuples(st.just("advance"), st.sampled_from([0.001, 0.03, 0.2, CLAIM_TIMEOUT_S, STALE_S])),
    st.tuples(st.just("deliver"), st.sampled_from([False, False, True])),
    st.tuples(st.just("begin"), st.none()),
    st.tuples(st.just("begin"), st.none()),
    st.tuples(st.just("begin"), st.none()),
    st.tuples(st.just("finish"), st.integers(0, 5)),
    st.tuples(st.just("fail"), st.integers(0, 5)),
    st.tuples(st.just("waiters"), st.booleans()),
)


@settings(max_examples=75)
@given(st.lists(events, min_size=20, max_size=60))
def test_no_request_gets_an_older_frame_than_answers_that_were_returned_before_it_began(
    make_house: Callable[[], House], schedule: list[tuple[str, Any]]
) -> None:
    """Encodes that are neither finished nor failed hang."""
    house = make_house()
    claims: list[tuple[Claim, Encode]] = []
    for event, value in schedule:
        if event == "advance":
            house.clock.advance(value)
        elif event == "deliver":
            house.clock.advance(0.001)
            house.deliver(damaged=value)
        elif event == "waiters":
            house.pool.has_waiters = value
        elif event == "begin":
            _begin(house, claims)
        elif house.encodes:
            encode = house.encodes[value % len(house.encodes)]
            is_own = [other for _, other in claims if other is encode]
            if event == "fail":
                house.fail(encode)
            elif house.finish(encode) and is_own:
                published = house.source.published
                assert published is not None
                assert published.frame.sequence >= encode.stored.frame.sequence


def _begin(house: House, claims: list[tuple[Claim, Encode]]) -> None:
    published = house.source.published
    is_usable = published is not None and not house.source.is_stale(published)
    begun_ns = house.clock.monotonic_ns()
    chosen: list[tuple[StoredFrame, Claim | None]] = []
    choose = house.publisher.choose

    def noted(newest: StoredFrame) -> tuple[StoredFrame, Claim | None]:
        chosen.append(choose(newest))
        return chosen[-1]

    house.publisher.choose = noted  # type: ignore[method-assign]
    try:
        encode = house.begin()
    except CameraError:
        # Only where there is no valid frame that is young enough, the published one included.
        assert not is_usable or house.source.latest() is None
        return
    finally:
        house.publisher.choose = choose  # type: ignore[method-assign]
    stored, claim = chosen[-1]
    active = [
        other
        for other, holder in claims
        if holder in house.encodes
        and begun_ns - other.since_ns <= CLAIM_TIMEOUT_S * NANOSECONDS
        and not house.source.is_stale(other.stored)
    ]
    assert encode.stored is stored
    assert stored.is_valid
    assert not house.source.is_stale(stored)
    assert stored.frame.sequence >= house.returned
    if claim is None:
        # A published frame that can be served is served at once, or a newer one is waited for.
        claimed = [other.stored for other in active]
        assert stored is published or stored in claimed or not is_usable
        return
    assert len(active) < MAX_CLAIMS
    assert all(stored.frame.sequence > other.stored.frame.sequence for other in active)
    claims.append((claim, encode))
