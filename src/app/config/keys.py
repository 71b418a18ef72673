"""Keys of the configuration file: how one is declared, and checks of values."""

import ipaddress
import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from spot_webcam.app.cli.arguments import checked_host, is_link_local
from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import http_address


def key(default: Any, what: str, allowed: str, example: object, *, secret: bool = False) -> Any:
    """Return a key: what it is for, what it accepts, and an example other than the default.

    What was given for a secret key is in no message.
    """
    extra: dict[str, Any] = {"x-allowed": allowed}
    if secret:
        extra["x-secret"] = True
    return Field(default, description=what, examples=[example], json_schema_extra=extra)


def _host(text: str) -> str:
    try:
        return checked_host("host", text, "a host")
    except Misused:
        raise ValueError from None


def own_host(text: str) -> str:
    """Accept an address of this computer that the robot can use."""
    host = _host(text)
    if is_link_local(host) or "%" in host:
        raise ValueError("it is valid on one interface alone, which the robot cannot know")
    return host


def robot_host(text: str) -> str:
    """Accept the address of a robot."""
    host = _host(text)
    if is_link_local(host) and "%" not in host:
        raise ValueError(f"it is a link-local address: add its interface, as in {host}%eth0")
    return host


def listen_address(text: str) -> str:
    """Accept an address to listen on."""
    try:
        http_address(text)
    except Misused:
        raise ValueError from None
    return text


def full(pattern: "re.Pattern[str]") -> AfterValidator:
    """Return a check that a text fits a pattern."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise ValueError
        return text

    return AfterValidator(check)


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError
    return text


def network(text: str) -> str:
    """Accept a network or an address."""
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError from None  # without its text
    return text


def no_bool(value: object) -> object:
    """Refuse true and false, which equal 1 and 0."""
    if isinstance(value, bool):
        raise ValueError  # noqa: TRY004 - pydantic collects a ValueError alone
    return value


def plain_values(values: dict[str, Any]) -> dict[str, Any]:
    """Accept values that TOML and custom parameters have in common."""
    for name, value in values.items():
        if not isinstance(value, bool | int | float | str):
            # pydantic collects a ValueError alone.
            raise ValueError(  # noqa: TRY004
                f"{name} is neither a number, a text, true nor false"
            )
    return values


Text = Annotated[str, AfterValidator(_not_blank)]
