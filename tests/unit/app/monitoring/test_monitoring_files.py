"""The dashboard and the alert rules name only metrics, states and reasons that exist."""

import json
import re
from pathlib import Path

import pytest

from spot_webcam.app.capture.source_snapshot import SourceState
from spot_webcam.app.monitoring.metrics import metrics_of
from tests.unit.app.monitoring.snapshots import SNAPSHOT

FOLDER = Path(__file__).parents[4] / "docs" / "monitoring"
DASHBOARD, ALERTS = FOLDER / "grafana-dashboard.json", FOLDER / "alerts.yml"
METRICS = {metric.name: metric for metric in metrics_of(SNAPSHOT)}
SERIES = {
    f"{name}{suffix}": name
    for name, metric in METRICS.items()
    for suffix in (("_bucket", "_count", "_sum") if metric.kind == "histogram" else ("",))
}
# Those of Prometheus itself.
OWN_LABELS = {"instance", "job", "le"}
ALERTS_OF_THE_ISSUE = {
    "SpotWebcamCameraStalled",
    "SpotWebcamRobotAway",
    "SpotWebcamAgeAboveLimit",
    "SpotWebcamDamagedPictures",
}


def expressions() -> list[str]:
    dashboard = json.loads(DASHBOARD.read_text())
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    found += [one["query"] for one in dashboard["templating"]["list"] if one["type"] == "query"]
    rules = re.split(r"\n +- alert: ", ALERTS.read_text())[1:]
    for rule in rules:
        expression = re.search(r"expr: (?:>-)?(.*?)\n +(?:for|labels):", rule, re.DOTALL)
        assert expression, rule
        found.append(expression[1])
    return found


def test_every_metric_that_is_named_exists() -> None:
    named = {name for text in expressions() for name in re.findall(r"spot_webcam_\w+", text)}
    assert len(named) > 15
    assert named <= SERIES.keys()


@pytest.mark.parametrize("text", expressions())
def test_every_label_that_is_named_exists(text: str) -> None:
    for name, labels in re.findall(r"(spot_webcam_\w+)\{([^}]*)\}", text):
        named = set(re.findall(r"(\w+)=~?\"", labels))
        assert named <= {*METRICS[SERIES[name]].labels, *OWN_LABELS}, text
    states = re.findall(r'state="(\w+)"', text)
    assert set(states) <= {state.value for state in SourceState}
    reasons = [
        one for group in re.findall(r'reason=~?"([\w|]+)"', text) for one in group.split("|")
    ]
    known = {labels[1] for labels, _ in METRICS["spot_webcam_source_frames_dropped_total"].samples}
    assert set(reasons) <= known


def test_counters_are_used_as_rates() -> None:
    for text in expressions():
        for name in re.findall(r"spot_webcam_\w+_(?:total|bucket)", text):
            assert re.search(rf"(rate|increase)\({name}", text), text


def test_alerts_say_what_to_do() -> None:
    text = ALERTS.read_text()
    names = set(re.findall(r"- alert: (\w+)", text))
    assert names >= ALERTS_OF_THE_ISSUE
    assert text.count("summary: ") == text.count("description: ") == len(names)


def test_panels_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= 24
        taken |= cells
