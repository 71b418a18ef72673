"""What clients request, of whom, in which order, and for how long."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from bosdyn.api import image_pb2

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.bench import add_arguments
from spot_webcam.tools.bench.benchmark import QUICK, Settings, plan
from spot_webcam.tools.bench.loads import (
    BARE,
    BASELINE,
    COARSE,
    FINE,
    HELPER,
    LOADS,
    SERVE,
    all_calls,
)

NAMES = [f"camera{number}" for number in range(4)]


def _request(call: bytes) -> image_pb2.ImageRequest:
    [request] = image_pb2.GetImageRequest.FromString(call).image_requests
    return request


def test_eight_clients_request_one_jpeg_of_the_default_quality() -> None:
    plans = LOADS["jpeg"].plans(["camera0"])
    assert len(plans) == 8
    assert {client.calls for client in plans} == {plans[0].calls}
    assert {client.rate_hz for client in plans} == {0.0}
    request = _request(plans[0].calls[0])
    assert (request.image_source_name, request.quality_percent) == ("camera0", 75)


def test_clients_go_round_all_sources_each_from_another_one() -> None:
    plans = LOADS["memory"].plans(NAMES)
    for client in plans:
        assert sorted(_request(call).image_source_name for call in client.calls) == NAMES
    firsts = [_request(client.calls[0]).image_source_name for client in plans]
    assert sorted(firsts) == sorted(NAMES * 2)


def test_calls_are_the_same_bytes_each_time() -> None:
    # The bare server looks its answers up by them.
    for load in LOADS.values():
        assert load.calls(NAMES) == load.calls(NAMES)
    assert len(all_calls(list(LOADS.values()), ["camera0"])) == 4


def test_idle_source_has_no_clients_and_no_bare_server() -> None:
    idle = LOADS["idle"]
    assert idle.plans(["camera0"]) == []
    assert all_calls([idle], ["camera0"]) == []
    assert idle.contenders(has_baseline=True) == [SERVE, BASELINE, HELPER]


def test_contenders_alternate_and_another_one_is_first_in_each_round() -> None:
    settings = Settings.of(quick=False, rounds=3, only=["jpeg", "latency"])
    visits = plan(settings)
    assert [(visit.round, visit.contender) for visit in visits if visit.loads == ("jpeg",)] == [
        *((0, SERVE), (0, HELPER), (0, BARE)),
        *((1, HELPER), (1, BARE), (1, SERVE)),
        *((2, BARE), (2, SERVE), (2, HELPER)),
    ]
    assert len(visits) == 2 * 3 * 3


def test_baseline_is_measured_if_there_is_one() -> None:
    settings = Settings.of(quick=False, rounds=1, only=["idle"], baseline="/other/python")
    assert [visit.contender for visit in plan(settings)] == [SERVE, BASELINE, HELPER]


def test_quick_plan_starts_each_contender_once() -> None:
    visits = plan(QUICK)
    assert [visit.contender for visit in visits] == [SERVE, HELPER, BARE]
    assert visits[0].loads == tuple(LOADS)
    assert visits[2].loads == tuple(key for key, load in LOADS.items() if load.has_bare)


def test_one_camera_is_not_several_sources() -> None:
    settings = Settings.of(quick=False, device="/dev/video0")
    assert settings.loads == tuple(key for key in LOADS if key != "memory")
    with pytest.raises(CouldNotRun, match="several sources"):
        Settings.of(quick=False, device="/dev/video0", only=["memory"])


def test_flags_change_the_settings() -> None:
    assert Settings.of(quick=True) == QUICK
    changed = Settings.of(quick=False, rounds=7, seconds=0.5)
    assert (changed.rounds, changed.seconds, changed.warm_up_s) == (7, 0.5, Settings().warm_up_s)


@pytest.mark.parametrize(
    "words", [["--rounds", "0"], ["--rounds", "x"], ["--seconds", "-1"], ["--seconds", "nan"],
              ["--seconds", "x"], ["--only", "nothing"], ["--clip", "large"],
              ["--clip", "coarse", "--device", "/dev/video0"]],
)  # fmt: skip
def test_invalid_flags_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    assert words[0] in capsys.readouterr().err


def test_clip_is_chosen_by_name() -> None:
    assert Settings.of(quick=False).clip.name == FINE
    assert Settings.of(quick=True, clip=COARSE).clip == replace(QUICK.clip, name=COARSE)


def test_flags_are_parsed() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = parser.parse_args(["--rounds", "2", "--seconds", "1.5", "--json", "a.json"])
    assert (options.rounds, options.seconds, options.json) == (2, 1.5, Path("a.json"))
