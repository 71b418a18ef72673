"""Fault scripts."""

import pytest

from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.fakes.cameras import FaultEvent, FaultKind, FaultScript, parse_script

SECOND = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("unplug@5s+3s", FaultEvent(FaultKind.UNPLUG, 5 * SECOND, 8 * SECOND)),
        ("unplug@5+3", FaultEvent(FaultKind.UNPLUG, 5 * SECOND, 8 * SECOND)),
        ("hang@0.5s", FaultEvent(FaultKind.HANG, SECOND // 2)),
        ("slow@1s", FaultEvent(FaultKind.SLOW, SECOND, slowdown=10)),
        ("slow=4@1s", FaultEvent(FaultKind.SLOW, SECOND, slowdown=4)),
        ("resize=320x240@0+1", FaultEvent(FaultKind.RESIZE, 0, SECOND, size=(320, 240))),
    ],
)
def test_event(text: str, event: FaultEvent) -> None:
    assert parse_script(text) == FaultScript((event,))


@pytest.mark.parametrize("kind", [kind for kind in FaultKind if kind is not FaultKind.RESIZE])
def test_every_kind_has_its_name(kind: FaultKind) -> None:
    assert parse_script(f"{kind.value}@1s").events[0].kind is kind


def test_events_are_separated_by_commas() -> None:
    kinds = [event.kind for event in parse_script("unplug@5s+3s, corrupt@12s+1s").events]
    assert kinds == [FaultKind.UNPLUG, FaultKind.CORRUPT]


@pytest.mark.parametrize("text", ["", "  "])
def test_empty_script_has_no_events(text: str) -> None:
    assert parse_script(text) == FaultScript()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("unplug", "'unplug' is not EVENT@START[+DURATION], as in unplug@5s+3s"),
        ("unplug@", "'unplug@' is not EVENT@START"),
        ("unplug@soon", "'unplug@soon' is not EVENT@START"),
        ("unplug@-1s", "'unplug@-1s' is not EVENT@START"),
        ("unplug@5s 3s", "'unplug@5s 3s' is not EVENT@START"),
        ("fail@1,,fail@2", "'' is not EVENT@START"),
        ("melt@1s", "'melt@1s' is unknown; the events are absent, busy, forbidden, unplug"),
        ("fail@1s+0s", "'fail@1s+0s' has a duration of 0"),
        ("fail=2@1s", "'fail=2@1s' takes no value"),
        ("slow=0@1s", "'slow=0@1s' needs a whole factor of 1 to 1000"),
        ("slow=x@1s", "'slow=x@1s' needs a whole factor"),
        ("slow=²@1s", "'slow=²@1s' needs a whole factor"),
        ("slow=9999999999@1s", "'slow=9999999999@1s' needs a whole factor"),
        ("resize@1s", "'resize@1s' needs a size of 1x1 to 4096x4096, as in resize=320x240"),
        ("resize=0x1@1s", "'resize=0x1@1s' needs a size"),
        ("resize=5000x1@1s", "'resize=5000x1@1s' needs a size"),
    ],
)
def test_bad_event_is_reported(text: str, message: str) -> None:
    with pytest.raises(CameraMisconfigured) as raised:
        parse_script(text)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_event_is_active_from_its_start_until_before_its_end() -> None:
    script = parse_script("fail@1s+2s")
    active = [bool(script.active_at(at_ns)) for at_ns in (SECOND - 1, SECOND, 3 * SECOND - 1)]
    assert active == [False, True, True]
    assert not script.active_at(3 * SECOND)


def test_event_without_duration_never_ends() -> None:
    assert parse_script("fail@1s").active_at(10**20)


def test_events_overlap_and_the_last_of_a_kind_counts() -> None:
    active = parse_script("slow=2@0s,black@0s,slow=3@0s").active_at(0)
    assert set(active) == {FaultKind.SLOW, FaultKind.BLACK}
    assert active[FaultKind.SLOW].slowdown == 3


def test_events_within_a_range_are_active_in_it() -> None:
    script = parse_script("unplug@2s+1s")
    assert script.active_between(0, 5 * SECOND)
    assert not script.active_between(0, SECOND)
    assert not script.active_between(3 * SECOND, 5 * SECOND)


def test_next_change() -> None:
    script = parse_script("unplug@2s+1s,fail@5s")
    changes = [script.next_change_ns(at_s * SECOND) for at_s in (0, 2, 3, 5)]
    assert changes == [2 * SECOND, 3 * SECOND, 5 * SECOND, None]
