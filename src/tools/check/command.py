"""`spot-webcam check`: log in, run the checks, show and write the result."""

import argparse
import logging
import threading
import time
from collections.abc import Sequence

from rich.console import Console

from spot_webcam.adapters.bosdyn.robot.clock import BosdynRobotClock
from spot_webcam.adapters.bosdyn.robot.link import RobotLink
from spot_webcam.adapters.system.clock import SystemClock
from spot_webcam.app.cli.command_line import EXIT_COULD_NOT_RUN, EXIT_STOPPED, CouldNotRun
from spot_webcam.app.cli.tables import plain
from spot_webcam.domain.errors import RobotError
from spot_webcam.tools.check.findings import Line, Verdict
from spot_webcam.tools.check.report import (
    STDOUT,
    CheckReport,
    ReportFile,
    check_console,
    summary,
    table,
)
from spot_webcam.tools.check.runner import REST, planned_checks, run_checks
from spot_webcam.tools.check.service import CheckSettings, ServiceUnderTest
from spot_webcam.tools.robot_clients.check_client import CheckClient, Interrupted
from spot_webcam.tools.robot_clients.login import login_link

_LOG = logging.getLogger(__name__)

EXIT_FAILED = EXIT_COULD_NOT_RUN


def check(options: argparse.Namespace, settings: CheckSettings, stopping: threading.Event) -> int:
    """Check a service; return 1 when something failed, or warned and `--strict` is given.

    Raises:
        CouldNotRun: the robot cannot be reached, the login fails, the report cannot be written,
            or the user interrupts; the table of the checks that were run is shown before.
    """
    file = ReportFile(options.json)
    console = check_console(stderr=options.json == STDOUT)
    began_s = time.monotonic()
    lines: list[Line] = []
    try:
        interrupted = not _run(options, settings, stopping, console, lines)
    except BaseException:
        file.discard()
        raise
    complete = not interrupted and all(line.check != REST for line in lines)
    report = CheckReport(
        options.hostname, options.image_service, lines, time.monotonic() - began_s, complete
    )
    console.print(table(lines, f"{options.image_service} at {options.hostname}"))
    console.print(f"{summary(lines)}, in {report.took_s:.1f} s")
    file.write(report.to_json())
    if interrupted:
        raise CouldNotRun("interrupted: this is not all")
    return _exit_code(lines, strict=options.strict)


def _run(
    options: argparse.Namespace,
    settings: CheckSettings,
    stopping: threading.Event,
    console: Console,
    lines: list[Line],
) -> bool:
    """Append lines; return False if the user interrupted."""
    link = login_link(options)
    try:
        target = ServiceUnderTest(_client(link, options.image_service), settings, stopping)
        checks = planned_checks(settings)
        names = [check.name for check in checks]
        with console.status("") as status:

            def show(name: str) -> None:
                status.update(f"{names.index(name) + 1} of {len(names)}: {name}")

            for line in run_checks(checks, target, show):
                lines.append(line)
                verdict, reason = line.finding.verdict.value, plain(line.finding.reason).plain
                source = plain(line.source).plain
                _LOG.debug("%s %s %s: %s", verdict, line.check, source, reason)
    except Interrupted:
        return False
    except RobotError as error:
        raise CouldNotRun(plain(str(error)).plain) from error
    finally:
        link.close()
    return True


def _client(link: RobotLink, service_name: str) -> CheckClient:
    clock = SystemClock()
    _LOG.debug("connected to %s", link.connect())
    link.authenticate()
    robot_clock = BosdynRobotClock(link, clock)
    robot_clock.synchronize()
    return CheckClient(link, robot_clock, clock, service_name)


def _exit_code(lines: Sequence[Line], *, strict: bool) -> int:
    bad = {Verdict.FAIL, Verdict.WARN} if strict else {Verdict.FAIL}
    return EXIT_FAILED if any(line.finding.verdict in bad for line in lines) else EXIT_STOPPED
