from dataclasses import replace

import pytest

from spot_webcam.app.capture.source_snapshot import SourceState
from spot_webcam.app.monitoring.health import not_alive, not_ready
from spot_webcam.app.monitoring.snapshot import LoopSnapshot
from tests.unit.app.monitoring.snapshots import ROBOT, SNAPSHOT, source


def test_daemon_that_turns_and_serves_is_well() -> None:
    assert not_alive(SNAPSHOT.loops) == []
    assert not_ready(SNAPSHOT) == []


@pytest.mark.parametrize(
    ("loop", "reason"),
    [
        (LoopSnapshot("robot-session", False, 0.0, 60.0), "the thread robot-session has ended"),
        (LoopSnapshot("hotplug", True, 61.0, 60.0), "the thread hotplug has hung for 61 s"),
    ],
)
def test_thread_that_has_ended_or_hangs_is_named(loop: LoopSnapshot, reason: str) -> None:
    snapshot = replace(SNAPSHOT, loops=(LoopSnapshot("well", True, 61.0, 180.0), loop))
    assert not_alive(snapshot.loops) == [reason]
    assert not_ready(snapshot) == [reason]


def test_service_that_is_not_registered_is_not_ready() -> None:
    lost = replace(ROBOT, registered=False, error="connect: no answer")
    assert not_ready(replace(SNAPSHOT, robot=lost)) == [
        "not registered with the robot: connect: no answer"
    ]
    waiting = replace(ROBOT, registered=False, state="register")
    assert not_ready(replace(SNAPSHOT, robot=waiting)) == [
        "not registered with the robot: the next step is to register"
    ]
    assert not_alive(replace(SNAPSHOT, robot=lost).loops) == []


def test_one_good_source_is_enough() -> None:
    dark = source("rear", SourceState.FAILED, error="unplugged")
    assert not_ready(replace(SNAPSHOT, sources=(source("front"), dark))) == []


def test_each_source_says_why_it_is_not_good() -> None:
    sources = (source("front", SourceState.STARTING), source("rear", SourceState.FAILED, "gone"))
    assert not_ready(replace(SNAPSHOT, sources=sources)) == [
        "front is starting",
        "rear is failed: gone",
    ]
    assert not_ready(replace(SNAPSHOT, sources=())) == ["there is no source"]
