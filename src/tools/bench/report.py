"""Rows of the report: medians, ratios and targets."""

import os
import platform
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from spot_webcam.tools.bench.loads import BARE, BASELINE, COARSE, FINE, HELPER, SERVE

LIBRARIES = ("grpcio", "protobuf", "numpy", "opencv-python-headless", "simplejpeg", "bosdyn-client")
# No contenders: the time from one frame to the next, beside which ages are judged, and what the
# latency may be.
FRAME = "frame"
BARE_AND_1_MS = "bare + 1 ms"
# The daemon may be worse than another version of it by this share.
MAX_LOSS = 0.10


@dataclass(frozen=True, slots=True)
class SliceValues:
    """What one slice of a contender measured; each name has its unit."""

    round: int
    load: str
    contender: str
    values: dict[str, float]


@dataclass(frozen=True, slots=True)
class RowSpec:
    """One value of one load, with targets: limits of the daemon's value by another's."""

    load: str
    value: str
    title: str
    targets: Mapping[str, float]
    more_is_better: bool = False

    @property
    def is_age(self) -> bool:
        """Whether it compares clocks."""
        return self.value.startswith("age")


ROWS = (
    RowSpec("jpeg", "pictures_per_s", "JPEG q75, 8 clients: pictures/s", {BARE: 0.4, HELPER: 4.0},
            True),
    RowSpec("camera-jpeg", "pictures_per_s", "camera's JPEG, 8 clients: pictures/s", {BARE: 0.75},
            True),
    RowSpec("raw-grey", "pictures_per_s", "RAW grey, 8 clients: pictures/s", {BARE: 0.6}, True),
    RowSpec("raw-rgb", "pictures_per_s", "RAW RGB, 8 clients: pictures/s", {BARE: 0.75}, True),
    RowSpec("paced", "cpu_ms_per_picture", "8 clients at 15 Hz: CPU ms/picture", {HELPER: 1 / 4}),
    RowSpec("paced", "age_p50_ms", "8 clients at 15 Hz: age p50, ms", {FRAME: 0.75}),
    RowSpec("paced", "age_p99_ms", "8 clients at 15 Hz: age p99, ms", {FRAME: 1.6, HELPER: 1.0}),
    RowSpec("latency", "latency_p50_ms", "one client: latency p50, ms",
            {HELPER: 1.0, BARE_AND_1_MS: 1.0}),
    RowSpec("latency", "latency_p99_ms", "one client: latency p99, ms", {HELPER: 1.0}),
    RowSpec("link", "kb_per_picture", "link of 10 Mbit/s, 50 ms: kB/picture", {HELPER: 1.0}),
    RowSpec("link", "age_p50_ms", "link of 10 Mbit/s, 50 ms: age p50, ms", {HELPER: 1.0}),
    RowSpec("idle", "cpu_ms_per_s", "no client: CPU ms/s", {HELPER: 0.5}),
    RowSpec("memory", "pss_mib", "several sources: peak memory, MiB", {HELPER: 1.0}),
)  # fmt: skip
# Of a source whose own JPEGs answer the default request.
COARSE_JPEG_TARGETS = {BARE: 0.75, HELPER: 6.0}


@dataclass(frozen=True, slots=True)
class Spread:
    """Median and extremes of some rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return that of one or more values."""
        return cls(statistics.median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Row:
    """A value of all contenders, and the daemon's by each other's.

    Ratios are those of slices of one round, which were measured shortly after one another.
    """

    spec: RowSpec
    values: dict[str, Spread]
    ratios: dict[str, Spread]

    @property
    def targets(self) -> dict[str, float]:
        """The limits of the ratios that were measured."""
        loss = 1 - MAX_LOSS if self.spec.more_is_better else 1 + MAX_LOSS
        limits = {**self.spec.targets, BASELINE: loss}
        return {name: limit for name, limit in limits.items() if name in self.ratios}

    def holds(self, name: str) -> bool:
        """Return whether the median ratio to a contender meets its target."""
        ratio, limit = self.ratios[name].median, self.targets[name]
        return ratio >= limit if self.spec.more_is_better else ratio <= limit

    @property
    def missed(self) -> list[str]:
        """The missed targets, in words."""
        return [
            f"{self.spec.title}: {self.ratios[name].median:.2f} of {name} (target {limit:.2f})"
            for name, limit in self.targets.items()
            if not self.holds(name)
        ]


@dataclass(frozen=True, slots=True)
class Report:
    """All slices, and where they were measured."""

    machine: dict[str, object]
    summary: str
    slices: list[SliceValues]
    # Calls that failed, by slice.
    failures: list[str] = field(default_factory=list)
    # Of the source; a camera's is not known.
    fps: float | None = None
    clip: str = FINE
    date: str = field(default_factory=lambda: datetime.now(timezone.utc).date().isoformat())

    @property
    def headline(self) -> str:
        """Date, machine and method."""
        facts = self.machine
        return (
            f"{self.date}, {facts['cpu']}, {facts['cores']} cores, Python {facts['python']},"
            f" {self.summary}."
        )

    @property
    def rows(self) -> list[Row]:
        """The rows of what was measured."""
        specs = [
            replace(spec, targets=COARSE_JPEG_TARGETS)
            if spec.load == "jpeg" and self.clip == COARSE
            else spec
            for spec in ROWS
        ]
        rows = [self._row(spec) for spec in specs]
        return [row for row in rows if row.values]

    @property
    def missed(self) -> list[str]:
        """All missed targets, in words."""
        return [missed for row in self.rows for missed in row.missed]

    def _row(self, spec: RowSpec) -> Row:
        by_contender: dict[str, dict[int, float]] = {}
        for measured in self.slices:
            # The bare server's images are as old as the benchmark.
            if measured.load == spec.load and not (spec.is_age and measured.contender == BARE):
                value = measured.values.get(spec.value)
                if value is not None:
                    by_contender.setdefault(measured.contender, {})[measured.round] = value
        values = {name: Spread.of([*found.values()]) for name, found in by_contender.items()}
        own = by_contender.get(SERVE, {})
        others = {name: found for name, found in by_contender.items() if name != SERVE}
        if spec.is_age and self.fps is not None:
            others[FRAME] = dict.fromkeys(own, 1000 / self.fps)
        if BARE_AND_1_MS in spec.targets and BARE in others:
            others[BARE_AND_1_MS] = {key: value + 1 for key, value in others[BARE].items()}
        ratios = {
            name: Spread.of(paired)
            for name, found in others.items()
            if (paired := [own[key] / found[key] for key in own.keys() & found if found[key]])
        }
        return Row(spec, values, ratios)


def machine() -> dict[str, object]:
    """Return processor, cores, Python and libraries; nothing that names the host."""
    libraries = {}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            libraries[name] = version(name)
    return {
        "cpu": cpu_model(),
        "cores": len(os.sched_getaffinity(0)),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "libraries": libraries,
    }


def cpu_model(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Return the processor's own name, or its architecture."""
    with suppress(OSError):
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()
