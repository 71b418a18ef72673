"""Runner of the checks: every problem becomes a line, none a traceback."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.checks import (
    answers,
    clients,
    jpeg_form,
    listing,
    parameters,
    pictures,
    requests,
    robot,
    times,
)
from spot_webcam.tools.check.findings import CheckFailed, Finding, Line, failed, passed, skipped
from spot_webcam.tools.check.service import (
    AbortChecks,
    Check,
    CheckSettings,
    ServiceCheck,
    ServiceUnderTest,
    SourceCheck,
)
from spot_webcam.tools.robot_clients.check_client import Interrupted

_LOG = logging.getLogger(__name__)

REST = "the rest"


def planned_checks(settings: CheckSettings) -> tuple[Check, ...]:
    """Return the checks to run, in an order in which later ones build on earlier ones."""
    return (
        *(robot.registered, robot.reachable, robot.no_faults_before),
        *(listing.sources, listing.description, listing.camera_model, robot.header),
        *(answers.open_request, answers.listed_formats, answers.details),
        *(answers.resizing, pictures.whole_picture, answers.quality),
        *(jpeg_form.jpeg_form, pictures.raw_and_jpeg),
        *(pictures.colour_order, pictures.grey_weights),
        *(times.times, times.times_by_format, parameters.parameters),
        *(requests.fallback, requests.unknown_source, *requests.BAD_REQUESTS),
        *(requests.bad_among_good, clients.order, clients.all_at_once, clients.many_requests),
        *(clients.clients_at_once, clients.clients_that_leave),
        *((parameters.changed_parameters,) if settings.change_parameters else ()),
        *((robot.data_acquisition,) if settings.data_acquisition else ()),
        *(robot.no_faults_by_clients, robot.liveness),
    )


def run_checks(
    checks: Iterable[Check], target: ServiceUnderTest, show: Callable[[str], None]
) -> Iterator[Line]:
    """Yield lines as they are found; `show` is called with the name of each check.

    Raises:
        Interrupted: the user ends the command.
    """
    for check in checks:
        show(check.name)
        try:
            if isinstance(check, ServiceCheck):
                yield from _service_lines(check, target)
            else:
                yield from _source_lines(check, target)
        except AbortChecks as error:
            yield Line(REST, "", skipped(f"not looked at: {error}"))
            return


def _service_lines(check: ServiceCheck, target: ServiceUnderTest) -> Iterator[Line]:
    if check.needs_picture and not target.good_sources():
        yield Line(check.name, "", skipped("no source gives pictures"))
        return
    for finding in _guarded(target, check.verifies, lambda: check.run(target)):
        yield Line(check.name, "", finding)


def _source_lines(check: SourceCheck, target: ServiceUnderTest) -> Iterator[Line]:
    for source in target.sources:
        if check.needs_picture and source.name in target.without_pictures:
            yield Line(check.name, source.name, skipped("it gives no pictures"))
            continue
        for finding in _guarded(target, check.verifies, partial(check.run, target, source)):
            yield Line(check.name, source.name, finding)


def _guarded(
    target: ServiceUnderTest, verifies: str, run: Callable[[], Iterable[Finding]]
) -> Iterator[Finding]:
    """Yield a check's findings, or that it has passed if there are none."""
    found = False
    try:
        try:
            for finding in run():
                found = True
                yield finding
        except CheckFailed as error:
            found = True
            yield error.finding
    except RobotError as error:
        yield failed(f"the robot: {error}", "look at the robot, and check again")
        target.note_robot(error)
    except (AbortChecks, Interrupted):
        raise
    except Exception as error:  # noqa: BLE001 - a service may send anything
        _LOG.debug("a check that failed", exc_info=True)
        yield failed(
            f"what it sent cannot be judged: {type(error).__name__}: {error}",
            "see -v; if the answer is good, this is a defect of the check: report it",
        )
    else:
        target.note_robot(None)
        if not found:
            yield passed(verifies)
