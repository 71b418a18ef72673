from collections.abc import Callable
from enum import Enum
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spot_webcam.domain.health.faults import Edge, Fault, FaultLedger, capture_fault, decode_fault
from spot_webcam.domain.timing import NANOSECONDS

SETTLE_S, PAUSE_S = 1.0, 10.0
FAULT = Fault("Image Capture Failure for front", "unplugged")
OTHER = Fault("Decoding Image rear Failure", "damaged")
RAISED, CLEARED = Edge(FAULT, raised=True), Edge(FAULT, raised=False)


class Timeline:
    """A ledger on a clock of seconds; every edge that is due is reported."""

    def __init__(self) -> None:
        self.ledger = FaultLedger(settle_s=SETTLE_S, pause_s=PAUSE_S)
        self.now_ns = 0
        self.reported: list[tuple[float, Edge]] = []

    def look(self, *standing: Fault, after_s: float = 0.0, robot: bool = True) -> list[Edge]:
        self.now_ns += round(after_s * NANOSECONDS)
        self.ledger.observe(standing, self.now_ns)
        due = self.ledger.due(self.now_ns)
        if robot:
            for edge in due:
                self.ledger.mark_reported(edge, self.now_ns)
                self.reported.append((self.now_ns / NANOSECONDS, edge))
        return due


@pytest.fixture
def timeline() -> Timeline:
    return Timeline()


def test_names_are_those_of_the_described_system() -> None:
    assert capture_fault("front", "why") == Fault("Image Capture Failure for front", "why")
    assert decode_fault("front", "why") == Fault("Decoding Image front Failure", "why")


def test_nothing_stands_at_first(timeline: Timeline) -> None:
    assert timeline.look() == []
    assert timeline.ledger.reported() == []


def test_fault_is_raised_once_however_often_it_is_seen(timeline: Timeline) -> None:
    assert timeline.look(FAULT) == [RAISED]
    assert [timeline.look(FAULT, after_s=1.0) for _ in range(30)] == [[]] * 30
    assert timeline.ledger.reported() == [FAULT]


def test_fault_is_cleared_once_after_it_has_been_gone_for_a_while(timeline: Timeline) -> None:
    timeline.look(FAULT)
    assert timeline.look(after_s=5.0) == []
    assert timeline.look(after_s=SETTLE_S - 0.1) == []
    assert timeline.look(after_s=0.1) == [CLEARED]
    assert [timeline.look(after_s=1.0) for _ in range(30)] == [[]] * 30
    assert timeline.ledger.reported() == []


def test_fault_that_flaps_within_the_settling_time_is_not_cleared(timeline: Timeline) -> None:
    timeline.look(FAULT)
    for _ in range(20):
        assert timeline.look(after_s=0.9) == []
        assert timeline.look(FAULT, after_s=0.9) == []


def test_fault_that_goes_again_soon_waits_for_its_pause(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=9.9)
    assert timeline.look(after_s=SETTLE_S) == [CLEARED]
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]
    assert timeline.look(after_s=SETTLE_S) == []
    assert timeline.look(after_s=PAUSE_S - SETTLE_S - 0.2) == []
    assert timeline.look(after_s=0.1) == [CLEARED]


def test_fault_that_returns_soon_waits_for_its_pause(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=1.0)
    assert timeline.look(after_s=1.0) == [CLEARED]
    assert timeline.look(FAULT, after_s=1.0) == []
    assert timeline.look(FAULT, after_s=PAUSE_S - 3.1) == []
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]


def test_fault_that_returns_late_is_raised_at_once(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=PAUSE_S)
    timeline.look(after_s=SETTLE_S)
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]


def test_message_that_changes_is_no_edge(timeline: Timeline) -> None:
    timeline.look(FAULT)
    assert timeline.look(Fault(FAULT.name, "still unplugged"), after_s=1.0) == []


def test_raises_come_before_clears(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=1.0)
    assert timeline.look(OTHER, after_s=1.0) == [Edge(OTHER, raised=True), CLEARED]


