import re
from dataclasses import replace

from spot_webcam.app.capture.source_snapshot import SourceState
from spot_webcam.app.monitoring.metrics import metrics_of
from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from tests.unit.app.monitoring.snapshots import SNAPSHOT, TIMES, source


def samples(name: str) -> object:
    [metric] = [one for one in metrics_of(SNAPSHOT) if one.name == f"spot_webcam_{name}"]
    return dict(metric.samples)


def test_names_are_those_of_the_conventions() -> None:
    metrics = list(metrics_of(SNAPSHOT))
    names = [metric.name for metric in metrics]
    assert len(names) == len(set(names))
    for metric in metrics:
        assert re.fullmatch(r"spot_webcam_[a-z_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert not re.search(r"_(ms|milliseconds|percent|kb|mb|minutes)(_|$)", metric.name)
        assert metric.help.endswith(".")
        assert all(len(labels) == len(metric.labels) for labels, _ in metric.samples)


def test_labels_are_bounded() -> None:
    bounded = {"source", "state", "reason", "status", "loop", "version"}
    assert {label for metric in metrics_of(SNAPSHOT) for label in metric.labels} == bounded


def test_values_are_those_of_the_snapshot() -> None:
    assert samples("source_age_seconds") == {("front",): 0.25}
    assert samples("source_failures_total") == {("front", "corrupt"): 3, ("front", "absent"): 2}
    assert samples("answers_total") == {("front", "OK"): 6}
    assert samples("request_duration_seconds") == {(): TIMES}
    assert samples("robot_registered") == {(): 1}
    assert samples("configuration_refused") == {(): 0}
    assert samples("faults_raised_total") == {(): 2}
    dropped = samples("source_frames_dropped_total")
    assert isinstance(dropped, dict)
    assert dropped["front", "corrupt"] == 3
    states = samples("source_state")
    assert isinstance(states, dict)
    assert [labels for labels, value in states.items() if value] == [("front", "good")]


def test_names_do_not_depend_on_the_state() -> None:
    unknown = replace(source("rear", SourceState.STARTING), age_s=None, rate_hz=None, failures={})
    poor = replace(
        SNAPSHOT,
        sources=(unknown,),
        robot=SessionSnapshot("connect", connected=False, registered=False),
        loops=(),
        configuration_error="spot-webcam.toml:3: wrong",
    )
    assert [one.name for one in metrics_of(poor)] == [one.name for one in metrics_of(SNAPSHOT)]
    by_name = {metric.name: metric for metric in metrics_of(poor)}
    assert by_name["spot_webcam_configuration_refused"].samples == (((), 1.0),)
    assert by_name["spot_webcam_source_age_seconds"].samples == ()
    assert by_name["spot_webcam_robot_clock_skew_seconds"].samples == ()
