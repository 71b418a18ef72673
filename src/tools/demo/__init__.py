"""`spot-webcam demo`: play a scenario on a fake robot, a daemon, failing cameras and a client."""

import argparse
import threading
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from spot_webcam.app.cli.command_line import EXIT_STOPPED, CouldNotRun, Misused
from spot_webcam.tools.demo.chaos import chaos
from spot_webcam.tools.demo.record import Record
from spot_webcam.tools.demo.runner import run_scenario
from spot_webcam.tools.demo.scenario import Scenario
from spot_webcam.tools.demo.scenario_file import find, shipped
from spot_webcam.tools.demo.screen import Screen

DEFAULT_SCENARIO = "tour"
DEFAULT_OUTPUT = Path("out/demo")
CHAOS_S = 60
MAX_CHAOS_S = 86_400


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the choice of the scenario and of the output."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        default=DEFAULT_SCENARIO,
        help="play this scenario of --list, or a file as described in docs/scenarios.md (default:"
        " %(default)s)",
    )
    which.add_argument("--list", action="store_true", help="list the scenarios")
    which.add_argument(
        "--chaos", type=int, metavar="SEED", help="play random events, the same for the same seed"
    )
    parser.add_argument(
        "--seconds",
        type=int,
        metavar="SECONDS",
        help=f"duration of the random events of --chaos (default: {CHAOS_S})",
    )
    parser.add_argument(
        "--fast", action="store_true", help="play as fast as this machine can, not in real time"
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        default=DEFAULT_OUTPUT,
        help="folder for pictures and the daemon's log (default: %(default)s)",
    )
    parser.add_argument(
        "--svg", type=Path, metavar="FILE", help="also write the output of this command as an SVG"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="log everything")


def run(options: argparse.Namespace, stopping: threading.Event) -> int:
    """Play a scenario; fail if something that must be observed was not."""
    if options.seconds is not None and options.chaos is None:
        raise Misused("--seconds is for --chaos")
    if options.seconds is not None and not 1 <= options.seconds <= MAX_CHAOS_S:
        raise Misused(f"--seconds {options.seconds}: give 1 to {MAX_CHAOS_S}")
    if options.list:
        Screen(record=False).catalogue(shipped())
    elif options.chaos is not None:
        _play(chaos(options.chaos, options.seconds or CHAOS_S), options, stopping)
    else:
        _play(find(options.scenario), options, stopping)
    return EXIT_STOPPED


def _play(scenario: Scenario, options: argparse.Namespace, stopping: threading.Event) -> None:
    """Play a scenario and show its timeline.

    Raises:
        CouldNotRun: something that must be observed was not, or the scenario cannot be played.
    """
    folder: Path = options.output
    screen = Screen(record=options.svg is not None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if options.svg is not None:
            options.svg.touch()
        screen.open(scenario)
        outcome = run_scenario(
            scenario, folder, fast=options.fast, show=screen.row, stopping=stopping
        )
        _save_pictures(outcome.record, folder)
    except OSError as error:
        raise CouldNotRun(f"{error}: choose another --output, or --svg") from error
    log = folder / f"{scenario.name}.log"
    screen.close(scenario, outcome)
    screen.say(f"each source's last picture is in {folder}, the daemon's log is {log}")
    if options.svg is not None:
        screen.save(options.svg)
    if outcome.misses:
        raise CouldNotRun(
            f"{scenario.name}: {len(outcome.misses)} missed: {'; '.join(outcome.misses)}; the"
            f" daemon's log is {log}"
        )


def _save_pictures(record: Record, folder: Path) -> None:
    """Write the last picture of each source: a JPEG as received, depth as grey."""
    for name, source in record.last_pictures().items():
        path = folder / f"{name}.jpg"
        if source.is_jpeg:
            path.write_bytes(source.content)
        else:
            cols, rows = map(int, source.size.split("x"))
            depth = np.frombuffer(source.content, np.dtype("<u2")).reshape(rows, cols)
            _write_depth(path, depth)


def _write_depth(path: Path, depth: npt.NDArray[np.uint16]) -> None:
    """Write depth for viewing, the smallest value black and the largest one white."""
    low, high = int(depth.min()), int(depth.max())
    scale = 255.0 / max(1, high - low)
    if not cv2.imwrite(str(path), ((depth.astype(np.float32) - low) * scale).astype(np.uint8)):
        raise OSError(f"cannot write {path}")
