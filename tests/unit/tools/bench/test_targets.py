"""What the figures must be."""

import pytest

from spot_webcam.tools.bench.keys import JPEG, KEYS, PACED, SCALING
from spot_webcam.tools.bench.measures import FLOOR, HELPER, OURS, scaling_key
from spot_webcam.tools.bench.report import report_of
from spot_webcam.tools.bench.results import Results, Run
from spot_webcam.tools.bench.rows import Row, row_specs, rows
from spot_webcam.tools.bench.scaling import scaling
from spot_webcam.tools.bench.settings import FULL, settings_of
from spot_webcam.tools.bench.targets import (
    Bound,
    at_least,
    at_most,
    at_most_above,
    at_most_limit,
    below,
    below_limit,
)


@pytest.mark.parametrize(
    ("bound", "ours", "holds"),
    [
        (at_least(8, HELPER), 80.0, True),
        (at_least(8, HELPER), 79.9, False),
        (at_most(1 / 2, HELPER), 5.0, True),
        (at_most(1 / 2, HELPER), 5.1, False),
        (below(HELPER), 10.0, False),
        (below(HELPER), 9.9, True),
        (at_most_above(2, HELPER), 12.0, True),
        (at_most_above(2, HELPER), 12.1, False),
        (below_limit(3), 3.0, False),
        (at_most_limit(3), 3.0, True),
    ],
    ids=str,
)
def test_bound_holds_up_to_its_limit(bound: Bound, ours: float, holds: bool) -> None:
    assert bound.holds({OURS: ours, HELPER: 10.0}) is holds


@pytest.mark.parametrize("figures", [{OURS: 1.0}, {HELPER: 1.0}, {}])
def test_nothing_is_said_of_what_was_not_measured(figures: dict[str, float]) -> None:
    assert below(HELPER).holds(figures) is None
    assert Row("age", "ms", figures, (below(HELPER),)).ok is None


def test_bounds_are_told_to_people() -> None:
    bounds = (at_least(8, HELPER), at_most_above(2, FLOOR), below(HELPER), below_limit(48.333))
    row = Row("all", "ms", {}, bounds)
    assert row.must == "≥ 8 x helper, ≤ floor + 2, < helper, < 48.33"


def test_a_row_holds_when_all_of_its_bounds_do() -> None:
    both = (at_least(8, HELPER), at_least(0.75, FLOOR))
    assert Row("rate", "1/s", {OURS: 80, HELPER: 10, FLOOR: 100}, both).ok is True
    assert Row("rate", "1/s", {OURS: 80, HELPER: 10, FLOOR: 120}, both).ok is False
    assert Row("rate", "1/s", {OURS: 80}, ()).ok is None


def test_ratios_leave_out_what_is_nothing() -> None:
    row = Row("idle", "ms", {OURS: 5.0, HELPER: 10.0, FLOOR: 0.0})
    assert row.ratios == {HELPER: 0.5}


def test_every_measure_has_a_row() -> None:
    assert {spec.key for spec in row_specs(33.3)} | {SCALING} == set(KEYS)
    assert all(spec.bounds for spec in row_specs(33.3))


def test_a_camera_of_which_no_rate_is_known_has_no_ages() -> None:
    assert not [spec for spec in row_specs(None) if "age" in spec.figure]


def _run(key: str, contender: str, **values: float) -> Run:
    return Run(key, contender, 0, values)


def test_rows_are_those_of_what_was_measured() -> None:
    results = Results(
        [
            _run(PACED, OURS, cpu_ms_per_picture=1, age_p50_ms=20, age_p99_ms=40),
            _run(PACED, HELPER, cpu_ms_per_picture=5, age_p50_ms=50, age_p99_ms=90),
            _run(PACED, FLOOR, cpu_ms_per_picture=0.5, age_p50_ms=9e5, age_p99_ms=9e5),
        ]
    )
    cpu, p50, p99 = rows(results, settings_of(quick=False, only=[PACED]))
    assert cpu.figures == {OURS: 1, HELPER: 5, FLOOR: 0.5}
    # It answers by one picture for ever.
    assert FLOOR not in p50.figures
    assert (cpu.ok, p50.ok, p99.ok) == (True, True, True)


def test_growth_is_that_of_the_worst_number_of_sources() -> None:
    settings = settings_of(quick=False, only=[SCALING])
    results = Results(
        [
            _run(scaling_key(sources, clients), OURS, pictures_per_s=9, cpu_ms_per_picture=cost)
            for sources in FULL.scaled_sources
            for clients, cost in ((1, 9.0), (8, 2.0), (32, 3.0 if sources == 4 else 1.0))
        ]
    )
    [row] = rows(results, settings)
    assert row.figures == {OURS: 1.5}
    assert row.ok is False
    cells = scaling(results, settings)
    assert len(cells) == 12
    assert {cell.contender for cell in cells} == {OURS}
    assert len(report_of(results, settings).missed) == 1


def test_nothing_is_told_of_scaling_that_was_not_measured() -> None:
    assert scaling(Results(), settings_of(quick=False, only=[JPEG])) == []
