"""Every trouble of a check is a line."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.tools.check.finding import Finding, Line, Verdict, failed, passed
from spot_webcam.tools.check.report import Report
from spot_webcam.tools.check.runner import REST, run_checks
from spot_webcam.tools.check.settings import Settings
from spot_webcam.tools.check.table import merged, summary, table
from spot_webcam.tools.check.target import Check, Hopeless, ServiceCheck, SourceCheck, Target
from spot_webcam.tools.robot_clients.check_client import Interrupted, Reply
from tests.unit.tools.check.stand import failed_reply, make_source


class HungService:
    """A `Service` none of whose calls is answered, and whose faults the test sets."""

    name = "under-test"

    def __init__(self) -> None:
        self.standing: dict[str, str] = {}

    def faults(self) -> dict[str, str]:
        return self.standing

    def begin(self, *_: object) -> "HungService":
        return self

    def wait(self, _stopping: threading.Event) -> Reply:
        return failed_reply("DEADLINE_EXCEEDED")


@pytest.fixture
def target() -> Target:
    service: Any = HungService()
    target = Target(service, Settings(), threading.Event())
    target.sources = (make_source(), make_source(name="back"))
    return target


def lines(target: Target, *checks: Check) -> list[Line]:
    return list(run_checks(checks, target, lambda _: None))


def service_check(run: Any) -> ServiceCheck:
    return ServiceCheck("a check", "all is well", run)


def raising(error: Exception) -> ServiceCheck:
    def run(_target: Target) -> Iterator[Finding]:
        yield passed("so far")
        raise error

    return service_check(run)


def test_check_that_finds_nothing_has_passed(target: Target) -> None:
    assert lines(target, service_check(lambda _: ())) == [
        Line("a check", "", passed("all is well"))
    ]


def test_source_check_runs_for_each_source_that_gives_pictures(target: Target) -> None:
    target.without_pictures.add("back")
    check = SourceCheck("a check", "all is well", lambda _, source: [passed(source.name)])
    front, back = lines(target, check)
    assert front.finding == passed("front")
    assert (back.source, back.finding.verdict) == ("back", Verdict.SKIP)


def test_robot_that_fails_is_a_line_and_the_next_check_runs(target: Target) -> None:
    found = lines(target, raising(RobotUnreachable("away")), service_check(lambda _: ()))
    assert [one.finding.verdict for one in found] == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]
    assert found[1].finding.reason == "the robot: away"


def test_robot_that_fails_each_time_is_asked_no_more(target: Target) -> None:
    away = raising(RobotUnreachable("away"))
    found = lines(target, *[away] * 9)
    assert len(found) == 7
    assert "3 times in a row: away" in found[-1].finding.reason


def test_answer_that_nobody_foresaw_is_a_line(target: Target) -> None:
    found = lines(target, raising(KeyError("what")))
    assert "cannot be judged: KeyError" in found[1].finding.reason


def test_hopeless_case_ends_with_one_line(target: Target) -> None:
    found = lines(target, raising(Hopeless("gone")), service_check(lambda _: ()))
    assert [one.check for one in found] == ["a check", REST]


def test_interrupt_comes_through(target: Target) -> None:
    with pytest.raises(Interrupted):
        lines(target, raising(Interrupted()))


def test_no_check_waits_for_a_service_that_hangs_time_and_again(target: Target) -> None:
    check = SourceCheck("a check", "", lambda target, _: [failed(target.get().code, "")])
    found = lines(target, check, check, check)
    assert [one.check for one in found] == ["a check", "a check", REST]
    assert "3 calls in a row" in found[-1].finding.reason


def test_pause_ends_with_the_users_patience() -> None:
    stopping = threading.Event()
    stopping.set()
    service: Any = HungService()
    with pytest.raises(Interrupted):
        Target(service, Settings(), stopping).pause(60)


def test_only_new_faults_are_blamed_and_on_the_first_who_did_it(target: Target) -> None:
    service: Any = target.service
    service.standing = {"old": ""}
    target.note_faults()
    target.blame_for_faults("nobody")
    service.standing = {"old": "", "new": ""}
    target.blame_for_faults("a bad request")
    target.blame_for_faults("another")
    assert target.blamed["new"].deed == "a bad request"


def test_what_came_up_before_a_bad_request_is_not_blamed_on_it(target: Target) -> None:
    service: Any = target.service
    service.standing = {"early": ""}
    target.clear_of_earlier_faults()
    target.blame_for_faults("a bad request")
    service.standing = {"early": "", "late": ""}
    target.clear_of_earlier_faults()
    deeds = {name: blame.deed for name, blame in target.blamed.items()}
    assert deeds == {"early": "ordinary requests", "late": "a bad request, or soon after"}


def test_camera_that_is_away_is_told_with_its_fault(target: Target) -> None:
    service: Any = target.service
    service.standing = {"new": ""}
    target.blame_for_faults("a bad request")
    assert target.blamed["new"].away == "front"


def test_table_holds_nothing_that_steers_a_terminal() -> None:
    steering = Line("times", "fr\x1b]0;name\x07ont", failed("\x1b[2Jold", "\x9b2J"))
    console = Console(width=100, force_terminal=False)
    with console.capture() as capture:
        console.print(table([steering], "\x1b[2Ja title"))
    assert not {"\x1b", "\x07", "\x9b"} & set(capture.get())


LINES = [
    Line("times", "front", passed("fresh")),
    Line("times", "back", passed("fresh")),
    Line("times", "left", failed("old [bold]", "look")),
]


def test_table_has_one_line_for_the_same_finding() -> None:
    assert [one.source for one in merged(LINES)] == ["front, back", "left"]
    console = Console(width=100, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(table(LINES, "a title"))
    shown = capture.get()
    assert "old [bold]" in shown
    assert "→ look" in shown
    assert summary(LINES) == "2 passed, 0 warned, 1 failed, 0 skipped"


def test_report_is_json_of_all_lines() -> None:
    text = Report("robot", "service", LINES, 1.23, complete=True).to_json()
    assert '"advice": "look"' in text
    assert '"failed": 1' in text
