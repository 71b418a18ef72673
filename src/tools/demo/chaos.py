"""Random scenario: random events for a time, then a quiet time in which all must recover."""

import random
from collections.abc import Iterator

from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.expectations import (
    Expectation,
    FaultExpected,
    RegisteredExpected,
    StatusExpected,
    Window,
)
from spot_webcam.tools.demo.invariants import ROBOT_BACK_S
from spot_webcam.tools.demo.scenario import (
    CameraEvent,
    Event,
    HostClockEvent,
    HostileClientEvent,
    RobotAction,
    RobotEvent,
    RobotSetup,
    Scenario,
    ScenarioCamera,
)
from spot_webcam.tools.demo.scenario_file import MAX_AGE_S, with_script

# Quiet time after the last event, and the time within which a camera must recover.
QUIET_S = 30.0
CAMERA_BACK_S = 4.0
# A fault is cleared at most every ten seconds, and once the robot is back.
FAULTS_CLEARED_S = 28.0

_DEVICES = {
    "front": "synthetic:?size=320x240&fps=15&seed=1",
    "back": "synthetic:?size=320x240&fps=15&seed=2&codec=mjpg",
    "depth": "synthetic:?size=160x120&fps=10&seed=3&layout=depth16",
    "grey": "synthetic:?size=160x120&fps=20&seed=4&layout=grey8",
}
_FAILURES = (
    *("unplug", "fail", "hang", "crash", "freeze", "black", "corrupt", "slow=2"),
    *("resize=96x64", "busy", "forbidden", "absent"),
)
_JPEG_FAILURES = ("truncate", "garbage", "header", "pad", "tiny", "empty", "flip")
# Small steps go back: a small step forward rules out camera processes (see `environment`).
_CLOCK_STEPS_S = (-3600.0, -0.2, -5.0, 3600.0)
_REFUSED = ("fault", "directory-registration", "time-sync")


def chaos(seed: int, seconds: float) -> Scenario:
    """Return a scenario of random events, the same for the same seed, and a quiet time."""
    rng = random.Random(seed)  # noqa: S311 - reproducible
    events: list[Event] = [
        *(event for name in _DEVICES for event in _camera_events(rng, name, seconds)),
        *_robot_events(rng, seconds),
        *_other_events(rng, seconds),
    ]
    cameras = tuple(
        ScenarioCamera(name, with_script(device_name, name, events), MAX_AGE_S)
        for name, device_name in _DEVICES.items()
    )
    return Scenario(
        f"chaos-{seed}",
        f"Chaos of seed {seed}",
        f"Random events for {seconds:g} s, then none. In the end everything must have recovered.",
        seconds + QUIET_S,
        cameras,
        RobotSetup(),
        tuple(sorted(events, key=lambda event: event.at_s)),
        tuple(_expectations(seconds)),
    )


def _expectations(seconds: float) -> Iterator[Expectation]:
    end_s = seconds + QUIET_S
    yield RegisteredExpected(True, Window(seconds + ROBOT_BACK_S, end_s))
    for name in _DEVICES:
        yield StatusExpected(name, Status.OK, Window(seconds + CAMERA_BACK_S, end_s))
        for fault in (capture_fault(name, ""), decode_fault(name, "")):
            yield FaultExpected(fault.name, False, Window(seconds + FAULTS_CLEARED_S, end_s))


def _camera_events(rng: random.Random, name: str, seconds: float) -> Iterator[Event]:
    kinds = _FAILURES + (_JPEG_FAILURES if "mjpg" in _DEVICES[name] else ())
    if name == "depth":  # a depth picture may be 0 everywhere
        kinds = tuple(kind for kind in kinds if kind != "black")
    at_s = rng.uniform(1.0, 6.0)
    while at_s < seconds - 1.0:
        kind = rng.choice(kinds)
        for_s = round(min(rng.uniform(0.2, 8.0), seconds - at_s), 3)
        yield CameraEvent(round(at_s, 3), name, kind, for_s)
        at_s += for_s + rng.choice((0.3, 1.0, 4.0)) * rng.uniform(0.5, 2.0)


def _robot_events(rng: random.Random, seconds: float) -> Iterator[Event]:
    lasting = (
        (RobotAction.POWER_OFF, RobotAction.BOOT),
        (RobotAction.STOP_RESPONDING, RobotAction.RESUME),
        (RobotAction.REVOKE, RobotAction.AUTHORIZE),
        (RobotAction.REFUSE, RobotAction.ACCEPT),
        (RobotAction.FOREIGN_REGISTRATION, RobotAction.FOREIGN_END),
    )
    instant = (RobotAction.EXPIRE_TOKENS, RobotAction.REVOKE_TOKENS, RobotAction.SET_CLOCK)
    at_s = rng.uniform(2.0, 8.0)
    while at_s < seconds - 1.0:
        for_s = min(rng.uniform(0.5, 10.0), seconds - at_s)
        if rng.random() < 0.3:
            yield RobotEvent(round(at_s, 3), rng.choice(instant), rng.choice((-300.0, 90.0)))
        else:
            begin, end = rng.choice(lasting)
            service = rng.choice(_REFUSED) if begin is RobotAction.REFUSE else ""
            yield RobotEvent(round(at_s, 3), begin, service=service)
            yield RobotEvent(round(at_s + for_s, 3), end, service=service)
        at_s += for_s + rng.uniform(0.5, 8.0)


def _other_events(rng: random.Random, seconds: float) -> Iterator[Event]:
    for _ in range(int(seconds / 15)):
        yield HostClockEvent(round(rng.uniform(0.5, seconds), 3), rng.choice(_CLOCK_STEPS_S))
        yield HostileClientEvent(round(rng.uniform(0.5, seconds), 3))
