"""What must hold in every scenario is noticed when it does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.scenario.invariants import broken_while_running
from spot_webcam.tools.demo.scenario.reading import parse
from spot_webcam.tools.demo.scenario.record import Moment, Record, SeenEdge, View

HEAD = 'title = "One"\nlasts = 30\n[[camera]]\nname = "front"\n'
CLOCK = '[[event]]\nat = 1\nrobot = "clock"\nseconds = 300\n'


def _broken(
    ages_s: Sequence[float] = (),
    contents: Sequence[bytes] = (),
    *,
    edges: Sequence[SeenEdge] = (),
    hostile: Sequence[tuple[str, str]] = (),
    registrations_s: Sequence[float] = (),
    events: str = "",
) -> list[str]:
    contents = contents or [bytes([n]) for n in range(len(ages_s))]
    moments = [
        Moment(
            n / 2,
            {
                "front": View(Status.OK, age_s=age_s, content=content)
                if content
                else View(Status.IMAGE_DATA_ERROR)
            },
            (),
            registered=True,
        )
        for n, (age_s, content) in enumerate(zip(ages_s, contents, strict=True))
    ]
    record = Record(moments, list(edges), [], list(hostile), list(registrations_s))
    return list(broken_while_running(parse("one", HEAD + events), record, fast=True))


def test_young_pictures_are_fine() -> None:
    assert _broken([0.1, 0.9, 1.0]) == []


@pytest.mark.parametrize("age_s", [1.1, -0.1, 420.0])
def test_a_wrong_age_is_told(age_s: float) -> None:
    [told] = _broken([0.1, age_s])
    assert told == f"front gave a picture {age_s:.2f} s old as OK at 0.5 s; the limit is 1 s"


def test_times_may_be_wrong_until_the_next_heartbeat_after_the_clock_was_set() -> None:
    wrong_s = [0.1, 0.1, *[300.1] * 13]
    assert _broken(wrong_s, events=CLOCK) == []
    assert len(_broken([*wrong_s, 300.1], events=CLOCK)) == 1


def test_a_clock_that_was_set_before_an_outage_is_found_out_after_it() -> None:
    outage = '[[event]]\nat = 3\nrobot = "silent"\nfor = 3\n'
    assert _broken([300.1] * 44, events=CLOCK + outage)[0].endswith("OK at 0 s; the limit is 1 s")
    assert _broken([0.1, 0.1, *[300.1] * 40], events=CLOCK + outage) == []


def test_a_picture_that_is_served_with_ever_newer_times_is_told() -> None:
    [told] = _broken([0.1] * 5, [b"a", b"b", b"b", b"b", b"b"])
    assert told == "front gave the same picture as OK from 0.5 s to 2 s"


def test_a_picture_may_come_again_after_an_interruption() -> None:
    assert _broken([0.1] * 5, [b"a", b"a", b"", b"a", b"a"]) == []


def test_a_fault_that_is_told_too_often_is_told() -> None:
    edges = [SeenEdge(1.0, "x", True), SeenEdge(3.0, "x", False), SeenEdge(9.0, "x", True)]
    assert _broken(edges=edges) == ["'x' was raised twice within 10 s"]
    assert _broken(edges=[*edges[:2], SeenEdge(11.0, "x", True)]) == []
    # Whatever happened to the robot: only one that forgets has to be told again.
    assert len(_broken(edges=edges, events=CLOCK)) == 1
    assert len(_broken(edges=edges, registrations_s=[0.5, 9.5])) == 1
    for forgot_s in (1.0, 5.0, 9.0):
        assert _broken(edges=edges, registrations_s=[forgot_s]) == []


def test_an_answer_that_takes_the_blame_is_told() -> None:
    assert _broken(hostile=[("noise", "INVALID_ARGUMENT"), ("a name", "UNKNOWN_CAMERA")]) == []
    [told] = _broken(hostile=[("noise", "INTERNAL")])
    assert told == "a hostile client's call (noise) was answered INTERNAL"
