"""Snapshots of daemons that do not run."""

from spot_webcam.app.capture.source_snapshot import SourceSnapshot, SourceState
from spot_webcam.app.monitoring.histogram import HistogramSnapshot
from spot_webcam.app.monitoring.snapshot import (
    AnswerCount,
    LoopSnapshot,
    ProcessSnapshot,
    RequestsSnapshot,
    Snapshot,
)
from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from spot_webcam.domain.media.image import Layout
from spot_webcam.domain.sources.description import ImageSource

ROBOT = SessionSnapshot(
    "heartbeat",
    connected=True,
    registered=True,
    robot="spot",
    clock_skew_s=0.5,
    clock_error_s=0.001,
    token_age_s=60.0,
    token_left_s=3600.0,
)
TIMES = HistogramSnapshot((0.1, 1.0), (1, 2, 3), 7.5)


def source(name: str, state: SourceState = SourceState.GOOD, error: str = "") -> SourceSnapshot:
    return SourceSnapshot(
        name,
        state,
        ImageSource(name, Layout.BGR8, 640, 480),
        staleness_limit_s=1.0,
        error=error,
        age_s=0.25,
        rate_hz=30.0,
        failures={"corrupt": 3, "absent": 2},
    )


SNAPSHOT = Snapshot(
    1_000_000_000,
    "1.2.3",
    "web-cam-service",
    21000,
    (source("front"),),
    ROBOT,
    RequestsSnapshot(4, (AnswerCount("front", "OK", 6),), TIMES, TIMES),
    ProcessSnapshot(12.0, 1.5, 20, 50_000_000, 30),
    (LoopSnapshot("robot-session", True, 0.0, 60.0),),
    raises={"Image Capture Failure for front": 2},
)
