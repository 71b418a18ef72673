"""Reader of scenario files, and catalogue of the shipped ones."""

import sys
from collections.abc import Callable, Sequence
from enum import Enum
from importlib.resources import files
from pathlib import Path

from spot_webcam.app.cli.arguments import quoted
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.app.options import SERVICE_NAME
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.domain.health.faults import capture_fault, decode_fault
from spot_webcam.domain.requests.status import Status
from spot_webcam.domain.sources.naming import parse_devices
from spot_webcam.fakes.cameras import parse_script, parse_synthetic_device
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.fakes.robot.state.robot_state import LIVENESS_FAULT_NAME
from spot_webcam.tools.demo.expectations import (
    EdgesExpected,
    Expectation,
    FaultExpected,
    LogExpected,
    Occasion,
    RegisteredExpected,
    SizeExpected,
    StatusExpected,
    When,
    Window,
)
from spot_webcam.tools.demo.scenario import (
    CameraEvent,
    Event,
    HostClockEvent,
    HostileClientEvent,
    PayloadState,
    RobotAction,
    RobotEvent,
    RobotSetup,
    Scenario,
    ScenarioCamera,
    delayed,
)
from spot_webcam.tools.demo.toml_table import TomlTable

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_SHIPPED = files("spot_webcam.tools.demo") / "shipped"
_SUFFIX = ".toml"
DEFAULT_DEVICE = "synthetic:?size=320x240&fps=15"
# The domain's own rule for the staleness of a picture.
MAX_AGE_S, MAX_AGE_PERIODS = 1.0, 5.0

# Events of the robot that have an end: the word in a file, the action that begins it and the
# action that ends it.
_LASTING = {
    "reboot": (RobotAction.POWER_OFF, RobotAction.BOOT),
    "silent": (RobotAction.STOP_RESPONDING, RobotAction.RESUME),
    "refuse": (RobotAction.REFUSE, RobotAction.ACCEPT),
    "foreign-registration": (RobotAction.FOREIGN_REGISTRATION, RobotAction.FOREIGN_END),
}
_INSTANT = (
    *(RobotAction.POWER_OFF, RobotAction.BOOT, RobotAction.EXPIRE_TOKENS),
    *(RobotAction.REVOKE_TOKENS, RobotAction.REVOKE, RobotAction.AUTHORIZE),
    *(RobotAction.REGISTER_PAYLOAD, RobotAction.SET_CLOCK),
)
_SERVICES = [*(service.name for service in OWN_SERVICES), SERVICE_NAME]


class _HostEvents(Enum):
    CLOCK = "clock"


class _ClientEvents(Enum):
    HOSTILE = "hostile"


def shipped() -> list[Scenario]:
    """Return the scenarios of this package, by their names."""
    names = sorted(file.name for file in _SHIPPED.iterdir() if file.name.endswith(_SUFFIX))
    return [find(name.removesuffix(_SUFFIX)) for name in names]


