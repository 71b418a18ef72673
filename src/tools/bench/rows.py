"""The rows of the table: a figure of a measure, and what it must be."""

from dataclasses import dataclass

from spot_webcam.tools.bench import keys
from spot_webcam.tools.bench.measures import FLOOR, HELPER, OURS, scaling_key
from spot_webcam.tools.bench.results import Results
from spot_webcam.tools.bench.settings import Settings
from spot_webcam.tools.bench.targets import (
    Bound,
    at_least,
    at_most,
    at_most_above,
    at_most_limit,
    below,
    below_limit,
)

PICTURES, AGE_P50, AGE_P99 = "pictures_per_s", "age_p50_ms", "age_p99_ms"
CPU_PICTURE, CPU_SECOND = "cpu_ms_per_picture", "cpu_ms_per_s"
# Of the CPU per picture with the most clients, against that with a quarter of them: noise.
MAX_GROWTH = 1.25


@dataclass(frozen=True, slots=True)
class RowSpec:
    """One figure of one measure."""

    key: str
    title: str
    figure: str
    unit: str
    bounds: tuple[Bound, ...]

    def figures(self, results: Results) -> dict[str, float]:
        """Return the medians by the contender; the floor's pictures have no age worth telling."""
        found = results.all(self.key, self.figure)
        if self.figure in {AGE_P50, AGE_P99}:
            found.pop(FLOOR, None)
        return found


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of all contenders; `ok` is `None` where nothing can be said."""

    title: str
    unit: str
    figures: dict[str, float]
    bounds: tuple[Bound, ...] = ()

    @property
    def must(self) -> str:
        """What must hold, for people."""
        return ", ".join(map(str, self.bounds))

    @property
    def ok(self) -> bool | None:
        """Whether all of it holds."""
        held = [bound.holds(self.figures) for bound in self.bounds]
        if not held or None in held:
            return None
        return all(held)

    @property
    def ratios(self) -> dict[str, float]:
        """Ours by each other's."""
        ours = self.figures.get(OURS)
        others = {name: value for name, value in self.figures.items() if name != OURS and value}
        return {} if ours is None else {name: ours / value for name, value in others.items()}


def row_specs(period_ms: float | None) -> list[RowSpec]:
    """Return all rows for a source with this time between frames.

    It is `None` for a camera: no two contenders take the time of its pictures alike, so that
    their ages cannot be compared.
    """
    floor = at_least(0.75, FLOOR)
    idle = "no client" if period_ms is None else "no client, raw source"
    per_picture, per_second = "CPU ms a picture", "CPU ms a second"
    return [
        RowSpec(keys.JPEG, "JPEG q75, 8 clients", PICTURES, "pictures/s",
                (at_least(8, HELPER), floor)),
        RowSpec(keys.RAW_GREY, "RAW grey, 8 clients", PICTURES, "pictures/s",
                (at_least(5, HELPER), floor)),
        RowSpec(keys.RAW_RGB, "RAW RGB, 8 clients", PICTURES, "pictures/s",
                (at_least(1.5, HELPER), floor)),
        RowSpec(keys.PACED, "8 clients at 15 Hz", CPU_PICTURE, per_picture,
                (at_most(1 / 3, HELPER),)),
        *([] if period_ms is None else _ages(period_ms)),
        RowSpec(keys.MIXED, "12 kinds of JPEG, 8 clients", PICTURES, "pictures/s",
                (at_least(3, HELPER),)),
        RowSpec(keys.LATENCY, "one client: latency, p50", "latency_p50_ms", "ms",
                (at_most_above(2, FLOOR),)),
        RowSpec(keys.IDLE_RAW, idle, CPU_SECOND, per_second,
                (at_most(1 / 2, HELPER),)),
        RowSpec(keys.IDLE_MJPEG, "no client, MJPEG source", CPU_SECOND, per_second,
                (at_most(1 / 10, HELPER),)),
        RowSpec(keys.MEMORY, "4 sources: peak RSS", "rss_mib", "MiB", (below(HELPER),)),
        RowSpec(keys.MEMORY, "4 sources: peak PSS", "pss_mib", "MiB", (below(HELPER),)),
    ]  # fmt: skip


def _ages(period_ms: float) -> list[RowSpec]:
    p50 = (below(HELPER), below_limit(period_ms + 15))
    return [
        RowSpec(keys.PACED, "the same: age, p50", AGE_P50, "ms", p50),
        RowSpec(
            keys.PACED, "the same: age, p99", AGE_P99, "ms", (below_limit(2 * period_ms + 25),)
        ),
    ]


def rows(results: Results, settings: Settings) -> list[Row]:
    """Return the rows of what was measured."""
    measured = set(results.keys())
    found = [
        Row(spec.title, spec.unit, spec.figures(results), spec.bounds)
        for spec in row_specs(settings.period_ms)
        if spec.key in measured
    ]
    if keys.SCALING in settings.keys:
        found.append(_growth(results, settings))
    return found


def _growth(results: Results, settings: Settings) -> Row:
    """Tell how much more a picture costs with the most clients than with fewer."""
    *_, fewer, most = settings.scaled_clients
    growth: dict[str, float] = {}
    for sources in settings.scaled_sources:
        few = results.all(scaling_key(sources, fewer), CPU_PICTURE)
        many = results.all(scaling_key(sources, most), CPU_PICTURE)
        for name in few.keys() & many.keys():
            growth[name] = max(growth.get(name, 0.0), many[name] / few[name])
    title = f"CPU a picture, {most} clients by {fewer}, at worst"
    return Row(title, "ratio", growth, (at_most_limit(MAX_GROWTH),))
