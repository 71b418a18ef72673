"""Figures of many values, and of many runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.tools.bench.figures import medians, percentile
from spot_webcam.tools.bench.results import Results, Run

values = st.lists(st.floats(-1e6, 1e6), min_size=1)


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (1, 1), (50, 50), (99, 99), (99.5, 100), (100, 100)]
)
def test_percentile_is_the_value_that_so_many_do_not_exceed(percent: float, expected: int) -> None:
    assert percentile(range(100, 0, -1), percent) == expected


@given(values, st.floats(0, 100))
def test_percentile_is_one_of_the_values(some: list[float], percent: float) -> None:
    assert percentile(some, percent) in some


def test_no_values_have_no_percentile() -> None:
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


def test_medians_are_of_the_runs_that_have_the_figure() -> None:
    runs = [{"rate": 3.0}, {"rate": 1.0, "age": 7.0}, {"rate": 2.0}]
    assert medians(runs) == {"rate": 2.0, "age": 7.0}


def test_results_are_told_by_the_contender() -> None:
    results = Results(
        [
            Run("jpeg", "ours", 0, {"rate": 10.0}),
            Run("jpeg", "helper", 0, {"rate": 2.0}),
            Run("jpeg", "ours", 1, {"rate": 30.0}),
            Run("jpeg", "ours", 2, {"rate": 20.0}),
            Run("mixed", "ours", 0, {"rate": 99.0}),
        ]
    )
    assert results.all("jpeg", "rate") == {"ours": 20.0, "helper": 2.0}
    assert results.median("mixed", "helper", "rate") is None
    assert list(results.keys()) == ["jpeg", "mixed"]
