from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from spot_webcam.app.robot.registration_lease import WATCH_S, RegistrationLease
from spot_webcam.domain.directory_entry import DirectoryEntry, Owner
from spot_webcam.domain.errors import NameTaken, RobotUnreachable
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock

SILENCE_S = 8.0
HEARTBEAT_S = 5.0
ROBOT_NS = 1_700_000_000 * NANOSECONDS


@dataclass
class Name:
    """A name in a directory and its lock."""

    owner: Owner | None = None
    last_update_ns: int = ROBOT_NS
    held_by_another: bool = False
    held: bool = False
    away: bool = False
    calls: list[str] = field(default_factory=list)

    scope = "here"

    def look_up(self, timeout_s: float | None = None) -> DirectoryEntry | None:
        del timeout_s
        if self.away:
            raise RobotUnreachable("no answer")
        if self.owner is None:
            return None
        return DirectoryEntry(self.owner, self.last_update_ns, SILENCE_S)

    def register(self) -> None:
        self.owner = Owner.US

    def heartbeat(self) -> int | None:
        return None

    def unregister(self, timeout_s: float) -> None:
        del timeout_s
        self.owner = None

    def synchronize(self) -> None:
        """Nothing to do."""

    def robot_time_ns(self, monotonic_ns: int) -> int:
        return monotonic_ns + ROBOT_NS

    def acquire(self) -> bool:
        self.held = not self.held_by_another
        return self.held

    def release(self) -> None:
        self.held = False


@pytest.fixture
def name() -> Name:
    return Name()


def claim(name: Name, clock: ManualClock, takeover: bool | None = None) -> RegistrationLease:
    return RegistrationLease(name, name, name, clock, "cam", takeover)


@pytest.mark.parametrize("owner", [None, Owner.US])
def test_free_name_and_our_own_are_had_at_once(
    name: Name, clock: ManualClock, owner: Owner | None
) -> None:
    name.owner = owner
    assert claim(name, clock).stake() == 0.0
    assert name.held


def test_silent_entry_of_another_is_watched_and_then_replaced(
    name: Name, clock: ManualClock
) -> None:
    name.owner = Owner.ANOTHER
    ours = claim(name, clock)
    began_ns = clock.monotonic_ns()
    while (wait_s := ours.stake()) > 0:
        assert wait_s == WATCH_S
        assert not name.held
        clock.advance(wait_s)
    assert SILENCE_S * 1e9 < clock.monotonic_ns() - began_ns <= (SILENCE_S + WATCH_S) * 1e9
    assert name.held


def test_entry_that_is_older_than_any_silence_is_replaced_at_once(
    name: Name, clock: ManualClock
) -> None:
    name.owner = Owner.ANOTHER
    clock.advance(SILENCE_S + 0.1)
    assert claim(name, clock).stake() == 0.0


@pytest.mark.parametrize("last_update_ns", [0, ROBOT_NS + 3600 * NANOSECONDS])
def test_entry_of_no_age_or_of_the_future_is_watched(
    name: Name, clock: ManualClock, last_update_ns: int
) -> None:
    name.owner = Owner.ANOTHER
    name.last_update_ns = last_update_ns
    ours = claim(name, clock)
    assert ours.stake() == WATCH_S
    clock.advance(SILENCE_S + 0.1)
    assert ours.stake() == 0.0


def test_entry_that_is_updated_is_a_living_daemons(name: Name, clock: ManualClock) -> None:
    name.owner = Owner.ANOTHER
    ours = claim(name, clock)
    ours.stake()
    for _ in range(5):
        clock.advance(HEARTBEAT_S)
        name.last_update_ns = name.robot_time_ns(clock.monotonic_ns())
        with pytest.raises(NameTaken, match="another daemon serves cam"):
            ours.stake()
        assert not name.held


def test_living_daemon_that_dies_is_replaced_after_its_silence(
    name: Name, clock: ManualClock
) -> None:
    name.owner = Owner.ANOTHER
    ours = claim(name, clock)
    ours.stake()
    name.last_update_ns += 1
    with pytest.raises(NameTaken):
        ours.stake()
    clock.advance(SILENCE_S)
    with pytest.raises(NameTaken):
        ours.stake()
    clock.advance(WATCH_S)
    assert ours.stake() == 0.0


def test_living_daemon_that_leaves_is_followed_at_once(name: Name, clock: ManualClock) -> None:
    name.held_by_another = True
    ours = claim(name, clock)
    with pytest.raises(NameTaken, match="of this computer"):
        ours.stake()
    name.held_by_another = False
    assert ours.stake() == 0.0


def test_daemon_that_replaced_us_is_not_taken_for_our_dead_predecessor(
    name: Name, clock: ManualClock
) -> None:
    ours = claim(name, clock)
    ours.stake()
    ours.staked()
    # The other has not got the lock yet: we have just let it go.
    name.owner = Owner.THIS_COMPUTER
    ours.release()
    with pytest.raises(NameTaken):
        ours.stake()
    assert not name.held


def test_takeover_needs_no_lock_and_gets_it_later(name: Name, clock: ManualClock) -> None:
    name.held_by_another = True
    name.owner = Owner.THIS_COMPUTER
    ours = claim(name, clock, takeover=True)
    assert ours.stake() == 0.0
    ours.staked()
    assert not name.held
    name.held_by_another = False
    ours.staked()
    assert name.held


def test_lock_is_let_go_when_the_robot_does_not_answer(name: Name, clock: ManualClock) -> None:
    name.away = True
    with pytest.raises(RobotUnreachable):
        claim(name, clock).stake()
    assert not name.held


@pytest.mark.parametrize(("takeover", "gives_up"), [(None, False), (True, False), (False, True)])
def test_only_who_is_told_not_to_take_over_gives_up(
    name: Name, clock: ManualClock, takeover: bool | None, gives_up: bool
) -> None:
    assert claim(name, clock, takeover).gives_up is gives_up


def test_what_is_done_is_logged_once(
    name: Name, clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    name.owner = Owner.ANOTHER
    ours = claim(name, clock)
    for _ in range(20):
        ours.stake()
        clock.advance(WATCH_S)
    assert caplog.messages == [
        "cam is registered already: watching for 8 s whether its owner lives",
        "replacing the entry of a daemon that has died",
    ]
