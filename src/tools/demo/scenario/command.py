"""Scenarios on the command line."""

import threading
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.demo.scenario.reading import shipped
from spot_webcam.tools.demo.scenario.running import run
from spot_webcam.tools.demo.scenario.screen import Screen
from spot_webcam.tools.demo.scenario.values import Scenario


def show_catalogue() -> None:
    """Print which scenarios there are."""
    Screen(record=False).catalogue(shipped())


def show(
    scenario: Scenario, folder: Path, svg: Path | None, stopping: threading.Event, *, fast: bool
) -> None:
    """Play a scenario before the user's eyes.

    Raises:
        CouldNotRun: something that must be seen was not, or it could not be played.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if svg is not None:
            svg.touch()
        screen = Screen(record=svg is not None)
        screen.open(scenario)
        outcome = run(scenario, folder, fast=fast, tell=screen.row, stopping=stopping)
    except OSError as error:
        raise CouldNotRun(f"{error}: choose another --output, or --svg") from error
    screen.close(outcome)
    if svg is not None:
        screen.save(svg)
    if outcome.misses:
        log = folder / f"{scenario.name}.log"
        raise CouldNotRun(
            f"{scenario.name}: {len(outcome.misses)} missed, as shown; the daemon's log is {log}"
        )
