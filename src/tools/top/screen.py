"""Screen: a table that is drawn again on a terminal, lines where there is none."""

import time
from collections.abc import Iterable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from spot_webcam.app.cli.tables import plain
from spot_webcam.tools.top.status import ServiceStatus, SourceRow

# The word says the state, too.
_GOOD, _BAD, _OLD = "green", "bold red", "dim"


class Screen:
    """Shows one state after the other; with a `problem`, an old one, marked as such."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None

    def open(self) -> None:
        """Begin to draw."""
        if self._live is not None:
            self._live.start()

    def close(self) -> None:
        """Leave the last table on the terminal."""
        if self._live is not None:
            self._live.stop()

    def show(self, status: ServiceStatus, problem: str = "", age_s: float = 0.0) -> None:
        """Show a state, which is `age_s` old if there is a problem."""
        if self._live is not None:
            self._live.update(drawn(status, problem, age_s), refresh=True)
            return
        for line in lines(status, problem, age_s):
            self._console.out(line, highlight=False)


def drawn(status: ServiceStatus, problem: str, age_s: float) -> Group:
    """Return the table, with a line of facts above and the faults below."""
    parts: list[Text | Table] = [
        plain(f"{status.service}  {'  '.join(status.facts)}", _OLD if problem else "bold")
    ]
    if problem:
        parts.append(plain(f"{problem}: OLD, of {age_s:.0f} s ago", _BAD))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("source", "state", "size", "rate", "age", "reconnects", ""):
        table.add_column(name, no_wrap=bool(name), justify="left")
    for source in status.sources:
        style = _OLD if problem else _GOOD if source.is_good else _BAD
        name, state, *cells, text = _cells(source)
        table.add_row(
            plain(name),
            plain(state, style),
            *map(plain, cells),
            plain(text),
            style=_OLD * bool(problem),
        )
    parts.append(table)
    parts += [plain(f"fault  {fault}", "yellow") for fault in status.faults]
    if not status.sources:
        parts.append(plain("no source", _BAD))
    return Group(*parts)


def lines(status: ServiceStatus, problem: str, age_s: float) -> Iterable[str]:
    """Yield lines of words: the service, each source, each fault."""
    now = time.strftime("%H:%M:%S")
    if problem:
        yield plain(
            f"{now} service {status.service} {problem} (last state {age_s:.0f} s ago)"
        ).plain
        return
    yield plain(f"{now} service {status.service} {', '.join(status.facts)}").plain
    for source in status.sources:
        words = (word for word in _cells(source) if word)
        yield plain(f"{now} source {' '.join(words)}").plain
    for fault in status.faults:
        yield plain(f"{now} fault {fault}").plain


def _cells(source: SourceRow) -> tuple[str, ...]:
    return (
        source.name,
        source.state,
        f"{source.cols}x{source.rows}",
        "-" if source.rate_hz is None else f"{source.rate_hz:.1f} Hz",
        "-" if source.age_s is None else f"{source.age_s:.2f} s",
        "-" if source.reconnects is None else str(source.reconnects),
        source.text,
    )
