"""The tablet's live data of a scenario, beside what else shows the state of its cameras."""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from bosdyn.api import alerts_pb2
from bosdyn.api import data_acquisition_pb2 as api
from bosdyn.client.signals_helpers import get_data

from spot_webcam.app.web import WebOptions
from spot_webcam.domain.timing import NANOSECONDS
from spot_webcam.fakes.robot_access import sdk_robot
from spot_webcam.fakes.time.conducted import ConductedClock
from spot_webcam.tools.demo.environment import Environment, environment
from spot_webcam.tools.demo.scenario_file import parse

pytest.importorskip("starlette", reason="the page needs the extra http")

CAPABILITY = "web-cam-service-health_front"
STEP_S = 0.25
DEGRADED_S, AGAIN_GOOD_S = 4.0, 8.0
# A camera that fails is noticed within the staleness limit of 15 Hz, which is 1 s.
LIMIT_S = 1.0
SCENARIO = f"""
title = "A camera that degrades"
lasts = 14
[[camera]]
name = "front"
device = "synthetic:?size=320x240&fps=15&codec=mjpg"
[[event]]
at = {DEGRADED_S:g}
camera = "front"
does = "DOES"
for = {AGAIN_GOOD_S - DEGRADED_S:g}
"""


class Tablet:
    """What an operator sees: the signals of the camera, and the robot's faults."""

    def __init__(self, env: Environment, acquisition: Any) -> None:
        self._env = env
        self._acquisition = acquisition

    def signals(self) -> dict[str, Any]:
        request = api.LiveDataRequest(data_captures=[api.DataCapture(name=CAPABILITY)])
        [live] = self._acquisition.get_live_data(request).live_data
        return dict(live.signals)

    def is_alarmed(self) -> bool:
        """Whether the signals raise an alert of an error, as the API says."""
        delivers = self.signals()["delivers"]
        [alert] = delivers.signal_spec.alerts
        assert alert.alert_data.severity == alerts_pb2.AlertData.SEVERITY_LEVEL_ERROR
        return get_data(delivers.signal_data) is alert.condition

    def has_fault(self) -> bool:
        return any("front" in fault.fault_id.fault_name for fault in self._env.robot.faults())

    def is_slow(self) -> bool:
        """Whether the rate raises its alert."""
        rate = self.signals()["fps"]
        [alert] = rate.signal_spec.alerts
        return get_data(rate.signal_data) <= alert.min


Begin = Callable[[str], "tuple[Environment, Tablet]"]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Play a scenario with live data, on the conducted clock."""
    with ExitStack() as stack:

        def begin(does: str) -> tuple[Environment, Tablet]:
            scenario = parse("degrades", SCENARIO.replace("DOES", does))
            clock = ConductedClock(time.time_ns())
            env = stack.enter_context(
                environment(
                    scenario,
                    clock,
                    tmp_path,
                    fast=True,
                    seed=1,
                    live_data=True,
                    http=WebOptions("127.0.0.1", 0),
                )
            )
            user = stack.enter_context(sdk_robot(env.robot))
            user.authenticate(*next(iter(env.robot.users().items())))
            return env, Tablet(env, user.ensure_client("data-acquisition"))

        yield begin


def first(times: list[tuple[float, bool]], wanted: bool, after_s: float) -> float:
    return next(at_s for at_s, seen in times if at_s > after_s and seen is wanted)


def get(env: Environment, path: str) -> str:
    assert env.daemon.web is not None
    with urllib.request.urlopen(f"http://127.0.0.1:{env.daemon.web.port}{path}") as answer:
        text: str = answer.read().decode()
    return text


def web_state(env: Environment) -> str:
    """Return the state that the page shows of the camera."""
    [source] = json.loads(get(env, "/api/v1/status"))["sources"]
    return str(source["state"])


def metric_of_good(env: Environment) -> float:
    """Return the value of the metric of the state "good"."""
    name = 'spot_webcam_source_state{source="front",state="good"} '
    [line] = [line for line in get(env, "/metrics").splitlines() if line.startswith(name)]
    return float(line.removeprefix(name))


def every_step(env: Environment) -> Iterator[float]:
    """Let the scenario go on, and yield its time four times a second while the camera is open."""
    for step in range(1, int(13 / STEP_S)):
        due_ns = env.began_ns + round(step * STEP_S * NANOSECONDS)
        env.clock.wait(threading.Event(), (due_ns - env.clock.monotonic_ns()) / NANOSECONDS)
        if step * STEP_S >= 2:
            yield step * STEP_S


@pytest.mark.parametrize("does", ["unplug", "hang", "freeze", "garbage", "black"])
def test_signal_fault_metric_and_page_show_a_degraded_camera_within_the_same_second(
    begin: Begin, does: str
) -> None:
    env, tablet = begin(does)
    alarms: list[tuple[float, bool]] = []
    faults: list[tuple[float, bool]] = []
    for at_s in every_step(env):
        alarms.append((at_s, tablet.is_alarmed()))
        # At the same moment, as all are of one state.
        assert (web_state(env) != "good") is alarms[-1][1]
        assert metric_of_good(env) == float(not alarms[-1][1])
        faults.append((at_s, tablet.has_fault()))
    assert not any(seen for at_s, seen in alarms + faults if at_s < DEGRADED_S)
    alarm_s, fault_s = first(alarms, True, DEGRADED_S), first(faults, True, DEGRADED_S)
    assert max(alarm_s, fault_s) <= DEGRADED_S + LIMIT_S + 2 * STEP_S
    assert abs(alarm_s - fault_s) <= STEP_S
    # The fault is cleared a second later: it settles.
    good_s = first(alarms, False, AGAIN_GOOD_S - STEP_S)
    assert first(faults, False, good_s) - good_s <= 1.5
    assert not alarms[-1][1]
    assert not faults[-1][1]


def test_slow_camera_raises_an_alert_and_no_fault(begin: Begin) -> None:
    env, tablet = begin("slow=4")
    slow: list[tuple[float, bool]] = []
    for at_s in every_step(env):
        slow.append((at_s, tablet.is_slow()))
        assert not tablet.is_alarmed()
        assert not tablet.has_fault()
    assert not any(seen for at_s, seen in slow if at_s < DEGRADED_S)
    # By the mean of nine intervals.
    assert first(slow, True, DEGRADED_S) <= DEGRADED_S + 9 * 4 / 15
    assert not slow[-1][1]
