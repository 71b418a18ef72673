"""Tables, Markdown, SVG and JSON."""

import json
import xml.etree.ElementTree as ET
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from spot_webcam.tools.bench.keys import JPEG, SCALING
from spot_webcam.tools.bench.machine import cpu_model, machine
from spot_webcam.tools.bench.markdown import headline, markdown
from spot_webcam.tools.bench.measures import FLOOR, HELPER, OURS, scaling_key
from spot_webcam.tools.bench.plot import plot
from spot_webcam.tools.bench.report import Report, report_of
from spot_webcam.tools.bench.results import Results, Run
from spot_webcam.tools.bench.scaling import Cell
from spot_webcam.tools.bench.settings import settings_of
from spot_webcam.tools.bench.table import bench_console, figure, show

SVG = "{http://www.w3.org/2000/svg}"
CELLS = [
    Cell(name, sources, clients, rate * clients, 4.0 / clients)
    for name, rate in ((OURS, 500.0), (HELPER, 20.0))
    for sources in (1, 4)
    for clients in (1, 8, 32)
]


@pytest.fixture
def report() -> Report:
    runs = [
        Run(JPEG, OURS, 0, {"pictures_per_s": 1000.0}),
        Run(JPEG, HELPER, 0, {"pictures_per_s": 100.0}),
        Run(JPEG, FLOOR, 0, {"pictures_per_s": 2000.0}),
    ]
    runs += [
        Run(
            scaling_key(cell.sources, cell.clients),
            cell.contender,
            0,
            {
                "pictures_per_s": cell.pictures_per_s,
                "cpu_ms_per_picture": cell.cpu_ms_per_picture,
            },
        )
        for cell in CELLS
    ]
    return report_of(
        Results(runs, ["helper, jpeg: 2 calls failed"]),
        settings_of(quick=False, only=[JPEG, SCALING]),
    )


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, ""), (0.0, "0.00"), (1.234, "1.23"), (12.34, "12.3"), (2540.2, "2,540")],
)
def test_figures_have_the_digits_that_mean_something(value: float | None, shown: str) -> None:
    assert figure(value) == shown


def test_tables_show_every_contender_and_what_holds(report: Report) -> None:
    out = StringIO()
    show(Console(file=out, width=140).print, report.rows, report.cells)
    shown = out.getvalue()
    [line] = [one for one in shown.splitlines() if "JPEG q75, 8 clients" in one]
    words = [word.strip() for word in line.split("│")[1:-1]]
    assert words[1:6] == ["1,000", "100", "2,000", "10.0", "0.50"]
    assert words[-1] == "NO"
    assert "16,000" in shown


def test_no_table_is_shown_of_nothing() -> None:
    out = StringIO()
    show(Console(file=out).print, [], [])
    assert out.getvalue() == ""


def test_tables_have_room_where_there_is_no_terminal() -> None:
    assert bench_console().width >= 80


def test_markdown_has_as_many_cells_in_every_line(report: Report) -> None:
    text = markdown(report)
    for table in text.split("\n\n")[1:]:
        assert len({line.count("|") for line in table.strip().splitlines()}) == 1
    assert "| 1,000 | 100 | 2,000 |" in text
    assert "**no**" in text


def test_headline_tells_machine_and_method(report: Report) -> None:
    assert "cores, Python 3" in headline(report)
    assert "1920x1080 at 30 fps: medians of 3 runs of 4 s" in headline(report)
    camera = report_of(Results(), settings_of(quick=True, device="/dev/video0", only=[JPEG]))
    assert "the camera /dev/video0: one run of" in headline(camera)
    assert markdown(camera) == headline(camera) + "\n"


def test_json_holds_every_run(report: Report) -> None:
    told = json.loads(report.to_json())
    assert len(told["runs"]) == 3 + len(CELLS)
    assert told["runs"][0] == {
        "key": JPEG,
        "contender": OURS,
        "round": 0,
        "values": {"pictures_per_s": 1000.0},
    }
    assert told["rows"][0]["ok"] is False
    assert told["remarks"] == ["helper, jpeg: 2 calls failed"]
    assert len(told["scaling"]) == len(CELLS)
    assert told["machine"]["cores"] >= 1


def test_plot_has_a_curve_for_each_contender_and_number_of_sources() -> None:
    svg = ET.fromstring(plot(CELLS))  # noqa: S314 - our own
    assert len(svg.findall(f"{SVG}polyline")) == 2 * 4
    assert len(svg.findall(f"{SVG}circle")) == 2 * len(CELLS)
    width, height = map(float, svg.attrib["viewBox"].split()[2:])
    for dot in svg.findall(f"{SVG}circle"):
        assert 0 < float(dot.attrib["cx"]) < width
        assert 0 < float(dot.attrib["cy"]) < height
    words = [text.text for text in svg.findall(f"{SVG}text")]
    assert {"1 source", "4 sources", "clients", "pictures a second"} <= set(words)


@pytest.mark.parametrize("cells", [[], [Cell(OURS, 1, 1, 0.0, 0.0)], [Cell(OURS, 1, 1, 10.0, 1.0)]])
def test_plot_of_little_is_a_picture_all_the_same(cells: list[Cell]) -> None:
    assert ET.fromstring(plot(cells)).tag == f"{SVG}svg"  # noqa: S314 - our own


def test_processor_is_told_by_its_model(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor\t: 0\nmodel name\t: A Processor\nmodel name\t: A Processor\n")
    assert cpu_model(cpuinfo) == "A Processor"
    assert cpu_model(tmp_path / "none")


def test_machine_names_no_host() -> None:
    assert set(machine()) == {"cpu", "cores", "system", "python", "implementation", "libraries"}
