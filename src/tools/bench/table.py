"""The tables, for a terminal."""

from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spot_webcam.tools.bench.measures import FLOOR, HELPER, OURS
from spot_webcam.tools.bench.rows import Row
from spot_webcam.tools.bench.scaling import Cell

# Of a table that is not for a terminal.
WIDTH = 132
ROW_HEAD = ("measure", "ours", "helper", "floor", "by helper", "by floor", "must be", "ok")
SCALING_HEAD = (
    *("sources", "clients", "ours: pictures/s", "CPU ms a picture"),
    *("helper: pictures/s", "CPU ms a picture"),
)
_WORDS = {"measure", "must be", "ok"}
_OK = {True: ("yes", "green"), False: ("NO", "bold red"), None: ("", "")}


def figure(value: float | None) -> str:
    """Return a number with as many digits as mean something."""
    if value is None:
        return ""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def row_words(row: Row) -> list[str]:
    """Return a row's words but for whether it holds."""
    figures = [figure(row.figures.get(name)) for name in (OURS, HELPER, FLOOR)]
    ratios = [figure(row.ratios.get(name)) for name in (HELPER, FLOOR)]
    return [f"{row.title}: {row.unit}", *figures, *ratios, row.must]


def scaling_words(cells: list[Cell]) -> list[list[str]]:
    """Return a line for each number of sources and clients."""
    grid: dict[tuple[int, int], dict[str, Cell]] = {}
    for cell in cells:
        grid.setdefault((cell.sources, cell.clients), {})[cell.contender] = cell
    return [
        [str(sources), str(clients), *_cell_words(by_name, OURS), *_cell_words(by_name, HELPER)]
        for (sources, clients), by_name in sorted(grid.items())
    ]


def _cell_words(by_name: dict[str, Cell], name: str) -> list[str]:
    cell = by_name.get(name)
    if cell is None:
        return ["", ""]
    return [figure(cell.pictures_per_s), figure(cell.cpu_ms_per_picture)]


def show(say: Callable[[object], None], rows: list[Row], cells: list[Cell]) -> None:
    """Print the table of what must hold, and that of sources and clients."""
    if rows:
        say(_rows_table(rows))
    if cells:
        say(_scaling_table(cells))


def bench_console() -> Console:
    """Return a console on which the tables have room."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def _rows_table(rows: list[Row]) -> Table:
    table = Table(title="medians; the helper is the SDK's, the floor a bare gRPC server")
    for column in ROW_HEAD:
        table.add_column(column, justify="left" if column in _WORDS else "right")
    for row in rows:
        table.add_row(*row_words(row), Text(*_OK[row.ok]))
    return table


def _scaling_table(cells: list[Cell]) -> Table:
    table = Table(title="sources and clients: JPEG q75, closed loop")
    for column in SCALING_HEAD:
        table.add_column(column, justify="right")
    for words in scaling_words(cells):
        table.add_row(*words)
    return table