def find(name_or_file: str) -> Scenario:
    """Return a scenario.

    Raises:
        Misused: no scenario has this name, or its file is invalid.
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
        Misused: the text is invalid; the message is one line.
    """
    where = where or name
    try:
        top = TomlTable(where, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise Misused(f"{where}: {error}") from error
    lasts_s = top.seconds("lasts", least=1.0)
    max_lasts_s = top.seconds("max_lasts", least=lasts_s) if top.has("max_lasts") else None
    end_s = max_lasts_s or lasts_s
    events = [event for table in top.tables("event") for event in _events(table, end_s)]
    cameras = [_camera(table, events) for table in top.tables("camera")]
    names = [camera.name for camera in cameras]
    _check_names(top, names, events)
    scenario = Scenario(
        name,
        top.text("title"),
        top.text("about", ""),
        lasts_s,
        tuple(cameras),
        _robot(top.table("robot")),
        tuple(sorted(events, key=lambda event: event.at_s)),
        tuple(_expectation(table, end_s, names) for table in top.tables("expect")),
        max_lasts_s,
    )
    top.end()
    return scenario


def with_script(device_name: str, name: str, events: Sequence[Event]) -> str:
    """Return the device name of a synthetic camera, with the events of it as its script."""
    script = ",".join(
        f"{event.failure}@{event.at_s:.3f}s"
        + ("" if event.for_s is None else f"+{event.for_s:.3f}s")
        for event in events
        if isinstance(event, CameraEvent) and event.camera == name
    )
    if not script:
        return device_name
    return f"{device_name}{'&' if '?' in device_name else '?'}script={script}"


def _camera(table: TomlTable, events: Sequence[Event]) -> ScenarioCamera:
    name = table.text("name")
    plain = table.text("device", DEFAULT_DEVICE)
    try:
        device = parse_synthetic_device(plain)
        if device.script.events or device.began_ns is not None:
            raise table.error("a script in its device: write events of the scenario instead")
        device_name = with_script(plain, name, events)
        parse_synthetic_device(device_name)
        parse_devices([f"{name}={device_name}"])
    except CameraMisconfigured as error:
        raise table.error(str(error)) from error
    max_age_s = table.seconds("oldest", max(MAX_AGE_S, MAX_AGE_PERIODS / device.fps), least=0.1)
    table.end()
    return ScenarioCamera(name, device_name, max_age_s)


def _check_names(top: TomlTable, names: Sequence[str], events: Sequence[Event]) -> None:
    if not names or len(set(names)) < len(names):
        raise top.error("needs at least one [[camera]], each with a name of its own")
    for event in events:
        if isinstance(event, CameraEvent) and event.camera not in names:
            raise top.error(f"event of camera {event.camera!r}; there are {', '.join(names)}")


def _robot(table: TomlTable) -> RobotSetup:
    payload = table.choice("payload", PayloadState, PayloadState.AUTHORIZED)
    robot = RobotSetup(table.flag("up", True), payload)
    table.end()
    return robot


def _events(table: TomlTable, scenario_end_s: float) -> list[Event]:
    """Return the events of an entry, repeated as often as it says."""
    at_s = table.seconds("at", most=scenario_end_s)
    times = table.count("times", 1, least=1)
    every_s = table.seconds("every", least=0.1) if times > 1 else 0.0
    readers: dict[str, Callable[[TomlTable], list[Event]]] = {
        "camera": _camera_event,
        "robot": _robot_events,
        "host": _host_event,
        "client": _client_event,
    }
    once = readers[table.only_key(readers)](table)
    table.end()
    last_s = at_s + (times - 1) * every_s
    over_s = last_s + max(_end_s(event) for event in once)
    for what, when_s in (("happens", last_s), ("goes on", over_s)):
        # Adding decimals is off by a picosecond and less.
        if round(when_s - scenario_end_s, 9) > 0:
            raise table.error(
                f"{what} after the end of the scenario, which lasts {scenario_end_s:g} s"
            )
    return [delayed(event, at_s + n * every_s) for n in range(times) for event in once]


def _end_s(event: Event) -> float:
    end_s = event.end_s if isinstance(event, CameraEvent) else None
    return event.at_s if end_s is None else end_s


def _camera_event(table: TomlTable) -> list[Event]:
    for_s = table.seconds("for", least=0.001) if table.has("for") else None
    failure = table.text("does")
    try:
        events = parse_script(f"{failure}@0s").events
    except CameraMisconfigured as error:
        raise table.error(f"does = {failure!r}: {error}") from error
    if len(events) != 1:
        raise table.error(f"does = {failure!r} must be one event without times, as in 'slow=4'")
    return [CameraEvent(0.0, table.text("camera"), failure, for_s)]


def _robot_events(table: TomlTable) -> list[Event]:
    word = table.one_of("robot", [*_LASTING, *(action.value for action in _INSTANT)])
    if word not in _LASTING:
        action = RobotAction(word)
        set_clock = action is RobotAction.SET_CLOCK
        return [RobotEvent(0.0, action, _clock_step(table, 1e6) if set_clock else 0.0)]
    begin, end = _LASTING[word]
    service = table.one_of("service", _SERVICES) if begin is RobotAction.REFUSE else ""
    return [
        RobotEvent(0.0, begin, service=service),
        RobotEvent(table.seconds("for", least=0.001), end, service=service),
    ]


def _host_event(table: TomlTable) -> list[Event]:
    table.choice("host", _HostEvents)
    return [HostClockEvent(0.0, _clock_step(table, 1e9))]


def _client_event(table: TomlTable) -> list[Event]:
    table.choice("client", _ClientEvents)
    return [HostileClientEvent(0.0)]


def _clock_step(table: TomlTable, most: float) -> float:
    return table.seconds("seconds", least=-most, most=most)


def _expectation(table: TomlTable, end_s: float, sources: list[str]) -> Expectation:
    readers: dict[str, Callable[[], Expectation]] = {
        "source": lambda: _source_expectation(table, end_s, sources),
        "fault": lambda: _fault_expectation(table, end_s, sources),
        "registered": lambda: RegisteredExpected(table.flag("registered"), _when(table, end_s)),
        "log": lambda: LogExpected(table.text("log"), table.count("times")),
    }
    expectation = readers[table.only_key(readers)]()
    table.end()
    return expectation


def _source_expectation(table: TomlTable, end_s: float, sources: list[str]) -> Expectation:
    source, when = table.one_of("source", sources), _when(table, end_s)
    if table.has("size"):
        return SizeExpected(source, table.text("size"), when)
    status = Status[table.one_of("status", [status.name for status in Status])]
    return StatusExpected(source, status, when, table.text("says", ""))


def _fault_expectation(table: TomlTable, end_s: float, sources: list[str]) -> Expectation:
    # A fault of any other name cannot be raised, so that its absence would prove nothing.
    ours = [kind(source, "").name for source in sources for kind in (capture_fault, decode_fault)]
    if table.has("held"):
        fault = table.one_of("fault", [*ours, LIVENESS_FAULT_NAME])
        return FaultExpected(fault, table.flag("held"), _when(table, end_s))
    fault = table.one_of("fault", ours)
    counts = table.count("raised"), table.count("cleared")
    return EdgesExpected(fault, *counts, or_more=table.flag("or_more", False))


def _when(table: TomlTable, end_s: float) -> When:
    if table.has("when"):
        return table.choice("when", Occasion)
    by_s = table.seconds("by", most=end_s)
    return Window(by_s, table.seconds("until", by_s, least=by_s, most=end_s))
