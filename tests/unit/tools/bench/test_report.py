"""Medians, ratios and targets, and how they are written."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from spot_webcam.tools.bench.loads import BARE, BASELINE, COARSE, HELPER, LOADS, SERVE
from spot_webcam.tools.bench.output import (
    between_marks,
    number,
    output_console,
    print_report,
    to_json,
    to_markdown,
)
from spot_webcam.tools.bench.report import (
    FRAME,
    ROWS,
    Report,
    SliceValues,
    Spread,
    cpu_model,
    machine,
)

MACHINE = {"cpu": "A Processor", "cores": 2, "python": "3.11"}


def report_of(load: str, value: str, **rounds: list[float]) -> Report:
    slices = [
        SliceValues(at, load, contender, {value: measured})
        for contender, values in rounds.items()
        for at, measured in enumerate(values)
    ]
    return Report(MACHINE, "a file: medians of 3 rounds", slices, ["serve: 2 calls failed"], 25.0)


@pytest.fixture
def report() -> Report:
    return report_of(
        "jpeg",
        "pictures_per_s",
        serve=[1000.0, 300.0, 900.0],
        baseline=[1000.0, 400.0, 800.0],
        helper=[100.0, 100.0, 100.0],
        bare=[2000.0, 1000.0, 1000.0],
    )


def test_values_are_medians_and_ratios_those_of_each_round(report: Report) -> None:
    [row] = report.rows
    assert row.values[SERVE] == Spread(900.0, 300.0, 1000.0)
    assert row.ratios == {
        BASELINE: Spread(1.0, 0.75, 1.125),
        HELPER: Spread(9.0, 3.0, 10.0),
        BARE: Spread(0.5, 0.3, 0.9),
    }


def test_median_ratio_below_its_target_is_missed(report: Report) -> None:
    [row] = report.rows
    assert row.targets == {BARE: 0.4, HELPER: 4.0, BASELINE: 0.9}
    assert report.missed == []
    [row] = report_of("jpeg", "pictures_per_s", serve=[300.0], bare=[1000.0]).rows
    assert row.missed == ["JPEG q75, 8 clients: pictures/s: 0.30 of bare (target 0.40)"]


def test_source_whose_jpegs_are_passed_through_has_higher_targets(report: Report) -> None:
    [row] = replace(report, clip=COARSE).rows
    assert row.targets == {BARE: 0.75, HELPER: 6.0, BASELINE: 0.9}


@pytest.mark.parametrize(
    ("own", "missed"), [([100.0], 0), ([109.0], 0), ([111.0], 1)], ids=["same", "9 %", "11 %"]
)
def test_daemon_may_be_worse_than_its_baseline_by_a_tenth(own: list[float], missed: int) -> None:
    report = report_of("latency", "latency_p50_ms", serve=own, baseline=[100.0], helper=[200.0])
    assert len(report.missed) == missed


def test_age_is_compared_with_the_time_of_a_frame_but_not_with_the_bare_server() -> None:
    [row] = report_of("paced", "age_p50_ms", serve=[30.0], helper=[60.0], bare=[9e5]).rows
    assert BARE not in row.values
    assert row.ratios == {HELPER: Spread.of([0.5]), FRAME: Spread.of([0.75])}
    assert row.targets == {FRAME: 0.75}


@pytest.mark.parametrize(("own", "missed"), [(2.9, 0), (3.1, 1)])
def test_latency_may_be_that_of_the_bare_server_and_a_millisecond(own: float, missed: int) -> None:
    report = report_of("latency", "latency_p50_ms", serve=[own], helper=[9.0], bare=[2.0])
    assert len(report.missed) == missed


def test_age_at_an_unknown_frame_rate_has_no_target() -> None:
    slices = [SliceValues(0, "paced", SERVE, {"age_p50_ms": 30.0})]
    [row] = Report(MACHINE, "a camera", slices).rows
    assert (row.ratios, row.targets, row.missed) == ({}, {}, [])


def test_nothing_is_divided_by_zero_or_by_what_was_not_measured() -> None:
    [row] = report_of("idle", "cpu_ms_per_s", serve=[5.0, 6.0], helper=[0.0]).rows
    assert row.ratios == {}
    assert report_of("idle", "cpu_ms_per_s").rows == []


def test_every_load_has_a_row() -> None:
    assert {row.load for row in ROWS} == set(LOADS)
    assert all(row.targets for row in ROWS)


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0.00"), (1.234, "1.23"), (12.34, "12.3"), (2540.2, "2,540")]
)
def test_numbers_have_three_digits(value: float, shown: str) -> None:
    assert number(value) == shown


def test_table_has_every_contender_ratio_and_target(report: Report) -> None:
    out = StringIO()
    print_report(Console(file=out, width=200), report)
    [line] = [line for line in out.getvalue().splitlines() if "JPEG q75" in line and "│" in line]
    assert [cell.strip() for cell in line.split("│")[2:-1]] == [
        *("900", "800", "100", "1,000"),
        *("1.00 (0.75-1.12)", "9.00 (3.00-10.00)", "0.50 (0.30-0.90)"),
        "≥ 0.40 bare, ≥ 4.00 helper, ≥ 0.90 baseline",
    ]
    assert "A Processor, 2 cores" in out.getvalue()
    assert "2 calls failed" in out.getvalue()


def test_nothing_is_printed_if_nothing_was_measured() -> None:
    out = StringIO()
    print_report(Console(file=out), Report(MACHINE, "a file", []))
    assert out.getvalue() == ""


def test_table_is_wide_enough_without_a_terminal() -> None:
    assert output_console().width >= 80


def test_markdown_has_as_many_cells_in_every_line(report: Report) -> None:
    headline, table = to_markdown(report).split("\n\n")
    assert "A Processor, 2 cores, Python 3.11, a file: medians of 3 rounds." in headline
    assert {line.count("|") for line in table.splitlines()} == {10}
    assert "| 900 | 800 | 100 | 1,000 |" in table


def test_marks_of_a_document_keep_what_is_around_them() -> None:
    document = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"
    replaced = "before\n<!-- bench -->\nnew\n<!-- /bench -->\nafter\n"
    assert between_marks(document, "new\n") == replaced
    assert between_marks(replaced, "new\n") == replaced
    assert between_marks("old\n", "new\n") == "new\n"


def test_json_has_every_slice(report: Report) -> None:
    written = json.loads(to_json(report))
    assert written["slices"][0] == {
        "round": 0,
        "load": "jpeg",
        "contender": SERVE,
        "values": {"pictures_per_s": 1000.0},
    }
    assert len(written["slices"]) == 12
    [row] = written["rows"]
    assert row["ratios"][BARE] == {"median": 0.5, "low": 0.3, "high": 0.9}
    assert row["missed"] == report.missed
    assert written["failures"] == ["serve: 2 calls failed"]


def test_processor_has_its_own_name(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: A Processor\nmodel name\t: A Processor\n")
    assert cpu_model(cpuinfo) == "A Processor"
    assert cpu_model(tmp_path / "none")


def test_machine_names_no_host() -> None:
    assert set(machine()) == {"cpu", "cores", "system", "python", "libraries"}
