"""Scenarios by their name or file."""

import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from spot_webcam.app.cli.command_line import Misused, quoted
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.cameras import parse_synthetic_device
from spot_webcam.tools.demo.scenario.events import read_events
from spot_webcam.tools.demo.scenario.expected import read_expectations
from spot_webcam.tools.demo.scenario.tables import Table
from spot_webcam.tools.demo.scenario.values import (
    CameraEvent,
    CameraPart,
    Event,
    Payload,
    RobotPart,
    Scenario,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SHIPPED = files("spot_webcam.tools.demo.scenario") / "shipped"
_SUFFIX = ".toml"
DEFAULT_DEVICE = "synthetic:?size=320x240&fps=15"
# The domain's own rule for a picture that is too old.
MAX_AGE_S, MAX_AGE_PERIODS = 1.0, 5.0


def shipped() -> list[Scenario]:
    """Return the scenarios that come with this program, by their names."""
    names = sorted(one.name for one in _SHIPPED.iterdir() if one.name.endswith(_SUFFIX))
    return [find(name.removesuffix(_SUFFIX)) for name in names]


def find(name_or_file: str) -> Scenario:
    """Return a scenario.

    Raises:
        Misused: there is none of that name, or its file is not understood.
    """
    own = _SHIPPED / f"{name_or_file}{_SUFFIX}"
    if name_or_file and "/" not in name_or_file and own.is_file():
        return parse(name_or_file, own.read_text(encoding="utf-8"))
    path = Path(name_or_file)
    try:
        text = read_text_file(path)
    except UnreadableFile as error:
        names = ", ".join(scenario.name for scenario in shipped())
        raise Misused(
            f"no scenario is named {quoted(name_or_file)} (there are {names}), and a file of that"
            f" name {error}"
        ) from error
    return parse(path.stem, text, where=str(path))


def parse(name: str, text: str, where: str = "") -> Scenario:
    """Return the scenario of a file's text.

    Raises:
        Misused: it is not understood; the text is one line.
    """
    where = where or name
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misused(f"{where}: {error}") from error
    top = Table(where, data)
    lasts_s = top.seconds("lasts", least=1.0)
    events = read_events(top.tables("event"), lasts_s)
    cameras = [_camera(table, events) for table in top.tables("camera")]
    _check_cameras(top, cameras, events)
    scenario = Scenario(
        name,
        top.text("title"),
        top.text("about", ""),
        lasts_s,
        tuple(cameras),
        _robot(top.table("robot")),
        tuple(sorted(events, key=lambda event: event.at_s)),
        tuple(read_expectations(top.tables("expect"), lasts_s, [one.name for one in cameras])),
    )
    top.end()
    return scenario


def with_script(device_name: str, name: str, events: Sequence[Event]) -> str:
    """Return the device name of a synthetic camera that does what the events say of it."""
    script = ",".join(
        f"{event.does}@{event.at_s:.3f}s" + ("" if event.for_s is None else f"+{event.for_s:.3f}s")
        for event in events
        if isinstance(event, CameraEvent) and event.camera == name
    )
    if not script:
        return device_name
    return f"{device_name}{'&' if '?' in device_name else '?'}script={script}"


def _camera(table: Table, events: Sequence[Event]) -> CameraPart:
    name = table.text("name")
    plain = table.text("device", DEFAULT_DEVICE)
    try:
        device = parse_synthetic_device(plain)
        if device.script.events or device.began_ns is not None:
            raise table.wrong("a script in its device: write events of the scenario instead")
        device_name = with_script(plain, name, events)
        parse_synthetic_device(device_name)
        parse_devices([f"{name}={device_name}"])
    except CameraMisconfigured as error:
        raise table.wrong(str(error)) from error
    max_age_s = table.seconds("oldest", max(MAX_AGE_S, MAX_AGE_PERIODS / device.fps), least=0.1)
    table.end()
    return CameraPart(name, device_name, max_age_s)


def _check_cameras(top: Table, cameras: Sequence[CameraPart], events: Sequence[Event]) -> None:
    names = [camera.name for camera in cameras]
    if not names or len(set(names)) < len(names):
        raise top.wrong("needs at least one [[camera]], each with a name of its own")
    for event in events:
        if isinstance(event, CameraEvent) and event.camera not in names:
            raise top.wrong(f"event of camera {event.camera!r}; there are {', '.join(names)}")


def _robot(table: Table) -> RobotPart:
    robot = RobotPart(table.flag("up", True), table.choice("payload", Payload, Payload.AUTHORIZED))
    table.end()
    return robot
