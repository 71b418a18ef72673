from __future__ import annotations

from collections import deque

import pytest

from spot_webcam.app.robot.session import RobotSession, State
from spot_webcam.domain.errors import (
    CredentialsRejected,
    NotRegistered,
    PayloadNotAuthorized,
    RobotError,
    RobotRefused,
    RobotUnreachable,
    TokenRejected,
)
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.robot.session_stand import BEAT, FAULT, REGISTERED, START, TIMEOUTS, UP, Stand

STATES = {
    "connect": State.CONNECT,
    "authenticate": State.AUTHENTICATE,
    "synchronize": State.SYNCHRONIZE,
    "register": State.REGISTER,
    "heartbeat": State.HEARTBEAT,
}


# The way in.


def test_way_in_is_taken_in_order_and_without_pauses(stand: Stand) -> None:
    assert stand.steps(5) == [0.0, 0.0, 0.0, TIMEOUTS.heartbeat_s, TIMEOUTS.heartbeat_s]
    assert stand.robot.calls == [*START, *BEAT]
    assert stand.session.registered.is_set()
    assert stand.session.refusal is None


def test_old_faults_of_the_service_are_cleared_at_the_first_registration_only(
    stand: Stand,
) -> None:
    stand.steps(4)
    assert stand.robot.faults == set()
    stand.robot.reboot()
    stand.steps(3)
    assert stand.robot.calls.count("register") == 2
    assert stand.robot.calls.count("clear_all") == 1


def test_faults_that_stand_are_reported_after_the_registration(stand: Stand) -> None:
    stand.source.standing = [FAULT]
    stand.steps(3)
    stand.reporter.step()
    assert "trigger" not in stand.robot.calls
    stand.steps(1)
    stand.reporter.step()
    assert stand.robot.faults == {FAULT.name}


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize(
    ("error", "led_to"),
    [
        (RobotUnreachable("no answer"), State.CONNECT),
        (PayloadNotAuthorized("not yet"), State.AUTHENTICATE),
        (TokenRejected("old"), State.AUTHENTICATE),
        (NotRegistered("who?"), State.REGISTER),
        (RobotRefused("no"), None),
    ],
)
def test_every_error_leads_to_the_step_that_mends_it(
    stand: Stand, name: str, error: RobotError, led_to: State | None
) -> None:
    stand.robot.fail(name, error)
    for _ in range(6):
        stand.session.step()
        if not stand.robot.errors[name]:
            break
    assert stand.session.state is (led_to or STATES[name])
    assert not stand.session.registered.is_set()
    for _ in range(6):
        stand.session.step()
    assert stand.session.registered.is_set()
    assert stand.session.state is State.HEARTBEAT


def test_clearing_of_old_faults_that_fails_is_tried_again(stand: Stand) -> None:
    stand.robot.fail("clear_all", RobotUnreachable("no answer"))
    stand.steps(4)
    assert not stand.session.registered.is_set()
    stand.steps(4)
    assert stand.session.registered.is_set()
    assert stand.robot.calls.count("clear_all") == 2


def test_robot_that_is_away_is_tried_ever_less_often(stand: Stand) -> None:
    stand.robot.always["connect"] = RobotUnreachable("no answer")
    assert stand.steps(7) == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


@pytest.mark.parametrize(
    "name", ["authenticate", "synchronize", "look_up", "register", "clear_all"]
)
def test_step_that_goes_on_failing_behind_good_ones_is_tried_ever_less_often(
    stand: Stand, name: str
) -> None:
    stand.robot.always[name] = RobotUnreachable("no answer")
    waits_s = [wait_s for wait_s in stand.steps(60) if wait_s > 0]
    assert waits_s[:6] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]


def test_token_that_is_rejected_each_time_is_fetched_ever_less_often(well: Stand) -> None:
    well.robot.always["heartbeat"] = TokenRejected("old")
    waits_s = [wait_s for wait_s in well.steps(30) if wait_s > 0]
    assert waits_s[:6] == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0]


def test_pauses_are_short_again_after_all_was_well(stand: Stand) -> None:
    stand.robot.fail("connect", *[RobotUnreachable("no answer")] * 6)
    stand.steps(6)
    stand.begin()
    stand.robot.fail("heartbeat", RobotUnreachable("no answer"))
    assert stand.steps(1) == [TIMEOUTS.min_retry_s]


def test_operator_who_has_not_authorized_yet_is_waited_for_at_an_even_pace(stand: Stand) -> None:
    stand.robot.fail("authenticate", *[PayloadNotAuthorized("not yet")] * 5)
    assert stand.steps(6) == [0.0, *[TIMEOUTS.authorization_retry_s] * 5]
    stand.steps(3)
    assert stand.session.registered.is_set()


# Credentials.


