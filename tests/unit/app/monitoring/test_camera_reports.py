from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from spot_webcam.app.capture.source_snapshot import PictureSnapshot, SourceSnapshot, SourceState
from spot_webcam.app.monitoring.camera_reports import CameraReports
from spot_webcam.domain.health.camera_report import CameraReport
from spot_webcam.domain.health.picture_quality import PictureQuality
from spot_webcam.domain.media.image import CaptureSettings, Layout
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.modes import CameraMode

QUALITY = PictureQuality(300.0, 0.5)
GOOD = SourceSnapshot(
    "front",
    SourceState.GOOD,
    ImageSource("front", Layout.BGR8),
    staleness_limit_s=1.0,
    mode=CameraMode(640, 480, Layout.BGR8, fps=30.0),
    rate_hz=29.0,
    age_s=0.1,
    picture=PictureSnapshot(7, 0.9, 1000, CaptureSettings()),
    reconnects=2,
)


@dataclass
class Source:
    """A source of which the test sets the snapshot."""

    seen: SourceSnapshot = GOOD
    newest: None = None

    @property
    def name(self) -> str:
        return self.seen.name

    def snapshot(self) -> SourceSnapshot:
        return self.seen


@dataclass
class Meter:
    """A meter that records what it measures."""

    period_s: float = 1.0
    measured: list[str] = field(default_factory=list)

    def quality(self, source: Source) -> PictureQuality:
        self.measured.append(source.name)
        return QUALITY


@pytest.fixture
def meter() -> Meter:
    return Meter()


def report_of(seen: SourceSnapshot, meter: Any) -> CameraReport:
    report = CameraReports([Source(seen)], meter).report("front")  # type: ignore[list-item]
    assert report is not None
    return report


def test_report_is_what_the_snapshot_shows(meter: Meter) -> None:
    assert report_of(GOOD, meter) == CameraReport(
        "front",
        "good",
        delivers=True,
        error="",
        rate_hz=29.0,
        nominal_rate_hz=30.0,
        age_s=0.1,
        staleness_limit_s=1.0,
        reconnects=2,
        quality=QUALITY,
    )


def test_only_the_source_that_is_asked_for_is_measured(meter: Any) -> None:
    sources: list[Any] = [Source(), Source(replace(GOOD, name="back"))]
    reports = CameraReports(sources, meter)
    assert reports.source_names() == ["front", "back"]
    assert reports.report("back") is not None
    assert reports.report("side") is None
    assert meter.measured == ["back"]


@pytest.mark.parametrize(
    ("state", "error", "delivers"),
    [
        (SourceState.STARTING, "", None),
        (SourceState.GOOD, "", True),
        (SourceState.FAILED, "absent", False),
    ],
)
def test_source_that_is_starting_may_deliver(
    meter: Meter, state: SourceState, error: str, delivers: bool | None
) -> None:
    assert report_of(replace(GOOD, state=state, error=error), meter).delivers is delivers


def test_camera_that_was_not_opened_has_no_nominal_rate(meter: Meter) -> None:
    assert report_of(replace(GOOD, mode=None), meter).nominal_rate_hz is None


@pytest.mark.parametrize("fps", [None, 0.0, -1.0, float("nan"), float("inf")])
def test_rate_that_is_no_number_is_no_nominal_rate(meter: Meter, fps: float | None) -> None:
    mode = CameraMode(640, 480, Layout.BGR8, fps=fps)
    assert report_of(replace(GOOD, mode=mode), meter).nominal_rate_hz is None


def test_picture_on_demand_has_no_age(meter: Meter) -> None:
    assert report_of(replace(GOOD, on_demand=True), meter).age_s is None


@pytest.mark.parametrize(
    "seen",
    [
        replace(GOOD, state=SourceState.FROZEN, error="stalled"),
        replace(GOOD, picture=None),
        replace(GOOD, picture=PictureSnapshot(7, 2.1, 1000, CaptureSettings())),
    ],
)
def test_old_picture_shows_no_quality(meter: Meter, seen: SourceSnapshot) -> None:
    assert report_of(seen, meter).quality is None
    assert meter.measured == []


def test_picture_of_an_idle_source_is_not_too_old(meter: Meter) -> None:
    idle = replace(GOOD, picture=PictureSnapshot(7, 1.9, 1000, CaptureSettings()))
    assert report_of(idle, meter).quality == QUALITY
