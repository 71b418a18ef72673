from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from bosdyn.api import alerts_pb2, signals_pb2
from bosdyn.client.signals_helpers import get_data

from spot_webcam.adapters.bosdyn.plugin.signals import metadata_of, signals_of
from spot_webcam.domain.health.camera_report import CameraReport
from spot_webcam.domain.health.picture_quality import PictureQuality

GOOD = CameraReport(
    "front",
    "good",
    delivers=True,
    error="",
    rate_hz=29.5,
    nominal_rate_hz=30.0,
    age_s=0.03,
    staleness_limit_s=1.0,
    reconnects=2,
    quality=PictureQuality(sharpness=350.0, brightness=0.5),
)
FAILED = replace(
    GOOD,
    state="failed",
    delivers=False,
    error="no such device",
    rate_hz=0.4,
    age_s=4.0,
    quality=None,
)
UNKNOWN = replace(
    GOOD, state="starting", delivers=None, rate_hz=None, age_s=None, reconnects=0, quality=None
)


def values(report: CameraReport) -> dict[str, Any]:
    return {name: get_data(signal.signal_data) for name, signal in signals_of(report).items()}


def alerts(report: CameraReport) -> dict[str, int]:
    """Return the titles and severities of the alerts whose condition is met, as the API says."""
    found = {}
    for signal in signals_of(report).values():
        value = get_data(signal.signal_data)
        for alert in signal.signal_spec.alerts:
            limit = getattr(alert, alert.WhichOneof("type"))
            is_met = {
                "min": lambda value=value, limit=limit: value <= limit,
                "max": lambda value=value, limit=limit: value >= limit,
                "condition": lambda value=value, limit=limit: value is limit,
            }[alert.WhichOneof("type")]()
            if is_met:
                assert alert.alert_data.source == "front"
                found[alert.alert_data.title] = alert.alert_data.severity
    return found


def with_quality(sharpness: float = 350.0, brightness: float = 0.5) -> CameraReport:
    return replace(GOOD, quality=PictureQuality(sharpness, brightness))


def test_good_camera_shows_its_values_and_no_alert() -> None:
    assert values(GOOD) == {
        "state": "good",
        "delivers": True,
        "fps": 29.5,
        "age": 0.03,
        "sharpness": 350.0,
        "brightness": 50.0,
        "reconnects": 2,
    }
    assert alerts(GOOD) == {}


def test_signals_have_names_units_and_an_order() -> None:
    specs = {name: signal.signal_spec for name, signal in signals_of(GOOD).items()}
    units = {name: spec.sensor.units.name for name, spec in specs.items()}
    assert units == {
        "state": "",
        "delivers": "",
        "fps": "Hz",
        "age": "s",
        "sharpness": "",
        "brightness": "%",
        "reconnects": "",
    }
    assert [spec.info.order for spec in specs.values()] == [1, 2, 3, 4, 5, 6, 7]
    assert all(spec.info.name and "front" in spec.info.description for spec in specs.values())


@pytest.mark.skipif(
    "data_type" not in signals_pb2.SignalSpec.DESCRIPTOR.fields_by_name,
    reason="this bosdyn-api has no data types",
)
def test_signals_have_their_data_types() -> None:
    spec = signals_pb2.SignalSpec
    types = {name: signal.signal_spec.data_type for name, signal in signals_of(GOOD).items()}
    assert (types["state"], types["delivers"]) == (spec.DATA_TYPE_STRING, spec.DATA_TYPE_BOOL)
    assert (types["fps"], types["reconnects"]) == (spec.DATA_TYPE_DOUBLE, spec.DATA_TYPE_INT)


def test_what_is_not_known_is_no_signal() -> None:
    assert values(UNKNOWN) == {"state": "starting", "reconnects": 0}
    assert alerts(UNKNOWN) == {}


def test_failed_camera_raises_alerts_that_say_why() -> None:
    error, warn = (
        alerts_pb2.AlertData.SEVERITY_LEVEL_ERROR,
        alerts_pb2.AlertData.SEVERITY_LEVEL_WARN,
    )
    assert values(FAILED)["state"] == "failed: no such device"
    assert alerts(FAILED) == {
        "front: no such device": error,
        "front delivers no new picture": error,
        "front is slow: is it dark, or too much for its bus or network?": warn,
    }


@pytest.mark.parametrize(
    ("report", "words"),
    [
        (replace(GOOD, rate_hz=15.0), "slow"),
        (replace(GOOD, age_s=1.0), "no new picture"),
        (with_quality(sharpness=5.0), "little detail"),
        (with_quality(brightness=0.04), "nearly black"),
        (with_quality(brightness=0.96), "nearly white"),
    ],
)
def test_each_limit_raises_its_alert(report: CameraReport, words: str) -> None:
    [title] = alerts(report)
    assert words in title


@pytest.mark.parametrize(
    "report",
    [
        replace(GOOD, rate_hz=15.1),
        replace(GOOD, rate_hz=0.1, nominal_rate_hz=None),
        replace(GOOD, age_s=0.99),
        with_quality(sharpness=5.1, brightness=0.05),
        with_quality(brightness=0.95),
    ],
)
def test_values_within_the_limits_raise_none(report: CameraReport) -> None:
    assert alerts(report) == {}


def test_metadata_have_units_in_their_names() -> None:
    assert metadata_of(GOOD) == {
        "source": "front",
        "state": "good",
        "fps_hz": 29.5,
        "age_s": 0.03,
        "staleness_limit_s": 1.0,
        "reconnects": 2,
        "sharpness": 350.0,
        "brightness_percent": 50.0,
    }


def test_metadata_of_a_failed_camera_say_why() -> None:
    metadata = metadata_of(FAILED)
    assert (metadata["state"], metadata["error"]) == ("failed", "no such device")
    assert "sharpness" not in metadata
    assert metadata_of(UNKNOWN)["reconnects"] == 0
