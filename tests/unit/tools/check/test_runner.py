"""Every call_problem of a check is a line."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from spot_webcam.domain.errors import RobotUnreachable
from spot_webcam.tools.check.findings import Finding, Line, Verdict, failed, passed
from spot_webcam.tools.check.report import CheckReport, merged, summary, table
from spot_webcam.tools.check.runner import REST, run_checks
from spot_webcam.tools.check.service import (
    AbortChecks,
    Check,
    CheckSettings,
    ServiceCheck,
    ServiceUnderTest,
    SourceCheck,
)
from spot_webcam.tools.robot_clients.check_client import Interrupted, Reply
from tests.unit.tools.check.messages import failed_reply, make_source


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
def target() -> ServiceUnderTest:
    service: Any = HungService()
    target = ServiceUnderTest(service, CheckSettings(), threading.Event())
    target.sources = (make_source(), make_source(name="back"))
    return target


def lines(target: ServiceUnderTest, *checks: Check) -> list[Line]:
    return list(run_checks(checks, target, lambda _: None))


def service_check(run: Any) -> ServiceCheck:
    return ServiceCheck("a check", "all is well", run)


def raising(error: Exception) -> ServiceCheck:
    def run(_target: ServiceUnderTest) -> Iterator[Finding]:
        yield passed("so far")
        raise error

    return service_check(run)


def test_check_that_finds_nothing_has_passed(target: ServiceUnderTest) -> None:
    assert lines(target, service_check(lambda _: ())) == [
        Line("a check", "", passed("all is well"))
    ]


def test_source_check_runs_for_each_source_that_gives_pictures(target: ServiceUnderTest) -> None:
    target.without_pictures.add("back")
    check = SourceCheck("a check", "all is well", lambda _, source: [passed(source.name)])
    front, back = lines(target, check)
    assert front.finding == passed("front")
    assert (back.source, back.finding.verdict) == ("back", Verdict.SKIP)


def test_robot_that_fails_is_a_line_and_the_next_check_runs(target: ServiceUnderTest) -> None:
    found = lines(target, raising(RobotUnreachable("away")), service_check(lambda _: ()))
    assert [line.finding.verdict for line in found] == [Verdict.PASS, Verdict.FAIL, Verdict.PASS]
    assert found[1].finding.reason == "the robot: away"


def test_robot_that_fails_each_time_is_asked_no_more(target: ServiceUnderTest) -> None:
    away = raising(RobotUnreachable("away"))
    found = lines(target, *[away] * 9)
    assert len(found) == 7
    assert "3 times in a row: away" in found[-1].finding.reason


def test_answer_that_nobody_foresaw_is_a_line(target: ServiceUnderTest) -> None:
    found = lines(target, raising(KeyError("what")))
    assert "cannot be judged: KeyError" in found[1].finding.reason


def test_hopeless_case_ends_with_one_line(target: ServiceUnderTest) -> None:
    found = lines(target, raising(AbortChecks("gone")), service_check(lambda _: ()))
    assert [line.check for line in found] == ["a check", REST]


def test_interrupt_comes_through(target: ServiceUnderTest) -> None:
    with pytest.raises(Interrupted):
        lines(target, raising(Interrupted()))


def test_no_check_waits_for_a_service_that_hangs_time_and_again(target: ServiceUnderTest) -> None:
    check = SourceCheck("a check", "", lambda target, _: [failed(target.get().code, "")])
    found = lines(target, check, check, check)
    assert [line.check for line in found] == ["a check", "a check", REST]
    assert "3 calls in a row" in found[-1].finding.reason


def test_pause_ends_with_the_users_patience() -> None:
    stopping = threading.Event()
    stopping.set()
    service: Any = HungService()
    with pytest.raises(Interrupted):
        ServiceUnderTest(service, CheckSettings(), stopping).pause(60)


def test_only_new_faults_are_blamed_and_on_the_first_who_did_it(target: ServiceUnderTest) -> None:
    service: Any = target.client
    service.standing = {"old": ""}
    target.ignore_present_faults()
    target.attribute_faults("nobody")
    service.standing = {"old": "", "new": ""}
    target.attribute_faults("a bad request")
    target.attribute_faults("another")
    assert target.attributions["new"].action == "a bad request"


def test_what_came_up_before_a_bad_request_is_not_blamed_on_it(target: ServiceUnderTest) -> None:
    service: Any = target.client
    service.standing = {"early": ""}
    target.attribute_earlier_faults()
    target.attribute_faults("a bad request")
    service.standing = {"early": "", "late": ""}
    target.attribute_earlier_faults()
    actions = {name: attribution.action for name, attribution in target.attributions.items()}
    assert actions == {"early": "ordinary requests", "late": "a bad request, or soon after"}


def test_camera_that_is_away_is_reported_with_its_fault(target: ServiceUnderTest) -> None:
    service: Any = target.client
    service.standing = {"new": ""}
    target.attribute_faults("a bad request")
    assert target.attributions["new"].failed_source == "front"


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
    assert [line.source for line in merged(LINES)] == ["front, back", "left"]
    console = Console(width=100, record=True, file=None, quiet=False)
    with console.capture() as capture:
        console.print(table(LINES, "a title"))
    shown = capture.get()
    assert "old [bold]" in shown
    assert "→ look" in shown
    assert summary(LINES) == "2 passed, 0 warned, 1 failed, 0 skipped"


def test_report_is_json_of_all_lines() -> None:
    text = CheckReport("robot", "service", LINES, 1.23, complete=True).to_json()
    assert '"advice": "look"' in text
    assert '"failed": 1' in text
