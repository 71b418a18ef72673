from prometheus_client.parser import text_string_to_metric_families

from spot_webcam.adapters.web.metrics import exposition
from spot_webcam.app.monitoring.metrics import metrics_of
from tests.unit.app.monitoring.snapshots import SNAPSHOT


def test_every_metric_is_exposed_as_its_kind() -> None:
    text = exposition(lambda: metrics_of(SNAPSHOT)).decode()
    families = {family.name: family for family in text_string_to_metric_families(text)}
    metrics = list(metrics_of(SNAPSHOT))
    assert {metric.name.removesuffix("_total"): metric.kind for metric in metrics} == {
        name: family.type for name, family in families.items()
    }


def test_samples_have_their_labels_and_values() -> None:
    text = exposition(lambda: metrics_of(SNAPSHOT)).decode()
    lines = text.splitlines()
    assert 'spot_webcam_source_age_seconds{source="front"} 0.25' in lines
    assert 'spot_webcam_answers_total{source="front",status="OK"} 6.0' in lines
    assert "spot_webcam_robot_registered 1.0" in lines


def test_buckets_of_a_histogram_are_cumulated() -> None:
    text = exposition(lambda: metrics_of(SNAPSHOT)).decode()
    samples = [line for line in text.splitlines() if "request_duration" in line and line[0] != "#"]
    assert samples == [
        'spot_webcam_request_duration_seconds_bucket{le="0.1"} 1.0',
        'spot_webcam_request_duration_seconds_bucket{le="1.0"} 3.0',
        'spot_webcam_request_duration_seconds_bucket{le="+Inf"} 6.0',
        "spot_webcam_request_duration_seconds_count 6.0",
        "spot_webcam_request_duration_seconds_sum 7.5",
    ]
