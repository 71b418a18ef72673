"""A scenario of chance: anything may happen to anyone, and then nothing more does."""

import random
from collections.abc import Iterator

from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.scenario.expectations import (
    Expectation,
    FaultExpected,
    RegisteredExpected,
    StatusExpected,
    Window,
)
from spot_webcam.tools.demo.scenario.invariants import ROBOT_BACK_S
from spot_webcam.tools.demo.scenario.reading import MAX_AGE_S, with_script
from spot_webcam.tools.demo.scenario.values import (
    CameraEvent,
    CameraPart,
    ClientEvent,
    Event,
    HostEvent,
    RobotDoes,
    RobotEvent,
    RobotPart,
    Scenario,
)

# After the last event: what may still be bad then, and when it must be good.
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
_BEFALLS_ANY = (
    *("unplug", "fail", "hang", "crash", "freeze", "black", "corrupt", "slow=2"),
    *("resize=96x64", "busy", "forbidden", "absent"),
)
_BEFALLS_JPEG = ("truncate", "garbage", "header", "pad", "tiny", "empty", "flip")
# Small ones go back: forward, cameras could not have processes of their own (see `stage`).
_CLOCK_STEPS_S = (-3600.0, -0.2, -5.0, 3600.0)
_REFUSED = ("fault", "directory-registration", "time-sync")


def chaos(seed: int, seconds: float) -> Scenario:
    """Return so many seconds of random events, the same for the same seed, and a quiet time."""
    rng = random.Random(seed)  # noqa: S311 - to be repeated
    events: list[Event] = [
        *(event for name in _DEVICES for event in _camera_events(rng, name, seconds)),
        *_robot_events(rng, seconds),
        *_other_events(rng, seconds),
    ]
    cameras = tuple(
        CameraPart(name, with_script(device_name, name, events), MAX_AGE_S)
        for name, device_name in _DEVICES.items()
    )
    return Scenario(
        f"chaos-{seed}",
        f"Chaos of seed {seed}",
        f"Anything may happen for {seconds:g} s. Then nothing more does, and all must be well.",
        seconds + QUIET_S,
        cameras,
        RobotPart(),
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
    kinds = _BEFALLS_ANY + (_BEFALLS_JPEG if "mjpg" in _DEVICES[name] else ())
    if name == "depth":  # all of a depth picture may be 0
        kinds = tuple(kind for kind in kinds if kind != "black")
    at_s = rng.uniform(1.0, 6.0)
    while at_s < seconds - 1.0:
        kind = rng.choice(kinds)
        for_s = round(min(rng.uniform(0.2, 8.0), seconds - at_s), 3)
        yield CameraEvent(round(at_s, 3), name, kind, for_s)
        at_s += for_s + rng.choice((0.3, 1.0, 4.0)) * rng.uniform(0.5, 2.0)


def _robot_events(rng: random.Random, seconds: float) -> Iterator[Event]:
    spells = (
        (RobotDoes.POWER_OFF, RobotDoes.BOOT),
        (RobotDoes.FALL_SILENT, RobotDoes.SPEAK),
        (RobotDoes.REVOKE, RobotDoes.AUTHORIZE),
        (RobotDoes.REFUSE, RobotDoes.ACCEPT),
        (RobotDoes.FOREIGN_REGISTRATION, RobotDoes.FOREIGN_END),
    )
    moments = (RobotDoes.EXPIRE_TOKENS, RobotDoes.REVOKE_TOKENS, RobotDoes.SET_CLOCK)
    at_s = rng.uniform(2.0, 8.0)
    while at_s < seconds - 1.0:
        for_s = min(rng.uniform(0.5, 10.0), seconds - at_s)
        if rng.random() < 0.3:
            yield RobotEvent(round(at_s, 3), rng.choice(moments), rng.choice((-300.0, 90.0)))
        else:
            begin, end = rng.choice(spells)
            service = rng.choice(_REFUSED) if begin is RobotDoes.REFUSE else ""
            yield RobotEvent(round(at_s, 3), begin, service=service)
            yield RobotEvent(round(at_s + for_s, 3), end, service=service)
        at_s += for_s + rng.uniform(0.5, 8.0)


def _other_events(rng: random.Random, seconds: float) -> Iterator[Event]:
    for _ in range(int(seconds / 15)):
        yield HostEvent(round(rng.uniform(0.5, seconds), 3), rng.choice(_CLOCK_STEPS_S))
        yield ClientEvent(round(rng.uniform(0.5, seconds), 3))
