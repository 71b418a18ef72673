"""Acquisition times are robot time; the fake robot's clock is minutes off."""

from collections.abc import Callable
from typing import Any

import pytest
from bosdyn.api import image_pb2

from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot import FakeRobot

# The robot's estimate of the skew is good to half a round trip.
TOLERANCE_NS = NANOSECONDS


class SettableClock(SystemClock):
    """The system's clock, with a wall clock that someone sets."""

    def __init__(self) -> None:
        self.step_ns = 0

    def time_ns(self) -> int:
        return super().time_ns() + self.step_ns


def acquired_ns(answer: Any) -> int:
    nanoseconds: int = answer.shot.acquisition_time.ToNanoseconds()
    return nanoseconds


def test_acquisition_times_are_robot_time(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    # The newest picture is at most as old as the staleness limit of a second.
    before_ns = serving.robot.now_ns()
    acquired = acquired_ns(serving.client.ask("synthetic"))
    after_ns = serving.robot.now_ns()
    assert before_ns - NANOSECONDS - TOLERANCE_NS <= acquired <= after_ns + TOLERANCE_NS


def test_acquisition_times_rise_with_the_pictures(serve: Callable[..., Any]) -> None:
    serving = serve("synthetic:?fps=100")
    serving.wait_for_pictures()
    times: list[int] = []

    def enough() -> bool:
        times.append(acquired_ns(serving.client.ask("synthetic")))
        return len(set(times)) >= 10

    assert serving.eventually(enough)
    assert times == sorted(times)


def test_one_picture_has_one_time(serve: Callable[..., Any]) -> None:
    # A picture in ten seconds: every request gets the same.
    serving = serve("synthetic:?fps=0.1")
    serving.wait_for_pictures()
    jpeg = serving.client.ask("synthetic", image_format=image_pb2.Image.FORMAT_JPEG)
    raw = serving.client.ask("synthetic", image_format=image_pb2.Image.FORMAT_RAW)
    assert jpeg.shot.acquisition_time == raw.shot.acquisition_time


def off_by_ns(serving: Any) -> int:
    """Return how far a picture's time lies outside of the time in which it can have been taken."""
    before_ns = serving.robot.now_ns() - NANOSECONDS
    acquired = acquired_ns(serving.client.ask("synthetic"))
    after_ns = serving.robot.now_ns()
    return max(0, before_ns - acquired, acquired - after_ns)


@pytest.fixture
def ahead_ns(call_directly: Callable[..., Any]) -> Callable[[Any], int]:
    """Get how far the times of some pictures lie in the future, but for the age of the newest."""

    def ahead(serving: Any) -> int:
        acquired = acquired_ns(call_directly(serving.daemon, "synthetic").image_responses[0])
        now_ns: int = serving.robot.now_ns()
        return acquired - now_ns

    return lambda serving: max(ahead(serving) for _ in range(20))


@pytest.mark.parametrize("minutes", [5, -5])
@pytest.mark.usefixtures("short_heartbeat")
def test_robot_clock_that_is_set_is_followed_within_a_heartbeat(
    serve: Callable[..., Any], minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    serving = serve("synthetic:?fps=20")
    serving.wait_for_pictures()
    serving.robot.move_clock(60 * minutes)
    assert serving.eventually(lambda: off_by_ns(serving) < TOLERANCE_NS)
    assert f"the robot's clock is {60 * minutes:+d}.0 s off" in caplog.text
    assert serving.calls("RegisterService") == 1


@pytest.mark.usefixtures("short_heartbeat")
def test_small_step_of_the_robot_clock_is_followed_within_a_heartbeat(
    serve: Callable[..., Any], ahead_ns: Callable[[Any], int], caplog: pytest.LogCaptureFixture
) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    serving.robot.move_clock(-0.25)
    assert serving.eventually(lambda: "off what it was: synchronizing" in caplog.text)
    assert serving.eventually(lambda: ahead_ns(serving) < NANOSECONDS // 20)


@pytest.mark.usefixtures("short_heartbeat")
def test_reconnect_over_a_congested_link_changes_no_time(
    serve: Callable[..., Any], ahead_ns: Callable[[Any], int]
) -> None:
    serving = serve("synthetic:?fps=50")
    serving.wait_for_pictures()
    assert serving.eventually(lambda: ahead_ns(serving) < NANOSECONDS // 20)
    serving.robot.delay_calls(0.2, 0.0)
    serving.robot.reboot()  # it forgets the good samples
    assert serving.eventually(lambda: serving.calls("RegisterService") == 2)
    # Half of the delay, if the last samples were trusted.
    assert ahead_ns(serving) < NANOSECONDS // 20


@pytest.mark.parametrize("minutes", [90, -90])
@pytest.mark.usefixtures("short_heartbeat")
def test_local_clock_that_is_set_changes_nothing(
    serve: Callable[..., Any],
    minutes: int,
    timeouts: dict[str, float],
    caplog: pytest.LogCaptureFixture,
) -> None:
    timeouts["synchronize_s"] = 1.0
    clock = SettableClock()
    serving = serve("synthetic:?fps=20", clock=clock)
    serving.wait_for_pictures()
    clock.step_ns = 60 * minutes * NANOSECONDS
    last = serving.client.ask("synthetic").shot.acquisition_time
    assert serving.eventually(lambda: serving.client.ask("synthetic").shot.acquisition_time != last)
    assert off_by_ns(serving) < TOLERANCE_NS
    # Nor after the next syncs, which know samples from before.
    syncs = serving.calls("TimeSyncUpdate")
    assert serving.eventually(lambda: serving.calls("TimeSyncUpdate") > syncs + 2)
    assert off_by_ns(serving) < TOLERANCE_NS
    assert "off what it was" not in caplog.text


def test_pictures_of_a_robot_that_is_away_go_on_by_its_last_known_time(
    serve: Callable[..., Any], call_directly: Callable[..., Any]
) -> None:
    serving = serve("synthetic:?fps=20")
    serving.wait_for_pictures()
    serving.robot.power_off()
    before_ns = serving.robot.now_ns() - NANOSECONDS
    acquired = acquired_ns(call_directly(serving.daemon, "synthetic").image_responses[0])
    assert before_ns - TOLERANCE_NS <= acquired <= serving.robot.now_ns() + TOLERANCE_NS


def test_no_picture_is_served_before_robot_time_is_known(
    robot: FakeRobot,
    begin_daemon: Callable[..., Any],
    ask_directly: Callable[..., int],
    call_directly: Callable[..., Any],
) -> None:
    robot.power_off()
    daemon = begin_daemon(robot, "synthetic:?fps=20")
    reported = "robot time is not known yet"
    response = lambda: call_directly(daemon, "synthetic")  # noqa: E731
    assert robot.wait_for(lambda: reported in response().header.error.message, 30)
    [answer] = response().image_responses
    assert answer.status == image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
    assert not answer.HasField("shot")

    robot.boot()
    assert daemon.registered.wait(30)
    assert robot.wait_for(
        lambda: ask_directly(daemon, "synthetic") == image_pb2.ImageResponse.STATUS_OK, 30
    )
