"""The command: log in, check, show."""

import argparse
import logging
import threading
import time
from collections.abc import Callable, Sequence

from rich.console import Console

from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cli.command_line import EXIT_COULD_NOT_RUN, EXIT_STOPPED, CouldNotRun
from spot_webcam.app.cli.tables import plain
from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.finding import Line, Verdict
from spot_webcam.tools.check.login import link_of
from spot_webcam.tools.check.plan import plan
from spot_webcam.tools.check.report import Report
from spot_webcam.tools.check.report_file import STDOUT, ReportFile
from spot_webcam.tools.check.runner import REST, run_checks
from spot_webcam.tools.check.settings import Settings
from spot_webcam.tools.check.table import check_console, summary, table
from spot_webcam.tools.check.target import Target
from spot_webcam.tools.robot_clients.check_client import CheckClient, Interrupted

_LOG = logging.getLogger(__name__)

EXIT_FAILED = EXIT_COULD_NOT_RUN


def check(options: argparse.Namespace, settings: Settings, stopping: threading.Event) -> int:
    """Check a service; return 1 when something failed, or warned and `--strict` is given.

    Raises:
        CouldNotRun: the robot cannot be reached, the login fails, the result cannot be written,
            or the user interrupts: then the table of what was done is shown before.
    """
    file = ReportFile(options.json)
    console = check_console(stderr=options.json == STDOUT)
    began_s = time.monotonic()
    lines: list[Line] = []
    try:
        interrupted = not _looked_at(options, settings, stopping, console, lines)
    except BaseException:
        file.leave()
        raise
    complete = not interrupted and all(one.check != REST for one in lines)
    report = Report(
        options.hostname, options.image_service, lines, time.monotonic() - began_s, complete
    )
    console.print(table(lines, f"{options.image_service} at {options.hostname}"))
    console.print(f"{summary(lines)}, in {report.took_s:.1f} s")
    file.write(report.to_json())
    if interrupted:
        raise CouldNotRun("interrupted: this is not all")
    return _exit_code(lines, strict=options.strict)


def _looked_at(
    options: argparse.Namespace,
    settings: Settings,
    stopping: threading.Event,
    console: Console,
    lines: list[Line],
) -> bool:
    """Add lines; return whether the user let it come to its end."""
    link = link_of(options)
    try:
        service = _service(link, options.image_service)
        return _checked(Target(service, settings, stopping), settings, console, lines)
    except RobotError as error:
        raise CouldNotRun(plain(str(error)).plain) from error
    finally:
        link.close()


def _service(link: RobotLink, name: str) -> CheckClient:
    clock = SystemClock()
    _LOG.debug("connected to %s", link.connect())
    link.authenticate()
    robot_clock = BosdynRobotClock(link, clock)
    robot_clock.synchronize()
    return CheckClient(link, robot_clock, clock, name)


def _checked(target: Target, settings: Settings, console: Console, lines: list[Line]) -> bool:
    """Add lines; return whether the user let it come to its end."""
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
                    plain(line.source).plain,
                    plain(line.finding.reason).plain,
                )
        except Interrupted:
            return False
    return True


def _teller(show: Callable[[str], None], names: Sequence[str]) -> Callable[[str], None]:
    return lambda name: show(f"{names.index(name) + 1} of {len(names)}: {name}")


def _exit_code(lines: Sequence[Line], *, strict: bool) -> int:
    bad = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    return EXIT_FAILED if any(one.finding.verdict in bad for one in lines) else EXIT_STOPPED
