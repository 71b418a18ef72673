"""Acquisition times are robot time; the fake robot's clock is minutes off."""

from collections.abc import Callable
from typing import Any

from bosdyn.api import image_pb2

from spot_webcam.domain.time_units import NANOSECONDS
from spot_webcam.fakes.robot import FakeRobot

# The robot's estimate of the skew is good to half a round trip.
TOLERANCE_NS = NANOSECONDS


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


def test_no_picture_is_served_before_robot_time_is_known(
    robot: FakeRobot,
    begin_daemon: Callable[..., Any],
    ask_directly: Callable[..., int],
) -> None:
    robot.power_off()
    daemon = begin_daemon(robot, "synthetic:")
    assert ask_directly(daemon, "synthetic") == image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR

    robot.boot()
    assert daemon.registered.wait(30)
    assert robot.wait_for(
        lambda: ask_directly(daemon, "synthetic") == image_pb2.ImageResponse.STATUS_OK, 30
    )
