"""`spot-webcam extension lint`: check anybody's extension against the documented rules."""

import argparse
import stat
import sys
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import (
    EXIT_COULD_NOT_RUN,
    EXIT_STOPPED,
    CouldNotRun,
    Misused,
)
from spot_webcam.tools.extension.lint.bounded import Interrupted
from spot_webcam.tools.extension.lint.finding import Severity
from spot_webcam.tools.extension.lint.lint import lint
from spot_webcam.tools.extension.lint.report import as_json, as_text

# The processor of a CORE I/O.
DEFAULT_ARCH = "arm64"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the file, and the form of the output."""
    parser.add_argument("file", metavar="FILE.spx", type=Path, help="the extension")
    parser.add_argument(
        "--arch",
        choices=("arm64", "amd64"),
        default=DEFAULT_ARCH,
        help="processor of the computer that it is for (default: %(default)s, a CORE I/O)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
    parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Check the file, print the findings, and return 1 if there is an error."""
    path: Path = options.file
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise Misused("FILE.spx is a folder, a pipe or a device: name the extension's file")
        with path.open("rb") as file:
            size = path.stat().st_size
            findings = list(lint(file, path.name, size, options.arch, stopping.is_set))
    except Interrupted:
        raise CouldNotRun("interrupted: the file was not checked") from None
    except OSError as error:
        raise Misused(f"cannot read FILE.spx: {error.strerror}: correct the path") from error
    sys.stdout.write(as_json(path.name, findings) if options.json else as_text(findings))
    sys.stdout.flush()
    bad = {Severity.ERROR, Severity.WARNING} if options.strict else {Severity.ERROR}
    failed = any(finding.rule.severity in bad for finding in findings)
    return EXIT_COULD_NOT_RUN if failed else EXIT_STOPPED
