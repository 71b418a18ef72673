"""Every scenario that is shipped, as fast as the machine can."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from spot_webcam.app.command_line import CouldNotRun
from spot_webcam.app.demo.scenario.reading import find, shipped
from spot_webcam.app.demo.scenario.running import run

from .conftest import Play

NAMES = [scenario.name for scenario in shipped()]


def test_there_are_the_scenarios_that_were_asked_for() -> None:
    asked = {"unplug", "stall", "flap", "garbage", "crash", "reboot", "outage", "tokens", "hostile"}
    assert asked | {"robot-clock", "host-clock"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_what_must_be_seen_is_seen(play: Play, name: str) -> None:
    played = play(find(name))
    assert not played.outcome.misses, played.explained()


@pytest.mark.parametrize("name", ["garbage", "reboot", "rival", "silence"])
def test_the_same_scenario_has_the_same_timeline(play: Play, name: str) -> None:
    assert play(find(name)).timeline == play(find(name)).timeline


def test_another_seed_gives_another_timeline(play: Play) -> None:
    assert play(find("reboot")).timeline != play(find("reboot"), seed=2).timeline


def test_a_scenario_can_be_interrupted(tmp_path: Path) -> None:
    stopping = threading.Event()
    with pytest.raises(CouldNotRun, match="interrupted"):
        run(
            find("unplug"),
            tmp_path,
            fast=True,
            tell=lambda _: stopping.set(),
            stopping=stopping,
        )
