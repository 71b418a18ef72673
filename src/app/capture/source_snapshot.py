"""Snapshot of one source: its state at one moment, as frozen values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from spot_webcam.app.capture.frame_tally import FrameCounts, picture_bytes
from spot_webcam.app.capture.health import CameraHealth
from spot_webcam.app.capture.intake import FrameIntake
from spot_webcam.domain.errors import CameraError, CorruptFrame, StaleFrame
from spot_webcam.domain.frames.frame_store import StoredFrame
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.media.image import CaptureSettings
from spot_webcam.domain.sources.description import ImageSource
from spot_webcam.domain.sources.modes import CameraMode
from spot_webcam.domain.timing import NANOSECONDS


class SourceState(Enum):
    """Whether a source serves pictures, and if not, what kind of failure keeps it from that."""

    STARTING = "starting"
    GOOD = "good"
    # The camera delivers no new picture.
    FROZEN = "frozen"
    # It delivers pictures that are damaged or black.
    DAMAGED = "damaged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class LastError:
    """The last failure of a camera, also after it has recovered; `age_s` seconds ago."""

    reason: str
    message: str
    age_s: float


@dataclass(frozen=True, slots=True)
class PictureSnapshot:
    """The newest picture that was retrieved: an idle source retrieves one a second.

    `sequence` counts the frames of the source from 1; `bytes` is the size as delivered.
    """

    sequence: int
    age_s: float
    bytes: int
    settings: CaptureSettings


@dataclass(frozen=True, slots=True)
class SourceSnapshot:
    """A source at one moment.

    `error` is why it serves no picture now, empty if it does. `rate_hz` is measured over the last
    pictures, and falls while none comes; `None` if it is not known. `age_s` is the time since the
    camera's last picture, retrieved or not; `None` before the first. A picture that is older than
    `staleness_limit_s` is not served.
    """

    name: str
    state: SourceState
    description: ImageSource
    # Whether the description is the camera's own, and not only presumed.
    has_opened: bool = False
    on_demand: bool = False
    staleness_limit_s: float = 0.0
    error: str = ""
    last_error: LastError | None = None
    mode: CameraMode | None = None
    rate_hz: float | None = None
    age_s: float | None = None
    picture: PictureSnapshot | None = None
    # Times that the camera was opened again after the first time.
    reconnects: int = 0
    # Failures since the start, by reason.
    failures: Mapping[str, int] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    counts: FrameCounts = field(default_factory=FrameCounts)


def source_snapshot(
    intake: FrameIntake,
    newest: StoredFrame | None,
    health: CameraHealth,
    counts: FrameCounts,
    reason: CameraError | None,
    now_ns: int,
    *,
    on_demand: bool,
) -> SourceSnapshot:
    """Return the snapshot of a source, given the reason why it has no picture to serve.

    The caller holds the lock of the source.
    """
    description = intake.description
    frame_ns = 0 if newest is None else newest.frame.monotonic_ns
    last_ns = max(frame_ns, health.last_alive_ns)
    failure = health.last_failure
    is_ready = frame_ns > 0 or (on_demand and intake.has_opened)
    return SourceSnapshot(
        description.name,
        _state(reason, is_ready=is_ready),
        description,
        has_opened=intake.has_opened,
        on_demand=on_demand,
        staleness_limit_s=health.staleness_limit_ns / NANOSECONDS,
        error="" if reason is None else str(reason),
        last_error=None if failure is None else _last_error(*failure, now_ns),
        mode=intake.mode,
        rate_hz=health.rate_hz(now_ns),
        age_s=(now_ns - last_ns) / NANOSECONDS if frame_ns else None,
        picture=None if newest is None else _picture(newest, now_ns),
        reconnects=max(0, health.opens - 1),
        failures=health.failures,
        faults=tuple(health.faults(reason)),
        counts=counts,
    )


def _state(reason: CameraError | None, *, is_ready: bool) -> SourceState:
    if reason is None:
        return SourceState.GOOD if is_ready else SourceState.STARTING
    if isinstance(reason, StaleFrame):
        return SourceState.FROZEN
    if isinstance(reason, CorruptFrame):
        return SourceState.DAMAGED
    return SourceState.FAILED


def _last_error(error: CameraError, failed_ns: int, now_ns: int) -> LastError:
    return LastError(error.reason, str(error), (now_ns - failed_ns) / NANOSECONDS)


def _picture(stored: StoredFrame, now_ns: int) -> PictureSnapshot:
    frame = stored.frame
    return PictureSnapshot(
        frame.sequence,
        (now_ns - frame.monotonic_ns) / NANOSECONDS,
        picture_bytes(frame.picture),
        frame.settings,
    )
