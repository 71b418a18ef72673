"""`spot-webcam doctor`: examine this computer, its cameras and the robot, and say what to do."""

import argparse
import logging
import threading

from spot_webcam.tools.doctor.findings import Finding, Severity
from spot_webcam.tools.doctor.report import show
from spot_webcam.tools.doctor.software import examine_packages, examine_python


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add those of `serve`, and the form of the output; if packages are broken, take any words."""
    software = [*examine_python(), *examine_packages()]
    parser.set_defaults(software=software)
    if _is_broken(software):
        # What defines the arguments cannot be imported: the findings are all that can be shown.
        parser.set_defaults(verbose=False)
        parser.add_argument("words", nargs=argparse.REMAINDER, metavar="...")
        return
    # Not to be imported before: they are slow, or broken.
    from spot_webcam.app.cli import serve  # noqa: PLC0415

    serve.add_arguments(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
    parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")
    parser.add_argument(
        "--read-only",
        action="store_true",
        help="register nothing with the robot: whether it reaches this computer stays open",
    )


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Examine, show the findings, and return 1 if there is an error."""
    findings: list[Finding] = list(options.software)
    if _is_broken(findings):
        return show(findings, json="--json" in options.words, strict="--strict" in options.words)
    from spot_webcam.tools.doctor.examination import examine  # noqa: PLC0415 - see above

    if not options.verbose:
        for handler in logging.getLogger().handlers:  # the findings say it
            handler.setLevel(logging.CRITICAL)
    findings += examine(options, stopping)
    return show(findings, json=options.json, strict=options.strict)


def _is_broken(findings: list[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
