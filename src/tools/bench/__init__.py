"""`spot-webcam bench`: the daemon beside the SDK's helper and a bare server, on this machine."""

import argparse
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun
from spot_webcam.tools.bench.loads import COARSE, FINE, LOADS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is measured, for how long, and where the results are written."""
    source = parser.add_mutually_exclusive_group()
    source.add_argument(
        "--device",
        metavar="DEVICE",
        help="measure with this camera instead of a 1080p Motion JPEG file at 30 fps",
    )
    source.add_argument(
        "--clip",
        choices=[FINE, COARSE],
        default=FINE,
        help=f"JPEGs of that file: {FINE} ones are encoded again for the SDK's default request,"
        f" {COARSE} ones are passed through ({FINE})",
    )
    parser.add_argument(
        "--baseline",
        metavar="PYTHON",
        help="also measure `PYTHON -m spot_webcam serve`, another installation of this package,"
        " in alternation: to compare two versions",
    )
    parser.add_argument(
        "--only",
        metavar="LOAD",
        action="append",
        choices=list(LOADS),
        help=f"measure only this load (repeatable): {', '.join(LOADS)}",
    )
    parser.add_argument("--rounds", metavar="N", type=_rounds, help="number of rounds (5)")
    parser.add_argument("--seconds", metavar="S", type=_seconds, help="length of a slice (3)")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="one round of short slices on a small file: shows that the benchmark works, its"
        " figures mean nothing",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the values of all slices")
    parser.add_argument(
        "--markdown",
        metavar="FILE",
        type=Path,
        help="write the table; a FILE with the lines <!-- bench --> and <!-- /bench --> keeps"
        " everything outside of them",
    )
    parser.add_argument(
        "--strict", action="store_true", help="end with 1 if a ratio misses its target"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Measure, print and write."""
    # The processes under test import from this package, and must not carry rich and the fakes.
    from spot_webcam.tools.bench.benchmark import Settings, bench  # noqa: PLC0415
    from spot_webcam.tools.bench.output import Outputs  # noqa: PLC0415

    settings = Settings.of(
        quick=options.quick,
        rounds=options.rounds,
        seconds=options.seconds,
        only=options.only,
        device=options.device,
        clip=options.clip,
        baseline=options.baseline,
    )
    missed = bench(settings, Outputs(options.json, options.markdown), stopping)
    if missed and options.strict:
        raise CouldNotRun(f"missed targets: {'; '.join(missed)}")
    return EXIT_STOPPED


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"invalid number of rounds {text!r}: expected 1 or more")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise argparse.ArgumentTypeError(f"invalid length {text!r}: expected seconds, up to 3600")
    return seconds
