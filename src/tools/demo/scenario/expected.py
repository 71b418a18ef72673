"""What must be seen, of a scenario's file."""

from collections.abc import Callable, Collection

from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.fakes.robot.state.robot_state import LIVENESS_FAULT_NAME
from spot_webcam.tools.demo.scenario.expectations import (
    EdgesExpected,
    Expectation,
    FaultExpected,
    LogExpected,
    RegisteredExpected,
    SizeExpected,
    StatusExpected,
    Window,
)
from spot_webcam.tools.demo.scenario.tables import Table


def read_expectations(
    tables: list[Table], lasts_s: float, sources: Collection[str]
) -> list[Expectation]:
    """Return what must be seen.

    Raises:
        Misused: an entry is not understood, or names a source that there is not.
    """
    expectations = [_read(table, lasts_s, list(sources)) for table in tables]
    for table in tables:
        table.end()
    return expectations


def _read(table: Table, lasts_s: float, sources: list[str]) -> Expectation:
    subjects: dict[str, Callable[[], Expectation]] = {
        "source": lambda: _source(table, lasts_s, sources),
        "fault": lambda: _fault(table, lasts_s, sources),
        "registered": lambda: RegisteredExpected(table.flag("registered"), _window(table, lasts_s)),
        "log": lambda: LogExpected(table.text("log"), table.count("times")),
    }
    named = [key for key in subjects if table.has(key)]
    if len(named) != 1:
        raise table.wrong(f"needs one of {', '.join(subjects)}")
    return subjects[named[0]]()


def _source(table: Table, lasts_s: float, sources: list[str]) -> Expectation:
    source, window = table.one_of("source", sources), _window(table, lasts_s)
    if table.has("size"):
        return SizeExpected(source, table.text("size"), window)
    status = Status[table.one_of("status", [one.name for one in Status])]
    return StatusExpected(source, status, window, table.text("says", ""))


def _fault(table: Table, lasts_s: float, sources: list[str]) -> Expectation:
    # Of another name none can be there, so that nothing would ever be missed.
    ours = [kind(source, "").name for source in sources for kind in (capture_fault, decode_fault)]
    if table.has("held"):
        fault = table.one_of("fault", [*ours, LIVENESS_FAULT_NAME])
        return FaultExpected(fault, table.flag("held"), _window(table, lasts_s))
    fault = table.one_of("fault", ours)
    return EdgesExpected(fault, table.count("raised"), table.count("cleared"))


def _window(table: Table, lasts_s: float) -> Window:
    by_s = table.seconds("by", most=lasts_s)
    return Window(by_s, table.seconds("until", by_s, least=by_s, most=lasts_s))
