"""`spot-webcam bench`: this service beside the SDK's helper and a bare server, on this machine."""

import argparse
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.tools.bench.keys import KEYS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what to measure, for how long, and where the figures go."""
    parser.add_argument(
        "--device",
        metavar="DEVICE",
        help="measure with a camera of your own, opened by OpenCV for all alike, instead of with"
        " rendered pictures of 1080p at 30 fps",
    )
    parser.add_argument(
        "--only",
        metavar="MEASURE",
        action="append",
        choices=KEYS,
        help=f"measure this alone (repeatable): {', '.join(KEYS)}",
    )
    parser.add_argument("--rounds", metavar="N", type=_rounds, help="medians of so many runs (3)")
    parser.add_argument("--seconds", metavar="S", type=_seconds, help="length of a run (4)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round of short runs on small pictures: whether it works, no more",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write all values")
    parser.add_argument("--markdown", metavar="FILE", type=Path, help="write the tables")
    parser.add_argument("--svg", metavar="FILE", type=Path, help="write the plot")
    parser.add_argument(
        "--strict", action="store_true", help="end with 1 if a figure is not what it must be"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Measure and show."""
    # The measured processes live in this package too, and must not carry the rest of it.
    from spot_webcam.tools.bench.bench import Outputs, bench  # noqa: PLC0415
    from spot_webcam.tools.bench.settings import settings_of  # noqa: PLC0415

    settings = settings_of(
        quick=options.quick,
        rounds=options.rounds,
        seconds=options.seconds,
        device=options.device,
        only=options.only,
    )
    missed = bench(settings, Outputs(options.json, options.markdown, options.svg), stopping)
    if missed and options.strict:
        raise CouldNotRun(f"not as it must be: {'; '.join(missed)}")
    return EXIT_STOPPED


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rounds: give 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of a run: give seconds")
    return seconds
