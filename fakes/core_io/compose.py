"""The services of a compose file, as far as the fake CORE I/O runs them."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from spot_webcam.fakes.core_io.errors import CoreIoError, refusing

# A Docker engine's default.
_STOP_GRACE_S = 10.0
_RESTART_POLICIES = ("no", "always", "unless-stopped", "on-failure")
_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Volume:
    """A path of the host in a container."""

    source: str
    target: str
    read_only: bool


@dataclass(frozen=True, slots=True)
class Service:
    """One service; what is `None` is left to its image."""

    name: str
    image: str
    entrypoint: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    volumes: tuple[Volume, ...]
    user: str | None
    groups: tuple[str, ...]
    working_dir: str | None
    restart: str
    stop_signal: str | None
    stop_grace_s: float


def read_compose(file: Path) -> list[Service]:
    """Return the services of a compose file.

    Raises:
        CoreIoError: it cannot be read, or has what the fake does not interpret.
    """
    with refusing(f"{file.name} cannot be read"):
        text = file.read_text()
        if "${" in text:
            raise CoreIoError(f"{file.name} has variables, which the fake does not replace")
        services: dict[str, Any] = yaml.safe_load(text)["services"]
        return [_service(name, service) for name, service in services.items()]


def _service(name: str, content: Mapping[str, Any]) -> Service:
    # A bare no is false in YAML.
    restart = str(content.get("restart") or "no").split(":")[0]
    if restart not in _RESTART_POLICIES:
        raise ValueError(f"restart: {restart}")
    environment = content.get("environment") or {}
    if isinstance(environment, list):
        environment = dict(pair.split("=", 1) for pair in environment)
    user, working_dir = content.get("user"), content.get("working_dir")
    number = content.get("stop_signal")
    return Service(
        name=name,
        image=content["image"],
        entrypoint=_words(content.get("entrypoint")),
        command=_words(content.get("command")),
        environment={key: _scalar(value) for key, value in environment.items()},
        volumes=tuple(_volume(entry) for entry in content.get("volumes") or ()),
        user=None if user is None else str(user),
        groups=tuple(map(str, content.get("group_add") or ())),
        working_dir=working_dir,
        restart=restart,
        stop_signal=None if number is None else str(number),
        stop_grace_s=_seconds(content.get("stop_grace_period")),
    )


def _words(value: str | list[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    return tuple(shlex.split(value) if isinstance(value, str) else map(str, value))


def _volume(entry: str | Mapping[str, Any]) -> Volume:
    if not isinstance(entry, str):
        return Volume(entry["source"], entry["target"], bool(entry.get("read_only")))
    source, target, *mode = entry.split(":")
    if not source.startswith(("/", ".")):
        raise ValueError(f"the fake has no named volumes: {entry}")
    return Volume(source, target, "ro" in ",".join(mode).split(","))


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _seconds(text: str | None) -> float:
    if text is None:
        return _STOP_GRACE_S
    for unit, unit_s in _UNITS_S.items():
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * unit_s
    raise ValueError(f"stop_grace_period: {text}")
