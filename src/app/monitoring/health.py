"""Health: whether the daemon turns, and whether it serves, with the reasons why not."""

from spot_webcam.app.capture.source_snapshot import SourceState
from spot_webcam.app.monitoring.snapshot import Snapshot

# A step of the robot session is at most some calls to the robot of 3 s each, and a time sync of 25
# round trips. A camera's, too, has bounds of at most 30 s, unless its driver hangs in this process,
# which only a restart ends. The others take milliseconds.
MAX_STEP_S = 60.0


def not_alive(snapshot: Snapshot) -> list[str]:
    """Return why the process should be restarted; empty if its threads turn."""
    reasons = []
    for loop in snapshot.loops:
        if not loop.is_alive:
            reasons.append(f"the thread {loop.name} has ended")
        elif loop.step_s > MAX_STEP_S:
            reasons.append(f"the thread {loop.name} has hung for {loop.step_s:.0f} s")
    return reasons


def not_ready(snapshot: Snapshot) -> list[str]:
    """Return why clients of the robot get no picture; empty if they get one of some source."""
    reasons = not_alive(snapshot)
    robot = snapshot.robot
    if not robot.registered:
        why = robot.error or f"the next step is to {robot.state}"
        reasons.append(f"not registered with the robot: {why}")
    if not any(source.state is SourceState.GOOD for source in snapshot.sources):
        if not snapshot.sources:
            reasons.append("there is no source")
        reasons += [
            f"{source.name} is {source.state.value}" + (f": {source.error}" if source.error else "")
            for source in snapshot.sources
        ]
    return reasons