def test_faults_do_not_delay_one_another(timeline: Timeline) -> None:
    timeline.look(FAULT)
    assert timeline.look(FAULT, OTHER, after_s=0.1) == [Edge(OTHER, raised=True)]


def test_edge_that_could_not_be_reported_is_due_again(timeline: Timeline) -> None:
    for _ in range(3):
        assert timeline.look(FAULT, after_s=0.1, robot=False) == [RAISED]
    timeline.look(FAULT)
    timeline.look(after_s=1.0, robot=False)
    for _ in range(3):
        assert timeline.look(after_s=1.0, robot=False) == [CLEARED]


def test_fault_that_came_and_went_unreported_is_never_reported(timeline: Timeline) -> None:
    timeline.look(FAULT, robot=False)
    timeline.look(after_s=0.1, robot=False)
    assert timeline.look(after_s=60.0) == []


def test_forgotten_fault_is_reported_again_without_a_pause(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.ledger.reset()
    assert timeline.ledger.reported() == []
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]


def test_forgotten_fault_that_is_gone_is_not_reported(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=0.1)
    timeline.ledger.reset()
    assert timeline.look(after_s=60.0) == []
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]


@pytest.mark.parametrize("gone", [False, True])
def test_edge_from_before_the_robot_forgot_is_void(timeline: Timeline, gone: bool) -> None:
    if gone:
        timeline.look(FAULT)
        timeline.look(after_s=1.0)
    (edge,) = timeline.look(*([] if gone else [FAULT]), after_s=1.0, robot=False)
    timeline.ledger.reset()
    timeline.ledger.mark_reported(edge, timeline.now_ns)
    assert timeline.ledger.reported() == []
    assert timeline.look(FAULT) == [RAISED]


def test_raise_that_may_have_been_heard_is_reported_again(timeline: Timeline) -> None:
    timeline.look(FAULT, robot=False)
    timeline.ledger.mark_uncertain(RAISED)
    assert timeline.ledger.reported() == []
    assert timeline.ledger.possibly_reported() == [FAULT]
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]
    assert timeline.ledger.reported() == timeline.ledger.possibly_reported() == [FAULT]


def test_raise_that_may_have_been_heard_is_taken_back_when_the_fault_is_gone(
    timeline: Timeline,
) -> None:
    timeline.look(FAULT, robot=False)
    timeline.ledger.mark_uncertain(RAISED)
    assert timeline.look(after_s=0.1) == []
    assert timeline.look(after_s=SETTLE_S) == [CLEARED]
    assert timeline.look(after_s=PAUSE_S) == []
    assert timeline.ledger.possibly_reported() == []


def test_clear_that_may_have_been_heard_is_made_good_when_the_fault_returns(
    timeline: Timeline,
) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=PAUSE_S)
    assert timeline.look(after_s=SETTLE_S, robot=False) == [CLEARED]
    timeline.ledger.mark_uncertain(CLEARED)
    assert timeline.look(FAULT, after_s=0.1) == [RAISED]


def test_forgotten_uncertain_fault_is_not_cleared(
    timeline: Timeline,
) -> None:
    timeline.look(FAULT, robot=False)
    timeline.ledger.mark_uncertain(RAISED)
    timeline.ledger.reset()
    assert timeline.look(after_s=60.0) == timeline.look(after_s=60.0) == []


@pytest.mark.parametrize(
    "note", [FaultLedger.mark_uncertain, lambda one, edge: one.mark_reported(edge, 0)]
)
def test_raise_that_the_robot_may_have_heard_after_it_forgot_is_taken_back(
    timeline: Timeline, note: Callable[[FaultLedger, Edge], None]
) -> None:
    [edge] = timeline.look(FAULT, robot=False)
    timeline.ledger.reset()
    note(timeline.ledger, edge)
    timeline.look(after_s=0.1)
    assert timeline.look(after_s=SETTLE_S) == [CLEARED]


