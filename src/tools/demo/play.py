"""The play: half a minute in the life of a payload computer."""

import statistics
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spot_webcam.adapters.opencv.files import write_picture
from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.domain.errors import RobotError
from spot_webcam.domain.media.image import ImageFormat, Layout, Picture
from spot_webcam.domain.requests.status import Status
from spot_webcam.tools.demo.cast import Part, cast
from spot_webcam.tools.demo.record import PartRecord, misses
from spot_webcam.tools.demo.screen import Screen
from spot_webcam.tools.demo.stage import Stage, stage, stop
from spot_webcam.tools.robot_clients.image_client import Sighting

# The faults are over after 13 s, and cleared a second later; on a busy machine some time later.
PLAY_S = 16
MAX_PLAY_S = 40
LOOKS_A_SECOND = 4


def play(folder: Path, svg: Path | None, stopping: threading.Event) -> list[str]:
    """Play it, and return what did not go as promised.

    Raises:
        CouldNotRun: the folder cannot be written, the daemon does not start, or `stopping` is
            set.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if svg is not None:
            svg.touch()
        parts = cast(folder)
    except OSError as error:
        raise CouldNotRun(f"{error}: choose another --output, or --svg") from error
    screen = Screen(record=svg is not None)
    records = [PartRecord(part) for part in parts]
    try:
        with stage(parts, folder, folder / "daemon.log", stopping) as scene:
            screen.open(parts)
            round_trips_s = _watch(scene, parts, records, screen, folder, stopping)
            exit_code = stop(scene.daemon)
            screen.leave(exit_code, scene.robot)
            screen.close(records, scene.robot, 1000 * statistics.median(round_trips_s))
            found = misses(records, scene.robot, exit_code)
    except RobotError as error:
        raise CouldNotRun(f"{error}; see {folder / 'daemon.log'}") from error
    screen.say(f"pictures to look at, and the daemon's log: {folder}")
    if svg is not None:
        screen.save(svg)
    return found


def _watch(
    scene: Stage,
    parts: Sequence[Part],
    records: Sequence[PartRecord],
    screen: Screen,
    folder: Path,
    stopping: threading.Event,
) -> list[float]:
    """Look at all sources until the play is over; return the calls' round trips."""
    names = [part.name for part in parts]
    round_trips_s = []
    began_s = time.monotonic()
    for look in range(MAX_PLAY_S * LOOKS_A_SECOND + 1):
        if stopping.wait(max(0.0, began_s + look / LOOKS_A_SECOND - time.monotonic())):
            raise CouldNotRun("interrupted")
        sightings = scene.client.look(names)
        robot_now_ns = scene.robot.now_ns()
        round_trips_s.append(sightings[0].round_trip_s)
        for sighting, record in zip(sightings, records, strict=True):
            record.note(sighting, robot_now_ns)
            if record.ok == 1:
                _save(sighting, folder)
        if look % LOOKS_A_SECOND == 0:
            screen.line(look / LOOKS_A_SECOND, sightings, scene.robot)
        if look >= PLAY_S * LOOKS_A_SECOND and all(one.is_over(scene.robot) for one in records):
            break
    for sighting in sightings:
        _save(sighting, folder)
    return round_trips_s


def _save(sighting: Sighting, folder: Path) -> None:
    """Keep a picture: JPEG as it came, depth as grey."""
    if sighting.status is not Status.OK:
        return
    image = sighting.image
    path = folder / f"{sighting.source_name}.jpg"
    if image.format == ImageFormat.JPEG:
        path.write_bytes(image.data)
    else:
        depth = np.frombuffer(image.data, np.dtype("<u2")).astype(np.uint16)
        write_picture(path, Picture(depth.reshape(image.rows, image.cols), Layout.DEPTH16))
