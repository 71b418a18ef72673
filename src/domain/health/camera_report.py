"""Camera report: what an operator is shown of one source's health."""

from dataclasses import dataclass

from spot_webcam.domain.health.picture_quality import PictureQuality


@dataclass(frozen=True, slots=True)
class CameraReport:
    """The health of one source at one moment. `None` is what is not known, or not measured.

    `delivers` is whether the source serves pictures; not known before the first one. `error` is why
    not, else empty. `nominal_rate_hz` is the rate that the camera reports. `age_s` is the time
    since its last picture; one older than `staleness_limit_s` is not served.
    """

    source_name: str
    state: str
    delivers: bool | None
    error: str
    rate_hz: float | None
    nominal_rate_hz: float | None
    age_s: float | None
    staleness_limit_s: float
    reconnects: int
    quality: PictureQuality | None
