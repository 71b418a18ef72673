"""Checks of the ports that services publish."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spot_webcam.tools.extension.lint.check_compose import words
from spot_webcam.tools.extension.lint.document import Entry
from spot_webcam.tools.extension.lint.extension import Extension
from spot_webcam.tools.extension.lint.finding import Finding
from spot_webcam.tools.extension.lint.rules import mounts as rules

_ALLOWED = range(21000, 22001)
_RESERVED = 21443
_SHORT = re.compile(
    r"(?:(?P<address>\d+(?:\.\d+){3}|\[[0-9A-Fa-f:]+\]):)?(?:(?P<host>\d{1,5}(?:-\d{1,5})?)?:)?"
    r"(?P<own>\d{1,5}(?:-\d{1,5})?)(?:/(?P<protocol>tcp|udp|sctp))?"
)


@dataclass(frozen=True, slots=True)
class _Ports:
    """Published ports; `host` is empty if Docker is to choose."""

    host: range
    own: range
    protocol: str
    address: str


def check_ports(extension: Extension) -> Iterator[Finding]:
    """Check the ports of all services."""
    taken: set[tuple[int, str]] = set()
    for _, service in extension.services():
        entries = service.get("ports")
        published: set[int] = set()
        for entry in entries.elements() if entries else ():
            ports = _ports(entry)
            if ports is None:
                yield rules.PORT_FORM.at(entry.place, f"{_shown(entry)} is no pair of ports")
                continue
            yield from _check(entry, ports)
            published |= set(ports.own)
            both = {(port, ports.protocol) for port in ports.host}
            for port, protocol in sorted(both & taken):
                yield rules.PORT_TWICE.at(entry.place, f"{port}/{protocol} is published before")
            taken |= both
        yield from _check_command(service, published)


def _check(entry: Entry, ports: _Ports) -> Iterator[Finding]:
    if ports.host != ports.own:
        host = _text(ports.host) or "a port that Docker chooses"
        yield rules.PORT_UNEQUAL.at(entry.place, f"{_text(ports.own)} is published as {host}")
    outside = [port for port in ports.host if port not in _ALLOWED]
    if outside:
        yield rules.PORT_RANGE.at(entry.place, f"port {outside[0]} is outside of 21000 to 22000")
    if _RESERVED in ports.host and ports.protocol == "tcp":
        yield rules.PORT_RESERVED.at(entry.place, f"port {_RESERVED} is published")
    if ports.address.startswith("127.") or ports.address == "[::1]":
        yield rules.PORT_LOOPBACK.at(entry.place, f"it is published on {ports.address} only")


def _check_command(service: Entry, published: set[int]) -> Iterator[Finding]:
    mode = service.get("network_mode")
    entry = service.get("command") or service.get("entrypoint")
    if entry is None or (mode is not None and mode.text == "host"):
        return
    command = words(service, "entrypoint") + words(service, "command")
    for word, following in zip(command, [*command[1:], ""], strict=True):
        number = following if word == "--port" else word.removeprefix("--port=")
        if word.startswith("--port") and number.isdecimal() and int(number) not in published:
            yield rules.PORT_UNPUBLISHED.at(entry.place, f"port {number} is not published")


def _ports(entry: Entry) -> _Ports | None:
    if isinstance(entry.value, dict):
        own, host = entry.get("target"), entry.get("published")
        protocol = entry.get("protocol")
        texts = (host.text if host else "", own.text if own else "", "")
        kind = protocol.text if protocol else "tcp"
    else:
        found = _SHORT.fullmatch(entry.text)
        if not found:
            return None
        texts = (found["host"] or "", found["own"], found["address"] or "")
        kind = found["protocol"] or "tcp"
    try:
        host_range, own_range = _range(texts[0]), _range(texts[1])
    except ValueError:
        return None
    if not own_range or (host_range and len(host_range) != len(own_range)):
        return None
    return _Ports(host_range, own_range, kind, texts[2])


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    if not first:
        return range(0)
    numbers = range(int(first), int(last or first) + 1)
    if not numbers or numbers[0] < 1 or numbers[-1] > 0xFFFF:
        raise ValueError(text)
    return numbers


def _text(ports: range) -> str:
    if len(ports) < 2:
        return str(ports[0]) if ports else ""
    return f"{ports[0]}-{ports[-1]}"


def _shown(entry: Entry) -> str:
    return repr(entry.text) if entry.text else "the entry"
