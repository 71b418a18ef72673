"""Frame: a picture with its capture time and sequence number."""

from dataclasses import dataclass, field

from spot_webcam.domain.media.image import CaptureSettings, JpegPicture, Picture


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """A picture of one source: pixels, or the camera's own JPEG, not decoded.

    `captured_ns` is the host's wall clock, in nanoseconds since the Unix epoch. `monotonic_ns` is
    the same instant on the monotonic clock; ages are computed from it, because wall clocks are
    stepped. `sequence` counts the frames of the source from 1.
    """

    picture: Picture | JpegPicture
    sequence: int
    captured_ns: int
    monotonic_ns: int
    settings: CaptureSettings = field(default_factory=CaptureSettings)
