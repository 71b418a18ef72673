"""`spot-webcam demo`: a robot, a daemon, cameras that fail, and a client that watches."""

import argparse
import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.tools.demo.play import play
from spot_webcam.tools.demo.scenario.chaos import chaos
from spot_webcam.tools.demo.scenario.command import show, show_catalogue
from spot_webcam.tools.demo.scenario.reading import find
from spot_webcam.tools.demo.scenario.values import Scenario

DEFAULT_OUTPUT = Path("out/demo")
CHAOS_S = 60
MAX_CHAOS_S = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what is played, and where the pictures go."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        help="play this scenario, of --list or of a file as docs/scenarios.md tells",
    )
    which.add_argument("--list", action="store_true", help="say which scenarios there are")
    which.add_argument(
        "--chaos", type=int, metavar="SEED", help="let anything happen, the same for the same seed"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        metavar="SECONDS",
        help=f"how long the chaos goes on (default: {CHAOS_S})",
    )
    parser.add_argument(
        "--fast", action="store_true", help="play a scenario as fast as this machine can"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        default=DEFAULT_OUTPUT,
        help="where pictures and the daemon's log go (default: %(default)s)",
    )
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="also write what is shown as a picture"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Play; it fails when something that it promises does not happen."""
    scenario = _scenario(options)
    if options.list:
        show_catalogue()
    elif scenario is not None:
        show(scenario, options.output, options.svg, stopping, fast=options.fast)
    else:
        misses = play(options.output, options.svg, stopping)
        if misses:
            raise CouldNotRun("; ".join(misses))
    return EXIT_STOPPED


def _scenario(options: argparse.Namespace) -> Scenario | None:
    if options.seconds is not None and options.chaos is None:
        raise Misused("--seconds is for --chaos")
    if options.seconds is not None and not 1 <= options.seconds <= MAX_CHAOS_S:
        raise Misused(f"--seconds {options.seconds}: give 1 to {MAX_CHAOS_S}")
    if options.fast and options.scenario is None and options.chaos is None:
        raise Misused("--fast is for --scenario and --chaos")
    if options.scenario is not None:
        return find(options.scenario)
    if options.chaos is not None:
        return chaos(options.chaos, options.seconds or CHAOS_S)
    return None