def test_wrong_secret_is_reported_once_and_tried_again_slowly_until_it_is_right(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    stand.robot.fail("authenticate", *[CredentialsRejected("wrong secret")] * 3)
    assert stand.steps(4) == [0.0, *[TIMEOUTS.credentials_retry_s] * 3]
    assert caplog.messages == ["authenticate: wrong secret"]
    stand.steps(3)
    assert stand.session.registered.is_set()


def test_corrected_secret_is_noticed_within_fifteen_seconds() -> None:
    assert TIMEOUTS.credentials_retry_s < 15.0


def test_secret_that_was_good_once_is_tried_again_slowly(well: Stand) -> None:
    well.robot.fail("heartbeat", TokenRejected("old"))
    well.robot.fail("authenticate", *[CredentialsRejected("unknown")] * 3)
    well.steps(1)
    assert well.steps(3) == [TIMEOUTS.credentials_retry_s] * 3
    assert well.session.refusal is None
    well.steps(4)
    assert well.session.registered.is_set()


# Outages.


def test_outage_of_a_robot_that_remembers_registers_nothing(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.fail("heartbeat", RobotUnreachable("no answer"))
    well.steps(5)
    well.reporter.step()
    assert well.session.registered.is_set()
    assert well.robot.calls == ["trigger", "look_up", "heartbeat", *UP, *BEAT]


def test_nothing_is_reported_during_an_outage_and_what_changed_is_afterwards(well: Stand) -> None:
    well.robot.fail("heartbeat", RobotUnreachable("no answer"))
    well.steps(1)
    well.source.standing = [FAULT]
    well.reporter.step()
    assert well.robot.faults == set()
    well.steps(4)
    well.reporter.step()
    assert well.robot.faults == {FAULT.name}


def test_rebooted_robot_is_registered_with_and_reported_again(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.reboot()
    well.robot.fail("look_up", RobotUnreachable("no answer"))
    well.steps(6)
    well.reporter.step()
    assert well.session.registered.is_set()
    assert well.robot.calls == [
        *["trigger", "look_up", *UP],
        *["look_up", *REGISTERED, "trigger"],
    ]
    assert well.robot.faults == {FAULT.name}


def test_robot_that_forgot_the_service_is_registered_with_at_once(well: Stand) -> None:
    well.robot.forget()
    assert well.steps(2) == [0.0, TIMEOUTS.heartbeat_s]
    assert well.robot.taken() == ["look_up", *REGISTERED]


def test_robot_that_is_back_from_a_long_reboot_is_registered_with_without_a_pause(
    well: Stand,
) -> None:
    well.robot.fail("connect", *[RobotUnreachable("no answer")] * 8)
    well.robot.fail("look_up", RobotUnreachable("no answer"))
    well.robot.reboot()
    assert well.steps(9)[-1] == TIMEOUTS.max_retry_s
    assert well.steps(5) == [0.0, 0.0, 0.0, 0.0, TIMEOUTS.heartbeat_s]
    assert well.session.registered.is_set()


def test_token_that_is_rejected_is_fetched_again_at_once(well: Stand) -> None:
    well.robot.fail("heartbeat", TokenRejected("old"))
    assert well.steps(4) == [0.0, 0.0, 0.0, TIMEOUTS.heartbeat_s]
    assert well.robot.taken() == ["look_up", "heartbeat", "authenticate", "synchronize", *BEAT]


def test_faults_are_reported_again_after_a_registration_whose_answer_was_lost(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.forget()
    well.robot.late_errors["register"] = deque([RobotUnreachable("no answer")])
    well.run(60.0)
    assert well.session.registered.is_set()
    assert well.robot.faults == {FAULT.name}


# While all is well.


def test_changed_catalogue_is_registered_with_all_faults(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.catalogue = 2
    assert well.steps(2) == [TIMEOUTS.heartbeat_s] * 2
    well.reporter.step()
    assert well.robot.taken() == [*REGISTERED, *BEAT, "trigger"]
    assert well.robot.faults == {FAULT.name}


def test_heart_beats_evenly(well: Stand, clock: ManualClock) -> None:
    well.run(50.0)
    assert well.robot.taken().count("heartbeat") == 10


def test_time_is_synchronized_each_minute_and_the_token_renewed_each_hour(well: Stand) -> None:
    well.run(4 * TIMEOUTS.renew_token_s + 1.0)
    calls = well.robot.taken()
    assert calls.count("synchronize") == 4 * TIMEOUTS.renew_token_s // TIMEOUTS.synchronize_s
    assert calls.count("authenticate") == 4
    assert calls.count("heartbeat") == 4 * TIMEOUTS.renew_token_s // TIMEOUTS.heartbeat_s + 1
    assert calls.count("connect") == calls.count("register") == 0


@pytest.mark.parametrize("name", ["authenticate", "synchronize"])
def test_renewal_that_is_refused_does_not_stop_the_heart(well: Stand, name: str) -> None:
    well.robot.always[name] = RobotRefused("not now")
    well.clock.advance(TIMEOUTS.renew_token_s)
    well.run(60.0)
    assert well.robot.taken().count("heartbeat") >= 60.0 // TIMEOUTS.max_retry_s


def test_step_clears_what_woke_it(stand: Stand) -> None:
    stand.session.wake.set()
    stand.session.step()
    assert not stand.session.wake.is_set()


# The end.


def test_shut_down_clears_what_was_raised_and_removes_the_entry(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.session.shut_down(1.0)
    assert well.robot.calls == ["look_up", "clear", "unregister"]
    assert well.robot.faults == set()
    assert not well.robot.known
    assert not well.robot.locked
    assert well.robot.timeouts_s == [0.5, 0.5, 1.0]


def test_shut_down_does_nothing_where_nothing_was_registered(stand: Stand) -> None:
    stand.steps(3)
    stand.robot.taken()
    stand.session.shut_down(1.0)
    assert stand.robot.calls == []


def test_shut_down_removes_an_entry_that_may_exist(stand: Stand) -> None:
    stand.robot.late_errors["register"] = deque([RobotUnreachable("no answer")])
    stand.steps(4)
    stand.session.shut_down(1.0)
    assert not stand.robot.known


def test_shut_down_has_time_left_for_the_entry(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.call_s = 0.25
    well.session.shut_down(1.0)
    assert well.robot.timeouts_s == [0.5, 0.375, 0.5]
    assert well.robot.faults == set()
    well.steps(2)
    well.session.shut_down(0.01)
    assert well.robot.timeouts_s[-1] == pytest.approx(0.1)


def test_shut_down_of_a_slow_robot_leaves_the_time_to_the_entry(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.robot.call_s = 0.48
    well.session.shut_down(1.0)
    assert well.robot.calls == ["look_up", "unregister"]
    assert well.robot.timeouts_s == pytest.approx([0.5, 0.52])


def test_shut_down_clears_faults_after_a_call_under_way_was_cut(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.session.shutting_down = True
    well.robot.fail("heartbeat", RobotUnreachable("the connection was closed"))
    well.steps(1)
    well.robot.taken()
    well.session.shut_down(1.0)
    assert well.robot.calls == ["look_up", "clear", "unregister"]
    assert well.robot.faults == set()


def test_shut_down_of_a_robot_that_does_not_answer_asks_it_once(well: Stand) -> None:
    well.source.standing = [FAULT]
    well.reporter.step()
    well.robot.taken()
    well.robot.fail("look_up", RobotUnreachable("no answer"))
    well.session.shut_down(1.0)
    assert well.robot.calls == ["look_up"]


def test_shut_down_of_a_robot_that_is_away_is_no_error(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    well.robot.fail("unregister", RobotUnreachable("no answer"))
    well.session.shut_down(1.0)
    assert caplog.messages == ["could not unregister: no answer"]


# What is logged.


def test_each_trouble_is_logged_once_and_again_when_it_changes(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    away, refused = RobotUnreachable("no answer"), RobotRefused("no")
    stand.robot.fail("connect", away, away, refused, refused, away)
    stand.steps(5)
    assert caplog.messages == ["connect: no answer", "connect: no", "connect: no answer"]


def test_trouble_after_a_good_time_is_logged_again(
    well: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        well.robot.fail("heartbeat", RobotUnreachable("no answer"))
        well.steps(5)
    assert caplog.messages == ["heartbeat: no answer"] * 2


def test_connections_are_logged_once_for_each_trouble(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    """Trouble of the registration leads to another connection, such as when there is no route."""
    caplog.set_level("INFO")
    lost = RobotUnreachable("no route")
    stand.robot.fail("register", *[lost] * 5)
    stand.steps(4 * 6)
    connected = next(message for message in caplog.messages if "connected to" in message)
    first_way_in = [connected, "register: no route", connected, "registered"]
    assert caplog.messages == first_way_in
    stand.robot.fail("look_up", lost)
    stand.steps(1)
    stand.robot.fail("connect", lost)
    stand.steps(5)
    assert caplog.messages[4:] == [
        "heartbeat: no route",
        "connect: no route",
        connected,
        "the robot is back, and still knows the service",
    ]


def test_robot_that_forgot_is_no_warning(well: Stand, caplog: pytest.LogCaptureFixture) -> None:
    well.robot.forget()
    well.steps(2)
    assert caplog.messages == []


def test_pauses_of_a_session_without_a_given_generator_are_bounded(clock: ManualClock) -> None:
    stand = Stand(clock)
    robot = stand.robot
    robot.always["connect"] = RobotUnreachable("no answer")
    session = RobotSession(robot, robot, stand.lease, stand.reporter, clock, TIMEOUTS)
    waits_s = [session.step() for _ in range(20)]
    assert all(TIMEOUTS.min_retry_s / 2 <= wait_s <= TIMEOUTS.max_retry_s for wait_s in waits_s)
    assert max(waits_s) > TIMEOUTS.max_retry_s / 2
