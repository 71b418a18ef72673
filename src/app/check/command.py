"""The command: log in, check, show."""

import argparse
import logging
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console

from spot_webcam.adapters.bosdyn.check_client import CheckClient, Interrupted
from spot_webcam.adapters.bosdyn.robot_clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot_link import RobotLink
from spot_webcam.adapters.system_clock import SystemClock
from spot_webcam.app.check.finding import Line, Verdict
from spot_webcam.app.check.login import link_of
from spot_webcam.app.check.plan import plan
from spot_webcam.app.check.report import Report
from spot_webcam.app.check.runner import run_checks
from spot_webcam.app.check.settings import Settings
from spot_webcam.app.check.table import check_console, summary, table
from spot_webcam.app.check.target import Target
from spot_webcam.app.command_line import EXIT_COULD_NOT_RUN, EXIT_STOPPED, CouldNotRun
from spot_webcam.domain.errors import RobotError

_LOG = logging.getLogger(__name__)

EXIT_FAILED = EXIT_COULD_NOT_RUN
STDOUT = "-"


def check(options: argparse.Namespace, settings: Settings, stopping: threading.Event) -> int:
    """Check a service; return 1 when something failed, or warned and `--strict` is given.

    Raises:
        CouldNotRun: the robot cannot be reached, the login fails, or the user interrupts: then
            the table of what was done is shown before.
    """
    _make_room(options.json)
    link = link_of(options)
    console = check_console(stderr=options.json == STDOUT)
    began_s = time.monotonic()
    lines: list[Line] = []
    try:
        service = _service(link, options.image_service)
        complete = _checked(Target(service, settings, stopping), settings, console, lines)
    except RobotError as error:
        raise CouldNotRun(str(error)) from error
    finally:
        link.close()
    report = Report(
        options.hostname, options.image_service, lines, time.monotonic() - began_s, complete
    )
    console.print(table(lines, f"{options.image_service} at {options.hostname}"))
    console.print(f"{summary(lines)}, in {report.took_s:.1f} s")
    _write(report, options.json)
    if not complete:
        raise CouldNotRun("interrupted: this is not all")
    return _exit_code(lines, strict=options.strict)


def _service(link: RobotLink, name: str) -> CheckClient:
    clock = SystemClock()
    _LOG.debug("connected to %s", link.connect())
    link.authenticate()
    robot_clock = BosdynRobotClock(link, clock)
    robot_clock.synchronize()
    return CheckClient(link, robot_clock, clock, name)


def _checked(target: Target, settings: Settings, console: Console, lines: list[Line]) -> bool:
    """Add lines; return whether these are all."""
    checks = plan(settings)
    with console.status("") as status:
        tell = _teller(status.update, [one.name for one in checks])
        try:
            for line in run_checks(checks, target, tell):
                lines.append(line)
                _LOG.debug(
                    "%s %s %s: %s",
                    line.finding.verdict.value,
                    line.check,
                    line.source,
                    line.finding.reason,
                )
        except Interrupted:
            return False
    return True


def _teller(show: Callable[[str], None], names: Sequence[str]) -> Callable[[str], None]:
    return lambda name: show(f"{names.index(name) + 1} of {len(names)}: {name}")


def _make_room(json: str | None) -> None:
    if json is None or json == STDOUT:
        return
    try:
        Path(json).parent.mkdir(parents=True, exist_ok=True)
        Path(json).touch()
    except OSError as error:
        raise CouldNotRun(f"{error}: choose another file") from error


def _write(report: Report, json: str | None) -> None:
    if json == STDOUT:
        sys.stdout.write(report.to_json())
    elif json is not None:
        Path(json).write_text(report.to_json())


def _exit_code(lines: Sequence[Line], *, strict: bool) -> int:
    bad = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    return EXIT_FAILED if any(one.finding.verdict in bad for one in lines) else EXIT_STOPPED
