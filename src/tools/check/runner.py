"""Running the checks: every trouble is a line, none a traceback."""

import logging
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.finding import Finding, Line, failed, passed, skipped
from spot_webcam.tools.check.plan import NEED_PICTURES
from spot_webcam.tools.check.target import Check, Hopeless, ServiceCheck, SourceCheck, Target
from spot_webcam.tools.robot_clients.check_client import Interrupted

_LOG = logging.getLogger(__name__)

REST = "the rest"


def run_checks(
    checks: Iterable[Check], target: Target, tell: Callable[[str], None]
) -> Iterator[Line]:
    """Yield lines as they are found; `tell` is called with what is looked at now.

    Raises:
        Interrupted: the user wants no more.
    """
    for check in checks:
        tell(check.name)
        try:
            if isinstance(check, ServiceCheck):
                yield from _of_service(check, target)
            else:
                yield from _of_sources(check, target)
        except Hopeless as error:
            yield Line(REST, "", skipped(f"not looked at: {error}"))
            return


def _of_service(check: ServiceCheck, target: Target) -> Iterator[Line]:
    if check.name in NEED_PICTURES and not _with_pictures(target):
        yield Line(check.name, "", skipped("no source gives pictures"))
        return
    for finding in _guarded(target, check.verifies, lambda: check.run(target)):
        yield Line(check.name, "", finding)


def _of_sources(check: SourceCheck, target: Target) -> Iterator[Line]:
    for source in target.sources:
        if check.needs_picture and source.name in target.without_pictures:
            yield Line(check.name, source.name, skipped("it gives no pictures"))
            continue
        for finding in _guarded(target, check.verifies, partial(check.run, target, source)):
            yield Line(check.name, source.name, finding)


def _with_pictures(target: Target) -> bool:
    return any(one.name not in target.without_pictures for one in target.sources)


def _guarded(
    target: Target, verifies: str, run: Callable[[], Iterable[Finding]]
) -> Iterator[Finding]:
    """Yield a check's findings, and that it has passed if there are none."""
    found = False
    try:
        for finding in run():
            found = True
            yield finding
    except RobotError as error:
        yield failed(f"the robot: {error}", "look at the robot, and check again")
        target.note_robot(error)
    except (Hopeless, Interrupted):
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
