"""Violations of the invariants of every scenario are found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.invariants import violations_while_running
from spot_webcam.tools.demo.record import FaultEdge, Observation, Record, SourceState
from spot_webcam.tools.demo.scenario_file import parse

HEAD = 'title = "One"\nlasts = 30\n[[camera]]\nname = "front"\n'
CLOCK = '[[event]]\nat = 1\nrobot = "clock"\nseconds = 300\n'


def _violations(
    ages_s: Sequence[float] = (),
    contents: Sequence[bytes] = (),
    *,
    edges: Sequence[FaultEdge] = (),
    hostile: Sequence[tuple[str, str]] = (),
    registrations_s: Sequence[float] = (),
    events: str = "",
    are_late: bool = False,
) -> list[str]:
    contents = contents or [bytes([n]) for n in range(len(ages_s))]
    observations = [
        Observation(
            n / 2,
            {
                "front": SourceState(
                    Status.OK,
                    age_s=age_s,
                    acquired_s=0.0 if are_late else n / 2 - age_s,
                    content=content,
                )
                if content
                else SourceState(Status.IMAGE_DATA_ERROR)
            },
            (),
            registered=True,
        )
        for n, (age_s, content) in enumerate(zip(ages_s, contents, strict=True))
    ]
    record = Record(observations, list(edges), [], list(hostile), list(registrations_s))
    return list(violations_while_running(parse("one", HEAD + events), record, fast=True))


def test_young_pictures_are_accepted() -> None:
    assert _violations([0.1, 0.9, 1.0]) == []


@pytest.mark.parametrize("age_s", [1.1, -0.1, 420.0])
def test_wrong_age_is_found(age_s: float) -> None:
    [violation] = _violations([0.1, age_s])
    assert violation == f"front served a picture {age_s:.2f} s old as OK at 0.5 s; the limit is 1 s"


def test_times_may_be_wrong_until_the_next_heartbeat_after_the_clock_was_set() -> None:
    wrong_s = [0.1, 0.1, *[300.1] * 13]
    assert _violations(wrong_s, events=CLOCK) == []
    assert len(_violations([*wrong_s, 300.1], events=CLOCK)) == 1


def test_clock_step_before_an_outage_is_noticed_after_it() -> None:
    outage = '[[event]]\nat = 3\nrobot = "silent"\nfor = 3\n'
    assert _violations([300.1] * 44, events=CLOCK + outage)[0].endswith(
        "OK at 0 s; the limit is 1 s"
    )
    assert _violations([0.1, 0.1, *[300.1] * 40], events=CLOCK + outage) == []


def test_picture_served_again_with_newer_times_is_found() -> None:
    [violation] = _violations([0.1] * 5, [b"a", b"b", b"b", b"b", b"b"])
    assert violation == "front served the same picture as OK from 0.5 s to 2 s"


def test_late_observations_of_one_moment_may_have_one_picture() -> None:
    assert _violations([0.1] * 5, [b"b"] * 5, are_late=True) == []


def test_a_picture_may_come_again_after_an_interruption() -> None:
    assert _violations([0.1] * 5, [b"a", b"a", b"", b"a", b"a"]) == []


def test_fault_raised_too_often_is_found() -> None:
    edges = [FaultEdge(1.0, "x", True), FaultEdge(3.0, "x", False), FaultEdge(9.0, "x", True)]
    assert _violations(edges=edges) == ["'x' was raised twice within 10 s"]
    assert _violations(edges=[*edges[:2], FaultEdge(11.0, "x", True)]) == []
    # Whatever else happened to the robot: faults are raised again only if it forgot them.
    assert len(_violations(edges=edges, events=CLOCK)) == 1
    assert len(_violations(edges=edges, registrations_s=[0.5, 9.5])) == 1
    for forgot_s in (1.0, 5.0, 9.0):
        assert _violations(edges=edges, registrations_s=[forgot_s]) == []


def test_answer_that_blames_the_service_is_found() -> None:
    assert _violations(hostile=[("noise", "INVALID_ARGUMENT"), ("a name", "UNKNOWN_CAMERA")]) == []
    [violation] = _violations(hostile=[("noise", "INTERNAL")])
    assert violation == "a hostile client's call (noise) was answered INTERNAL"
