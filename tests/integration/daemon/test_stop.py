"""Taking leave."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spot_webcam.adapters.bosdyn.robot.directory import BosdynDirectory
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.fakes.robot import FakeRobot
from tests.timing import PATIENCE_S

FAULT = "Image Capture Failure for gone"
Begin = Callable[..., Any]
OURS = ("robot-session", "fault-reporter", "capture-", "grpc_")


def stop(daemon: Any) -> bool:
    """Stop it on a thread of its own, so that a stop that hangs fails the test."""
    with ThreadPoolExecutor(1, thread_name_prefix="stopper") as one:
        ended: bool = one.submit(daemon.stop).result(PATIENCE_S)
        return ended


def threads_end(robot: FakeRobot) -> bool:
    """Whether all threads of the daemon are gone before long."""
    return robot.wait_for(
        lambda: not any(one.name.startswith(OURS) for one in threading.enumerate()), PATIENCE_S
    )


def test_stop_unregisters_and_clears_what_was_raised(robot: FakeRobot, start_daemon: Begin) -> None:
    daemon = start_daemon(robot, "gone=synthetic:?script=absent@0s", "synthetic:")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    assert stop(daemon)
    assert robot.services() == []
    assert robot.faults() == []
    reported = [(one.kind, one.outcome) for one in robot.fault_events() if one.fault_name == FAULT]
    assert reported == [("trigger", "OK"), ("clear", "OK")]
    assert threads_end(robot)


def test_stop_ends_calls_that_wait_for_a_camera(
    serve: Callable[..., Any],
) -> None:
    serving = serve("hangs=synthetic:?script=hang@0s", on_demand=True)
    with ThreadPoolExecutor(1, thread_name_prefix="waiter") as one:
        answer = one.submit(serving.client.status, "hangs")
        assert stop(serving.daemon)
        # An answer or an error, but no call that never ends.
        answer.exception(PATIENCE_S)
    assert threads_end(serving.robot)


@pytest.mark.usefixtures("short_heartbeat")
def test_stop_clears_what_was_raised_though_it_cuts_a_call_short(
    robot: FakeRobot, start_daemon: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    daemon = start_daemon(robot, "gone=synthetic:?script=absent@0s")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    called, cut = threading.Event(), threading.Event()
    reopen = RobotLink.reopen_channels

    def slow_heartbeat(_: BosdynDirectory) -> None:
        called.set()
        cut.wait(PATIENCE_S)
        raise RobotUnreachable("the connection was closed")

    def cut_short(link: RobotLink) -> None:
        reopen(link)
        cut.set()

    monkeypatch.setattr(BosdynDirectory, "heartbeat", slow_heartbeat)
    monkeypatch.setattr(RobotLink, "reopen_channels", cut_short)
    assert called.wait(PATIENCE_S)
    assert stop(daemon)
    reported = [(one.kind, one.outcome) for one in robot.fault_events() if one.fault_name == FAULT]
    assert reported == [("trigger", "OK"), ("clear", "OK")]
    assert robot.services() == []


def test_stop_ends_while_the_robot_is_silent(robot: FakeRobot, start_daemon: Begin) -> None:
    daemon = start_daemon(robot, "gone=synthetic:?script=absent@0s")
    assert robot.wait_for(robot.faults, PATIENCE_S)
    robot.stop_responding(600)
    # Were it to wait for the robot, it would wait for ten minutes.
    assert stop(daemon)
    assert threads_end(robot)


def test_stop_ends_while_a_call_hangs_in_a_silent_robot(
    robot: FakeRobot, begin_daemon: Begin
) -> None:
    robot.stop_responding(600)
    daemon = begin_daemon(robot, "synthetic:")
    assert robot.wait_for(robot.unanswered_calls, PATIENCE_S)
    # No camera holds it, and the call is the daemon's own to end.
    assert stop(daemon)
    assert threads_end(robot)


def test_stop_ends_while_the_robot_is_off(robot: FakeRobot, begin_daemon: Begin) -> None:
    robot.power_off()
    daemon = begin_daemon(robot, "synthetic:")
    assert stop(daemon)
    assert threads_end(robot)


def test_stop_ends_a_camera_that_hangs(robot: FakeRobot, start_daemon: Begin) -> None:
    daemon = start_daemon(robot, "hangs=synthetic:?script=hang@0s")
    assert stop(daemon)
    assert threads_end(robot)


def test_stop_may_come_twice(robot: FakeRobot, start_daemon: Begin) -> None:
    daemon = start_daemon(robot, "synthetic:")
    assert stop(daemon)
    assert stop(daemon)
    assert robot.services() == []


def test_port_is_free_after_the_stop(robot: FakeRobot, start_daemon: Begin) -> None:
    first = start_daemon(robot, "synthetic:")
    assert stop(first)
    second = start_daemon(robot, "synthetic:", port=first.port)
    assert second.port == first.port
