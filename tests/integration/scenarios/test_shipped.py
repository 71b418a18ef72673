"""Shipped scenarios, played on the conducted clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.runner import run_scenario
from spot_webcam.tools.demo.scenario_file import find, parse, shipped

from .conftest import Play, Played

FirstPlay = Callable[[str], Played]
NAMES = [scenario.name for scenario in shipped()]


def test_required_scenarios_are_shipped() -> None:
    failures = {"unplug", "stall", "flap", "garbage", "crash", "robot-clock", "host-clock"}
    assert failures | {"reboot", "outage", "tokens", "hostile", "tour"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_everything_expected_is_observed(first_play: FirstPlay, name: str) -> None:
    played = first_play(name)
    assert not played.outcome.misses, played.explained()


@pytest.mark.parametrize("name", ["garbage", "reboot", "rival", "silence"])
def test_the_same_scenario_has_the_same_timeline(
    play: Play, first_play: FirstPlay, name: str
) -> None:
    assert play(find(name)).timeline == first_play(name).timeline


def test_another_seed_gives_another_timeline(play: Play, first_play: FirstPlay) -> None:
    assert play(find("reboot"), seed=2).timeline != first_play("reboot").timeline


SHORT = 'title = "One"\nlasts = 6\n[[camera]]\nname = "front"\n[[event]]\nat = 3\n'


@pytest.mark.parametrize(("fast", "died"), [(True, False), (False, True)])
def test_a_crash_ends_a_process_in_real_time_only(play: Play, fast: bool, died: bool) -> None:
    played = play(parse("one", f"{SHORT}camera = 'front'\ndoes = 'crash'\nfor = 1"), fast=fast)
    messages = {state.message for state in played.outcome.record.states("front")}
    assert any("died of SIGSEGV" in message for message in messages) is died, messages


def test_small_clock_step_forward_makes_no_picture_stale(play: Play) -> None:
    played = play(parse("one", f"{SHORT}host = 'clock'\nseconds = 5"), fast=False)
    late = [seen.sources["front"].status for seen in played.outcome.record.between(4.0, 6.0)]
    assert set(late) == {Status.OK}, played.explained()


def test_a_scenario_can_be_interrupted(tmp_path: Path) -> None:
    stopping = threading.Event()
    with pytest.raises(CouldNotRun, match="interrupted"):
        run_scenario(
            find("unplug"),
            tmp_path,
            fast=True,
            show=lambda _: stopping.set(),
            stopping=stopping,
        )