def test_clear_that_the_robot_may_have_heard_before_it_forgot_is_void(timeline: Timeline) -> None:
    timeline.look(FAULT)
    timeline.look(after_s=PAUSE_S)
    [edge] = timeline.look(after_s=SETTLE_S, robot=False)
    timeline.ledger.reset()
    timeline.ledger.mark_uncertain(edge)
    assert timeline.look(after_s=PAUSE_S) == []


outages = st.lists(
    st.tuples(
        st.floats(0.05, 15.0),
        st.sets(st.sampled_from([FAULT, OTHER])),
        st.booleans(),
    ),
    max_size=40,
)


@given(outages)
def test_edges_alternate_and_keep_their_distances(
    steps: list[tuple[float, set[Fault], bool]],
) -> None:
    timeline = Timeline()
    for after_s, standing, robot in steps:
        timeline.look(*standing, after_s=after_s, robot=robot)
    for fault in (FAULT, OTHER):
        edges = [(at_s, edge.raised) for at_s, edge in timeline.reported if edge.fault == fault]
        assert [raised for _, raised in edges] == [n % 2 == 0 for n in range(len(edges))]
        raises_s = [at_s for at_s, raised in edges if raised]
        assert all(later - earlier > PAUSE_S - 1e-6 for earlier, later in pairwise(raises_s))
        assert (fault in timeline.ledger.reported()) == (len(edges) % 2 == 1)


@given(outages)
def test_robot_comes_to_hold_exactly_what_stands(
    steps: list[tuple[float, set[Fault], bool]],
) -> None:
    timeline = Timeline()
    standing: set[Fault] = set()
    for after_s, standing, robot in steps:
        timeline.look(*standing, after_s=after_s, robot=robot)
    timeline.look(*standing)
    timeline.look(*standing, after_s=PAUSE_S)
    assert set(timeline.ledger.reported()) == standing
    assert timeline.look(*standing, after_s=PAUSE_S) == []


class Hearing(Enum):
    """What becomes of the calls of one look."""

    WELL = "heard and answered"
    ANSWER_LOST = "heard"
    CALL_LOST = "not heard"


@given(
    st.lists(
        st.tuples(
            st.floats(0.05, 15.0),
            st.sets(st.sampled_from([FAULT, OTHER])),
            st.sampled_from(Hearing),
        ),
        max_size=40,
    )
)
def test_robot_comes_to_hold_exactly_what_stands_whatever_was_lost(
    steps: list[tuple[float, set[Fault], Hearing]],
) -> None:
    timeline = Timeline()
    held: set[Fault] = set()
    standing: set[Fault] = set()

    def look(after_s: float, hearing: Hearing) -> None:
        for edge in timeline.look(*standing, after_s=after_s, robot=False):
            if hearing is not Hearing.CALL_LOST:
                (held.add if edge.raised else held.discard)(edge.fault)
            if hearing is Hearing.WELL:
                timeline.ledger.mark_reported(edge, timeline.now_ns)
            else:
                timeline.ledger.mark_uncertain(edge)

    for after_s, standing, hearing in steps:  # noqa: B007 - looked up by `look`
        look(after_s, hearing)
    look(0.0, Hearing.WELL)
    look(PAUSE_S, Hearing.WELL)
    assert held == standing == set(timeline.ledger.possibly_reported())


@given(
    st.lists(st.tuples(st.floats(11.0, 60.0), st.floats(11.0, 60.0)), min_size=1, max_size=6),
    st.floats(0.05, 1.0),
)
def test_every_long_outage_is_one_raise_and_one_clear(
    outages_s: list[tuple[float, float]], period_s: float
) -> None:
    timeline = Timeline()
    for bad_s, good_s in outages_s:
        for _ in range(int(bad_s / period_s)):
            timeline.look(FAULT, after_s=period_s)
        for _ in range(int(good_s / period_s)):
            timeline.look(after_s=period_s)
    assert [edge for _, edge in timeline.reported] == [RAISED, CLEARED] * len(outages_s)
