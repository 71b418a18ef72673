"""Snapshot of the daemon: everything that page, metrics, health, doctor and tablet show."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from spot_webcam.app.capture.source_snapshot import SourceSnapshot
from spot_webcam.app.monitoring.histogram import HistogramSnapshot
from spot_webcam.app.robot.session_snapshot import SessionSnapshot
from spot_webcam.domain.health.faults import Fault
from spot_webcam.domain.health.picture_quality import PictureQuality


@dataclass(frozen=True, slots=True)
class AnswerCount:
    """Answers with one status for one source; `source` is empty for names that are unknown."""

    source: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class RequestsSnapshot:
    """What the image service answered since the start.

    `calls` are those of `GetImage`. `latency` is from the call to the end of the encoding, and
    `age` from the capture to that time, both in seconds.
    """

    calls: int
    answers: tuple[AnswerCount, ...]
    latency: HistogramSnapshot
    age: HistogramSnapshot
    # Size of the answers that are being sent.
    bytes_in_flight: int = 0


@dataclass(frozen=True, slots=True)
class LoopSnapshot:
    """A thread of the daemon: whether it runs, and how long its present step has been running.

    A step that takes longer than `max_step_s` hangs.
    """

    name: str
    is_alive: bool
    step_s: float
    max_step_s: float


@dataclass(frozen=True, slots=True)
class ProcessSnapshot:
    """This process as its operating system counts it; `None` where that is not Linux."""

    uptime_s: float
    cpu_s: float
    threads: int | None = None
    resident_bytes: int | None = None
    descriptors: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of this package's log; `number` counts them from 1. Times are of the wall clock."""

    number: int
    time_ns: int
    level: str
    message: str
    # The name of the source that it is about, if the line says so.
    source: str = ""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The daemon at one moment, `time_ns` of the wall clock.

    `raises` is how many times each fault was raised on the robot since the start, by its name;
    `reported` are the faults that the robot has now.
    """

    time_ns: int
    version: str
    service_name: str
    port: int
    sources: tuple[SourceSnapshot, ...]
    robot: SessionSnapshot
    requests: RequestsSnapshot
    process: ProcessSnapshot
    loops: tuple[LoopSnapshot, ...] = ()
    reported: tuple[Fault, ...] = ()
    raises: Mapping[str, int] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    # By source, as far as it is measured.
    quality: Mapping[str, PictureQuality] = field(default_factory=dict)
    # Why the configuration file, as it is now, is not used; empty if it is, or there is none.
    configuration_error: str = ""
