"""What clients ask for, of whom, and for how long."""

import argparse
import itertools
from pathlib import Path

import pytest
from bosdyn.api import image_pb2

from spot_webcam.tools.bench import add_arguments
from spot_webcam.tools.bench.client import looked_into
from spot_webcam.tools.bench.crowd import Takings
from spot_webcam.tools.bench.keys import IDLE_RAW, JPEG, KEYS, MEMORY, MIXED, PACED, SCALING
from spot_webcam.tools.bench.measures import FLOOR, Measure, measures
from spot_webcam.tools.bench.memory import larger, memory_mib
from spot_webcam.tools.bench.scene import Scene, SourceKind
from spot_webcam.tools.bench.settings import FULL, QUICK, settings_of
from spot_webcam.tools.bench.usage import cpu_s


def _measure(key: str) -> Measure:
    [found] = [one for one in measures(FULL) if one.key == key]
    return found


def _asked(data: bytes) -> image_pb2.ImageRequest:
    [request] = image_pb2.GetImageRequest.FromString(data).image_requests
    return request


def test_eight_clients_ask_for_one_jpeg() -> None:
    tasks = _measure(JPEG).tasks(["camera0"], jitter_s=0.01)
    assert len(tasks) == 8
    assert {task.requests for task in tasks} == {tasks[0].requests}
    # Without a pace, moments cannot be jittered.
    assert {(task.rate_hz, task.jitter_s) for task in tasks} == {(0.0, 0.0)}
    request = _asked(tasks[0].requests[0])
    assert (request.image_source_name, request.quality_percent) == ("camera0", 75)


def test_a_mixed_crowd_asks_for_twelve_kinds_each_client_in_its_own_order() -> None:
    tasks = _measure(MIXED).tasks(["camera0"], jitter_s=0.0)
    kinds = {
        (one.quality_percent, one.pixel_format, one.resize_ratio)
        for one in map(_asked, tasks[0].requests)
    }
    assert len(kinds) == 12
    assert len({task.requests for task in tasks}) == 8
    for task in tasks:
        assert set(task.requests) == _measure(MIXED).requests(["camera0"])


def test_paced_clients_are_out_of_step_with_the_camera() -> None:
    assert {task.jitter_s for task in _measure(PACED).tasks(["camera0"], 0.01)} == {0.01}


def test_clients_go_round_all_sources() -> None:
    names = [f"camera{number}" for number in range(4)]
    tasks = _measure(MEMORY).tasks(names, jitter_s=0.0)
    for task in tasks:
        assert sorted(_asked(one).image_source_name for one in task.requests) == names
    firsts = [_asked(task.requests[0]).image_source_name for task in tasks]
    assert all(len(list(group)) == 2 for _, group in itertools.groupby(sorted(firsts)))


def test_requests_are_the_same_bytes_each_time() -> None:
    # The floor looks its answers up by them.
    measure = _measure(MIXED)
    assert measure.requests(["camera0"]) == measure.requests(["camera0"])


def test_an_idle_source_has_no_clients() -> None:
    idle = _measure(IDLE_RAW)
    assert idle.tasks(["camera0"], 0.0) == []
    assert FLOOR not in idle.contenders


def test_scaling_is_a_grid() -> None:
    grid = [one for one in measures(FULL) if one.key.startswith(SCALING)]
    assert len(grid) == 12
    assert {(one.sources, one.clients) for one in grid} == set(
        itertools.product((1, 2, 4, 8), (1, 8, 32))
    )


def test_everything_is_measured_unless_told_otherwise() -> None:
    assert {one.key.partition("-")[0] for one in measures(FULL)} == {
        key.partition("-")[0] for key in KEYS
    }
    assert [one.key for one in measures(settings_of(quick=False, only=[PACED, JPEG]))] == [
        JPEG,
        PACED,
    ]


def test_with_one_camera_nothing_is_measured_that_needs_more() -> None:
    keys = {one.key for one in measures(settings_of(quick=False, device="/dev/video0"))}
    assert JPEG in keys
    assert MEMORY not in keys
    assert not [key for key in keys if key.startswith(SCALING)]


def test_flags_change_what_the_settings_say() -> None:
    assert settings_of(quick=True) == QUICK
    changed = settings_of(quick=False, rounds=5, seconds=0.5)
    assert (changed.rounds, changed.seconds, changed.warm_s) == (5, 0.5, FULL.warm_s)


@pytest.mark.parametrize(
    "words", [["--rounds", "0"], ["--rounds", "x"], ["--seconds", "-1"], ["--seconds", "nan"],
              ["--seconds", "x"], ["--only", "nothing"]],
)  # fmt: skip
def test_senseless_flags_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(words)
    assert words[0] in capsys.readouterr().err


def test_flags_are_taken() -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    options = parser.parse_args(["--rounds", "2", "--seconds", "1.5", "--json", "a.json"])
    assert (options.rounds, options.seconds, options.json) == (2, 1.5, Path("a.json"))


def test_a_scene_survives_the_command_line() -> None:
    scene = Scene(SourceKind.MJPEG, "/a folder", 3)
    assert Scene.from_json(scene.to_json()) == scene
    assert scene.names == ["camera0", "camera1", "camera2"]


def test_takings_become_figures() -> None:
    takings = Takings(4, 4000, 1, "why", [1.0, 2.0, 3.0, 4.0], [10.0, 20.0])
    assert takings.values(seconds=2.0) == {
        "pictures_per_s": 2.0,
        "failures": 1,
        "kilobytes_per_picture": 1.0,
        "latency_p50_ms": 2.5,
        "latency_p99_ms": 4.0,
        "age_p50_ms": 15.0,
        "age_p99_ms": 20.0,
    }


def test_no_pictures_have_no_latency() -> None:
    assert Takings(0, 0, 3, "why", [], []).values(1.0) == {"pictures_per_s": 0.0, "failures": 3}


def test_an_answer_tells_its_age_or_why_it_has_none() -> None:
    response = image_pb2.GetImageResponse()
    assert looked_into(response.SerializeToString(), 0)[1] == "an answer without a picture"
    one = response.image_responses.add(status=image_pb2.ImageResponse.STATUS_OK)
    one.shot.acquisition_time.seconds = 1
    assert looked_into(response.SerializeToString(), 1_250_000_000) == (250.0, "")
    one.status = image_pb2.ImageResponse.STATUS_IMAGE_DATA_ERROR
    response.header.error.message = "it is gone"
    assert looked_into(response.SerializeToString(), 0) == (
        None,
        "STATUS_IMAGE_DATA_ERROR it is gone",
    )


def test_memory_of_no_process_is_not_told() -> None:
    assert memory_mib(0) == {}
    assert larger({"a": 1.0}, {"a": 2.0, "b": 3.0}) == {"a": 2.0, "b": 3.0}


def test_cpu_seconds_never_run_back() -> None:
    assert 0 < cpu_s() <= cpu_s()
