"""The timeline of a scenario's file."""

from enum import Enum

from spot_webcam.app.daemon import SERVICE_NAME
from spot_webcam.domain.errors import CameraMisconfigured
from spot_webcam.fakes.cameras import parse_script
from spot_webcam.fakes.robot.state.own_services import OWN_SERVICES
from spot_webcam.tools.demo.scenario.tables import Table
from spot_webcam.tools.demo.scenario.values import (
    CameraEvent,
    ClientEvent,
    Event,
    HostEvent,
    RobotDoes,
    RobotEvent,
)

# What has an end: the word in a file, what begins it and what ends it.
_SPELLS = {
    "reboot": (RobotDoes.POWER_OFF, RobotDoes.BOOT),
    "silent": (RobotDoes.FALL_SILENT, RobotDoes.SPEAK),
    "refuse": (RobotDoes.REFUSE, RobotDoes.ACCEPT),
    "foreign-registration": (RobotDoes.FOREIGN_REGISTRATION, RobotDoes.FOREIGN_END),
}
_AT_ONCE = (
    RobotDoes.POWER_OFF,
    RobotDoes.BOOT,
    RobotDoes.EXPIRE_TOKENS,
    RobotDoes.REVOKE_TOKENS,
    RobotDoes.REVOKE,
    RobotDoes.AUTHORIZE,
    RobotDoes.REGISTER_PAYLOAD,
    RobotDoes.SET_CLOCK,
)
_SERVICES = [*(service.name for service in OWN_SERVICES), SERVICE_NAME]
_WHO = ("camera", "robot", "host", "client")


class HostDoes(Enum):
    """What this computer can have done to it."""

    CLOCK = "clock"


class ClientDoes(Enum):
    """What clients can be."""

    HOSTILE = "hostile"


def read_events(tables: list[Table], lasts_s: float) -> list[Event]:
    """Return what happens, in the order of the file; repeated events as often as they come.

    Raises:
        Misused: an entry is not understood.
    """
    events: list[Event] = []
    for table in tables:
        at_s = table.seconds("at", most=lasts_s)
        times = table.count("times", 1, least=1)
        every_s = table.seconds("every", least=0.1) if times > 1 else 0.0
        once = _once(table)
        table.end()
        last_s = at_s + (times - 1) * every_s
        for what, when_s in (("happens", last_s), ("goes on", last_s + max(map(_ends_s, once)))):
            # A picosecond and less is what adding decimals is off by.
            if round(when_s - lasts_s, 9) > 0:
                raise table.wrong(
                    f"{what} after the end of the scenario, which lasts {lasts_s:g} s"
                )
        for n in range(times):
            events += [_moved(event, at_s + n * every_s) for event in once]
    return events


def _once(table: Table) -> list[Event]:
    """Return what one entry says, its times counted from its own beginning."""
    who = [word for word in _WHO if table.has(word)]
    if len(who) != 1:
        raise table.wrong(f"needs one of {', '.join(_WHO)}")
    if who == ["camera"]:
        for_s = table.seconds("for", least=0.001) if table.has("for") else None
        return [CameraEvent(0.0, table.text("camera"), _befalls(table), for_s)]
    if who == ["host"]:
        table.choice("host", HostDoes)
        return [HostEvent(0.0, table.seconds("seconds", least=-1e9, most=1e9))]
    if who == ["client"]:
        table.choice("client", ClientDoes)
        return [ClientEvent(0.0)]
    return list(_robot(table))


def _befalls(table: Table) -> str:
    """Return what happens to a camera, without its times: they are the entry's own."""
    does = table.text("does")
    try:
        events = parse_script(f"{does}@0s").events
    except CameraMisconfigured as error:
        raise table.wrong(f"does = {does!r}: {error}") from error
    if len(events) != 1:
        raise table.wrong(f"does = {does!r} must be one event without times, as in 'slow=4'")
    return does


def _ends_s(event: Event) -> float:
    """Return when an event is over, as far as that is known."""
    for_s = event.for_s if isinstance(event, CameraEvent) else None
    return event.at_s + (for_s or 0.0)


def _robot(table: Table) -> list[RobotEvent]:
    word = table.one_of("robot", [*_SPELLS, *(one.value for one in _AT_ONCE)])
    if word not in _SPELLS:
        does = RobotDoes(word)
        seconds = 0.0
        if does is RobotDoes.SET_CLOCK:
            seconds = table.seconds("seconds", least=-1e6, most=1e6)
        return [RobotEvent(0.0, does, seconds)]
    begin, end = _SPELLS[word]
    service = table.one_of("service", _SERVICES) if begin is RobotDoes.REFUSE else ""
    return [
        RobotEvent(0.0, begin, service=service),
        RobotEvent(table.seconds("for", least=0.001), end, service=service),
    ]


def _moved(event: Event, by_s: float) -> Event:
    if isinstance(event, CameraEvent):
        return CameraEvent(by_s, event.camera, event.does, event.for_s)
    if isinstance(event, RobotEvent):
        return RobotEvent(event.at_s + by_s, event.does, event.seconds, event.service)
    if isinstance(event, HostEvent):
        return HostEvent(by_s, event.seconds)
    return ClientEvent(by_s)
