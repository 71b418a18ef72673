"""When the service manager hears of the daemon, and what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spot_webcam.app.capture.source_snapshot import SourceState
from spot_webcam.app.monitoring.service_report import PERIOD_S, ServiceReport, status
from spot_webcam.app.monitoring.snapshot import LoopSnapshot, Snapshot
from spot_webcam.app.runtime.service_manager import ServiceManager
from tests.unit.app.monitoring.snapshots import ROBOT, SNAPSHOT, source

STUCK = (LoopSnapshot("capture-front", True, 181.0, 180.0),)


class Recorded(ServiceManager):
    """A service manager that keeps what it hears."""

    def __init__(self, watchdog_s: float | None, *, listens: bool = True) -> None:
        super().__init__(watchdog_s=watchdog_s)
        self.signs: list[bool] = []
        self.status = ""
        self._listens = listens

    @property
    def listens(self) -> bool:
        return self._listens

    def report(self, status: str, *, turns: bool) -> None:
        self.status = status
        self.signs.append(turns)


class Watched:
    """A daemon whose state and time are the test's."""

    def __init__(self, manager: Recorded) -> None:
        self.now_s = 0.0
        self.snapshot = SNAPSHOT
        self.error: Exception | None = None
        self.manager = manager
        self._report = ServiceReport(self._snapshot, manager, lambda: self.now_s)

    def _snapshot(self) -> Snapshot:
        if self.error is not None:
            raise self.error
        return self.snapshot

    def after(self, seconds: float) -> list[bool]:
        """Let time pass as the main thread does; return the signs of life in it."""
        until_s = self.now_s + seconds
        while self.now_s < until_s:
            self._report.send_when_due()
            self.now_s += 0.2
        signs, self.manager.signs = self.manager.signs, []
        return signs


@pytest.mark.parametrize(("watchdog_s", "period_s"), [(None, 5.0), (30.0, 5.0), (3.0, 1.0)])
def test_state_is_reported_in_time_for_the_watchdog(
    watchdog_s: float | None, period_s: float
) -> None:
    assert period_s <= PERIOD_S
    signs = Watched(Recorded(watchdog_s)).after(30.0)
    assert set(signs) == {True}
    assert 30.0 / (period_s + 0.2) <= len(signs) <= 30.0 / period_s + 1


def test_stuck_thread_ends_the_signs_of_life(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(Recorded(30.0))
    watched.after(30.0)
    watched.snapshot = replace(SNAPSHOT, loops=STUCK)
    assert set(watched.after(20.0)) == {False}
    assert caplog.messages == [
        "the service manager is to restart this: the thread capture-front has hung for 181 s"
    ]
    watched.snapshot = SNAPSHOT
    assert set(watched.after(10.0)) == {True}
    assert watched.manager.status == status(SNAPSHOT)
    assert caplog.messages[1:] == ["all threads turn again: no restart is needed"]


def test_nobody_is_promised_a_restart_without_a_watchdog(
    caplog: pytest.LogCaptureFixture,
) -> None:
    watched = Watched(Recorded(None))
    watched.snapshot = replace(SNAPSHOT, loops=STUCK)
    assert set(watched.after(10.0)) == {False}
    assert caplog.messages == []


def test_lack_of_memory_is_waited_for() -> None:
    watched = Watched(Recorded(30.0))
    watched.error = MemoryError()
    assert watched.after(10.0) == []
    watched.error = None
    assert set(watched.after(10.0)) == {True}


def test_without_a_service_manager_there_is_no_snapshot() -> None:
    def snapshot() -> None:
        pytest.fail("a snapshot was taken")

    ServiceReport(snapshot, Recorded(None, listens=False)).send_when_due()  # type: ignore[arg-type]
    assert Watched(Recorded(None, listens=False)).after(10.0) == []


def test_status_names_each_source() -> None:
    dark = source("rear", SourceState.FAILED, error="unplugged")
    both = replace(SNAPSHOT, sources=(source("front"), dark))
    assert status(both) == "registered; front is good; rear is failed: unplugged"


def test_status_says_what_is_wrong() -> None:
    lost = replace(SNAPSHOT, robot=replace(ROBOT, registered=False, error="connect: no answer"))
    assert status(lost) == "not registered with the robot: connect: no answer"
    refused = replace(SNAPSHOT, configuration_error="spot.toml:1: wrong")
    assert status(refused) == (
        "registered; front is good; the configuration file is not used: spot.toml:1: wrong"
    )
