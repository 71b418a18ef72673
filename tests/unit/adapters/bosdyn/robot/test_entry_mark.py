import pytest
from bosdyn.api.directory_pb2 import ServiceEntry
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.adapters.bosdyn.robot.entry_mark import (
    LIVENESS_TIMEOUT_S,
    EntryMark,
    new_mark,
    read_mark,
)

marks = st.builds(EntryMark, st.integers(1, (1 << 12) - 1), st.integers(1, (1 << 18) - 1))


@given(marks)
def test_mark_comes_back_from_the_wire(mark: EntryMark) -> None:
    sent = ServiceEntry(liveness_timeout_secs=mark.liveness_timeout_s).SerializeToString()
    assert read_mark(ServiceEntry.FromString(sent).liveness_timeout_secs) == mark


@given(marks)
def test_mark_is_no_matter_to_the_robot(mark: EntryMark) -> None:
    assert 0 < mark.liveness_timeout_s - LIVENESS_TIMEOUT_S < 10e-6
    assert f"{mark.liveness_timeout_s:g}" == f"{LIVENESS_TIMEOUT_S:g}"


@pytest.mark.parametrize("timeout_s", [0.0, 5.0, 20.0, 20.001, 30.0, 1e6, float("nan"), -1.0])
def test_other_programs_timeouts_are_no_marks(timeout_s: float) -> None:
    assert read_mark(timeout_s) is None


@pytest.mark.parametrize("units", [1.5, 7, 7 << 18])
def test_half_a_mark_is_none(units: float) -> None:
    assert read_mark(LIVENESS_TIMEOUT_S + units * 2.0**-47) is None


def test_processes_of_one_scope_share_the_computer_alone() -> None:
    first, second = new_mark("here"), new_mark("here")
    assert first.computer == second.computer
    assert first.process != second.process
    assert read_mark(first.liveness_timeout_s) == first


def test_processes_without_a_scope_share_nothing() -> None:
    assert new_mark("") != new_mark("")
