"""Camera reports: the health of each source, for the operator's tablet."""

import math
from collections.abc import Iterable
from typing import Protocol

from spot_webcam.app.capture.source_snapshot import SourceSnapshot, SourceState
from spot_webcam.app.monitoring.picture_meter import MeteredSource, PictureMeter
from spot_webcam.domain.health.camera_report import CameraReport
from spot_webcam.domain.health.picture_quality import PictureQuality
from spot_webcam.domain.sources.modes import CameraMode


class ReportedSource(MeteredSource, Protocol):
    """A source, such as `CameraSource`."""

    def snapshot(self) -> SourceSnapshot:
        """Return its state; never blocks."""
        ...


class CameraReports:
    """Reports on the sources of a daemon, at the moment of the question. Thread-safe."""

    def __init__(self, sources: Iterable[ReportedSource], meter: PictureMeter) -> None:
        """`sources` may change."""
        self._sources = sources
        self._meter = meter

    def source_names(self) -> list[str]:
        """Return the names of the sources at present."""
        return [source.name for source in self._sources]

    def report(self, source_name: str) -> CameraReport | None:
        """Return the health of a source now; `None` if there is no such source."""
        for source in self._sources:
            if source.name == source_name:
                return self._report(source)
        return None

    def _report(self, source: ReportedSource) -> CameraReport:
        seen = source.snapshot()
        return CameraReport(
            seen.name,
            seen.state.value,
            None if seen.state is SourceState.STARTING else not seen.error,
            seen.error,
            seen.rate_hz,
            _nominal_hz(seen.mode),
            # On demand it is the clients' business when there are pictures.
            None if seen.on_demand else seen.age_s,
            seen.staleness_limit_s,
            seen.reconnects,
            self._quality(source, seen),
        )

    def _quality(self, source: ReportedSource, seen: SourceSnapshot) -> PictureQuality | None:
        """Return the quality of a picture that shows what is there now.

        One that is not served any more does not; but an idle source retrieves one a period.
        """
        max_age_s = seen.staleness_limit_s + self._meter.period_s
        if seen.error or seen.picture is None or seen.picture.age_s > max_age_s:
            return None
        return self._meter.quality(source)


def _nominal_hz(mode: CameraMode | None) -> float | None:
    """Return the rate that a camera reports, if it is a number: cameras are other people's, too."""
    rate_hz = None if mode is None else mode.fps
    return rate_hz if rate_hz is not None and 0 < rate_hz < math.inf else None
