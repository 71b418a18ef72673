"""What the session does when clocks are set, and when another has its name."""

from __future__ import annotations

import pytest

from spot_webcam.app.robot.session import CLOCK_TOLERANCE_NS, MAX_CLOCK_ERROR_NS
from spot_webcam.domain.errors import NameTaken, RobotRefused
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.robot.session_stand import BEAT, FAULT, TIMEOUTS, Stand

# The robot's clock.


@pytest.mark.parametrize("step_s", [3600.0, 0.2, -0.2, -180.0])
def test_robot_clock_that_was_set_is_followed_at_the_next_heartbeat(
    well: Stand, step_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    well.robot.skew_ns += round(step_s * NANOSECONDS)
    well.steps(2)
    assert well.robot.taken() == [*BEAT, "synchronize", *BEAT]
    assert well.robot.robot_time_ns(0) == well.robot.skew_ns
    assert caplog.messages == [
        f"the robot's clock is {step_s:+.1f} s off what it was: synchronizing"
    ]


def test_robot_clock_that_wobbles_is_no_news(well: Stand) -> None:
    for skew_ns in (CLOCK_TOLERANCE_NS, -CLOCK_TOLERANCE_NS):
        well.robot.skew_ns = skew_ns
        well.steps(1)
    assert well.robot.taken() == BEAT * 2


def test_robot_clock_that_is_known_badly_is_sampled_with_each_heartbeat(well: Stand) -> None:
    well.robot.clock_error_ns = MAX_CLOCK_ERROR_NS + 1
    well.clock.advance(TIMEOUTS.synchronize_s)
    well.steps(3)
    assert well.robot.taken() == ["synchronize", *BEAT] * 3
    well.robot.clock_error_ns = MAX_CLOCK_ERROR_NS
    well.steps(3)
    assert well.robot.taken() == ["synchronize", *BEAT, *BEAT, *BEAT]


def test_robot_clock_that_is_known_badly_is_not_taken_for_set(well: Stand) -> None:
    well.robot.clock_error_ns = NANOSECONDS // 10
    well.clock.advance(TIMEOUTS.synchronize_s)
    well.steps(1)
    well.robot.taken()
    well.robot.clock_error_ns = 0
    # Seen before the sample of the next heartbeat corrects it.
    well.robot.estimate_ns = NANOSECONDS // 10 + CLOCK_TOLERANCE_NS
    well.robot.always["synchronize"] = RobotRefused("not now")
    well.steps(1)
    assert well.robot.taken() == ["synchronize", *BEAT]
    well.robot.estimate_ns += 1
    well.steps(1)
    assert well.robot.taken() == ["synchronize", *BEAT, "synchronize"]


def test_slow_answer_is_no_step_of_the_robot_clock(well: Stand) -> None:
    # Its time was reported somewhere between question and answer.
    well.robot.call_s = 3.0
    well.robot.skew_ns = -2 * NANOSECONDS
    well.steps(1)
    assert well.robot.taken() == BEAT


def test_step_of_the_robot_clock_is_seen_beyond_the_round_trip_of_one_call(well: Stand) -> None:
    """A heartbeat is three calls: their time together hides larger steps, as on a slow link."""
    well.robot.call_s = 0.3
    well.robot.skew_ns = -round(0.36 * NANOSECONDS)
    well.steps(1)
    assert well.robot.taken() == [*BEAT, "synchronize"]


def test_robot_that_tells_no_time_is_believed(well: Stand) -> None:
    well.robot.tells_its_time = False
    well.robot.skew_ns = 3600 * NANOSECONDS
    well.steps(1)
    assert well.robot.taken() == BEAT


# Another daemon of the same name.


def test_name_that_a_living_daemon_of_this_computer_has_is_waited_for(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.robot.lock_is_free = False
    stand.robot.put()
    assert stand.steps(6)[3:] == [TIMEOUTS.name_taken_retry_s] * 3
    assert "register" not in stand.robot.calls
    [message] = [one for one in caplog.messages if "another daemon" in one]
    assert "--service-name" in message
    assert "--takeover" in message
    stand.robot.lock_is_free = True
    stand.robot.forget()
    stand.steps(1)
    assert stand.session.registered.is_set()


def test_entry_of_a_dead_daemon_of_this_computer_is_replaced_at_once(stand: Stand) -> None:
    stand.robot.put()
    stand.robot.note = stand.robot.last_update_ns
    stand.steps(4)
    assert stand.session.registered.is_set()
    assert stand.robot.faults == set()


def test_entry_of_another_computer_is_watched_and_replaced_once_it_is_silent(
    stand: Stand, clock: ManualClock
) -> None:
    stand.robot.put("another")
    assert stand.steps(5)[3:] == [TIMEOUTS.name_watch_s] * 2
    clock.advance(8.1)
    stand.steps(1)
    assert stand.session.registered.is_set()


def test_name_that_is_taken_over_is_left_to_the_new_owner(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.robot.put()
    assert well.steps(2) == [TIMEOUTS.name_taken_retry_s] * 2
    well.source.standing = []
    well.clock.advance(60.0)
    well.reporter.step()
    assert well.robot.taken() == ["look_up", "look_up"]
    assert not well.session.registered.is_set()
    assert not well.robot.locked
    taken_over, another = caplog.messages[-2:]
    assert taken_over == "heartbeat: another daemon has taken cam over"
    assert another.startswith("register: another daemon serves cam")
    assert "--takeover" not in another


def test_daemon_that_was_replaced_registers_when_the_other_is_gone(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.put("another")
    well.steps(3)
    well.robot.forget()
    well.robot.faults.clear()
    well.steps(1)
    well.reporter.step()
    assert well.session.registered.is_set()
    assert well.robot.locked
    assert well.robot.faults == {FAULT.name}


def test_daemon_that_was_replaced_removes_nothing(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.put("another")
    well.steps(1)
    well.robot.taken()
    well.session.shut_down(1.0)
    assert well.robot.taken() == []


def test_shut_down_finds_out_that_the_name_was_taken_over(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.robot.put("another")
    caplog.set_level("INFO")
    well.session.shut_down(1.0)
    assert well.robot.calls == ["look_up"]
    assert caplog.messages[-1] == "the entry is another daemon's by now: left as it is"


def test_takeover_replaces_a_living_daemon_once(clock: ManualClock) -> None:
    stand = Stand(clock, takeover=True)
    stand.robot.lock_is_free = False
    stand.robot.put()
    stand.begin()
    stand.robot.put()
    stand.steps(3)
    assert not stand.session.registered.is_set()
    assert "register" not in stand.robot.calls


def test_without_takeover_the_session_gives_up_where_a_living_daemon_has_the_name(
    clock: ManualClock,
) -> None:
    stand = Stand(clock, takeover=False)
    stand.robot.lock_is_free = False
    stand.steps(4)
    assert isinstance(stand.session.refusal, NameTaken)
    stand.robot.taken()
    assert stand.steps(2) == [TIMEOUTS.name_taken_retry_s] * 2
    assert stand.robot.calls == []


def test_time_is_kept_while_another_has_the_name(stand: Stand) -> None:
    stand.robot.lock_is_free = False
    stand.run(2 * TIMEOUTS.synchronize_s + 5.0)
    assert stand.robot.taken().count("synchronize") == 3
