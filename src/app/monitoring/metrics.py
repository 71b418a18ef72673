"""Metrics of a snapshot, as values that any exporter can write."""

from collections.abc import Iterator
from dataclasses import dataclass

from spot_webcam.app.capture.source_snapshot import SourceSnapshot, SourceState
from spot_webcam.app.monitoring.histogram import HistogramSnapshot
from spot_webcam.app.monitoring.snapshot import Snapshot
from spot_webcam.domain.errors import BlackFrame, CorruptFrame, StaleFrame

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric with its samples, one for each tuple of label values.

    `kind` is 'counter', 'gauge' or 'histogram'. The name of a counter ends with `_total`.
    """

    name: str
    kind: str
    help: str
    labels: Labels
    samples: tuple[tuple[Labels, float | HistogramSnapshot], ...]


def metrics_of(snapshot: Snapshot) -> Iterator[Metric]:
    """Yield the metrics of a snapshot; always the same names, whatever its state is."""
    yield from _of_sources(snapshot)
    yield from _of_faults(snapshot)
    yield from _of_requests(snapshot)
    yield from _of_robot(snapshot)
    yield from _of_process(snapshot)


def _one(name: str, kind: str, text: str, value: float | None) -> Metric:
    samples = () if value is None else (((), float(value)),)
    return Metric(f"spot_webcam_{name}", kind, text, (), samples)


def _of_sources(snapshot: Snapshot) -> Iterator[Metric]:
    sources = snapshot.sources

    def each(name: str, kind: str, text: str, values: list[float | None]) -> Metric:
        samples = tuple(
            ((source.name,), float(value))
            for source, value in zip(sources, values, strict=True)
            if value is not None
        )
        return Metric(f"spot_webcam_source_{name}", kind, text, ("source",), samples)

    yield Metric(
        "spot_webcam_source_state",
        "gauge",
        "1 for the state that the source is in, 0 for the others.",
        ("source", "state"),
        tuple(
            ((source.name, state.value), float(source.state is state))
            for source in sources
            for state in SourceState
        ),
    )
    yield each("age_seconds", "gauge", "Since the last picture of the camera.", _ages(sources))
    yield each(
        "age_limit_seconds",
        "gauge",
        "Age from which on a picture is not served.",
        [source.staleness_limit_s for source in sources],
    )
    yield each(
        "rate_hertz", "gauge", "Rate of the last pictures.", [source.rate_hz for source in sources]
    )
    for name, text in _COUNTS.items():
        counts: list[float | None] = [getattr(source.counts, name) for source in sources]
        yield each(f"frames_{name}_total", "counter", text, counts)
    yield Metric(
        "spot_webcam_source_frames_dropped_total",
        "counter",
        "Pictures that were not served: idle, nobody asked; repeated, the same as the last one;"
        " or refused by a reason of failures.",
        ("source", "reason"),
        tuple(
            ((source.name, reason), float(count))
            for source in sources
            for reason, count in _dropped(source).items()
        ),
    )
    yield each(
        "retrieved_bytes_total",
        "counter",
        "Size of the pictures as the camera delivered them.",
        [source.counts.retrieved_bytes for source in sources],
    )
    yield Metric(
        "spot_webcam_source_failures_total",
        "counter",
        "Failures of the camera.",
        ("source", "reason"),
        tuple(
            ((source.name, reason), float(count))
            for source in sources
            for reason, count in source.failures.items()
        ),
    )
    yield each(
        "reconnects_total",
        "counter",
        "Times that the camera was opened again.",
        [source.reconnects for source in sources],
    )


_COUNTS = {
    "grabbed": "Pictures that the camera had.",
    "stored": "Pictures that became frames.",
    "decoded": "JPEGs that were decoded to validate them, and to encode from.",
    "encoded": "Pictures that were encoded; equal requests share one.",
    "passed_through": "JPEGs of the camera that fit a request as they are.",
    "published": "Frames that clients were answered from.",
}
# Reasons of failures by which a picture is refused.
_REFUSED = (CorruptFrame.reason, BlackFrame.reason, StaleFrame.reason)


def _ages(sources: tuple[SourceSnapshot, ...]) -> list[float | None]:
    return [source.age_s for source in sources]


def _dropped(source: SourceSnapshot) -> dict[str, int]:
    refused = {reason: source.failures.get(reason, 0) for reason in _REFUSED}
    return {"idle": source.counts.idle, "repeated": source.counts.repeated, **refused}


def _of_faults(snapshot: Snapshot) -> Iterator[Metric]:
    yield Metric(
        "spot_webcam_source_faults",
        "gauge",
        "Faults of the source that stand now.",
        ("source",),
        tuple(((source.name,), float(len(source.faults))) for source in snapshot.sources),
    )
    yield _one(
        "faults_reported", "gauge", "Faults that the robot has of us.", len(snapshot.reported)
    )
    yield _one(
        "faults_raised_total",
        "counter",
        "Faults that were raised on the robot.",
        sum(snapshot.raises.values()),
    )


def _of_requests(snapshot: Snapshot) -> Iterator[Metric]:
    requests = snapshot.requests
    yield _one("calls_total", "counter", "Calls of GetImage that were answered.", requests.calls)
    yield Metric(
        "spot_webcam_answers_total",
        "counter",
        "Answers to requests; the source is empty for names that are unknown.",
        ("source", "status"),
        tuple(((answer.source, answer.status), float(answer.count)) for answer in requests.answers),
    )
    yield Metric(
        "spot_webcam_request_duration_seconds",
        "histogram",
        "From a call to the end of its encoding.",
        (),
        (((), requests.latency),),
    )
    yield Metric(
        "spot_webcam_picture_age_seconds",
        "histogram",
        "From the capture to the end of the encoding, of answered pictures.",
        (),
        (((), requests.age),),
    )
    yield _one(
        "bytes_in_flight", "gauge", "Size of the answers being sent.", requests.bytes_in_flight
    )


def _of_robot(snapshot: Snapshot) -> Iterator[Metric]:
    robot = snapshot.robot
    yield _one("robot_connected", "gauge", "1 if the robot is connected.", robot.connected)
    yield _one("robot_registered", "gauge", "1 if the robot has the service.", robot.registered)
    yield _one(
        "robot_clock_skew_seconds",
        "gauge",
        "Clock of the robot minus that of this computer.",
        robot.clock_skew_s,
    )
    yield _one(
        "robot_clock_error_seconds",
        "gauge",
        "How far the skew may be off.",
        robot.clock_error_s,
    )
    yield _one("robot_token_age_seconds", "gauge", "Since the login.", robot.token_age_s)
    yield _one("robot_token_left_seconds", "gauge", "Until the token ends.", robot.token_left_s)


def _of_process(snapshot: Snapshot) -> Iterator[Metric]:
    process = snapshot.process
    yield Metric(
        "spot_webcam_info", "gauge", "Version.", ("version",), (((snapshot.version,), 1.0),)
    )
    yield _one(
        "configuration_refused",
        "gauge",
        "1 if the configuration file, as it is now, has errors and is not used.",
        bool(snapshot.configuration_error),
    )
    yield _one("uptime_seconds", "gauge", "Since the start.", process.uptime_s)
    yield _one("process_cpu_seconds_total", "counter", "Processor time.", process.cpu_s)
    yield _one("process_resident_bytes", "gauge", "Memory in use.", process.resident_bytes)
    yield _one("process_threads", "gauge", "Threads.", process.threads)
    yield _one("process_open_descriptors", "gauge", "File descriptors.", process.descriptors)
    yield Metric(
        "spot_webcam_loop_step_seconds",
        "gauge",
        "For how long the present step of a thread has been running.",
        ("loop",),
        tuple(((loop.name,), loop.step_s) for loop in snapshot.loops),
    )
