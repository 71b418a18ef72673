"""The snapshot of the robot session: what a page and metrics show of it."""

from dataclasses import replace

from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.fakes.time.manual import ManualClock
from tests.unit.app.robot.session_stand import TIMEOUTS, Stand

SECOND = 1_000_000_000


def test_session_that_has_not_begun_knows_nothing(clock: ManualClock) -> None:
    stand = Stand(clock)
    stand.robot.is_synchronized = False
    assert stand.session.snapshot() == SessionSnapshot("connect", connected=False, registered=False)


def test_registered_session_knows_clock_and_token(clock: ManualClock) -> None:
    stand = Stand(clock)
    clock.advance(1.0)
    now_ns = clock.time_ns()
    stand.robot.skew_ns = now_ns - clock.monotonic_ns() + 2 * SECOND
    stand.robot.clock_error_ns = SECOND // 1000
    stand.robot.token_end_ns = now_ns + 100 * SECOND
    stand.begin()
    clock.advance(10.0)
    assert stand.session.snapshot() == SessionSnapshot(
        "heartbeat",
        connected=True,
        registered=True,
        robot="spot",
        clock_skew_s=2.0,
        clock_error_s=0.001,
        token_age_s=10.0,
        token_left_s=88.0,
    )


def test_end_of_a_token_that_does_not_say_is_unknown(clock: ManualClock) -> None:
    stand = Stand(clock)
    clock.advance(1.0)
    stand.begin()
    assert stand.session.snapshot().token_left_s is None


def test_renewed_token_ends_later(clock: ManualClock) -> None:
    stand = Stand(clock)
    clock.advance(1.0)
    stand.begin()
    stand.robot.token_end_ns = clock.monotonic_ns() + 5000 * SECOND
    clock.advance(TIMEOUTS.renew_token_s)
    stand.steps(1)
    assert stand.session.snapshot().token_left_s == 5000 - TIMEOUTS.renew_token_s
    assert stand.session.snapshot().token_age_s == 0.0


def test_lost_robot_is_shown_with_its_error(clock: ManualClock) -> None:
    stand = Stand(clock)
    clock.advance(1.0)
    stand.begin()
    before = stand.session.snapshot()
    stand.robot.fail("heartbeat", RobotUnreachable("no answer"))
    stand.steps(1)
    assert stand.session.snapshot() == replace(
        before,
        state="connect",
        connected=False,
        registered=False,
        error="heartbeat: no answer",
    )
