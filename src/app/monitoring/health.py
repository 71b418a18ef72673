"""Health: whether the daemon turns, and whether it serves, with the reasons why not."""

from collections.abc import Iterable

from spot_webcam.app.capture.source_snapshot import SourceSnapshot, SourceState
from spot_webcam.app.monitoring.snapshot import LoopSnapshot, Snapshot


def not_alive(loops: Iterable[LoopSnapshot]) -> list[str]:
    """Return why the process should be restarted; empty if its threads turn."""
    reasons = []
    for loop in loops:
        if not loop.is_alive:
            reasons.append(f"the thread {loop.name} has ended")
        elif loop.step_s > loop.max_step_s:
            reasons.append(f"the thread {loop.name} has hung for {loop.step_s:.0f} s")
    return reasons


def not_ready(snapshot: Snapshot) -> list[str]:
    """Return why clients of the robot get no picture; empty if they get one of some source."""
    reasons = not_alive(snapshot.loops)
    robot = snapshot.robot
    if not robot.registered:
        why = robot.error or f"the next step is to {robot.state}"
        reasons.append(f"not registered with the robot: {why}")
    if not any(source.state is SourceState.GOOD for source in snapshot.sources):
        if not snapshot.sources:
            reasons.append("there is no source")
        reasons += map(in_words, snapshot.sources)
    return reasons


def in_words(source: SourceSnapshot) -> str:
    """Return the state of a source, and why it serves no picture if it does not."""
    return f"{source.name} is {source.state.value}" + (f": {source.error}" if source.error else "")
