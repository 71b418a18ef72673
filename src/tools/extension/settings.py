"""Settings of an extension: a configuration file that fits its container, and what it names."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.cli.http_options import http_address, is_loopback
from spot_webcam.app.cli.serve_options import read_configuration
from spot_webcam.tools.extension.names import (
    CORE_IO,
    CREDENTIALS_FILE,
    IMAGE_PORT,
    MEMBERS,
    PAGE_PORT,
    ROBOT,
    SETTINGS_FILE,
)

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_FROM_ENVIRONMENT = "$CREDENTIALS_DIRECTORY/"
_CREDENTIALS = f"{_FROM_ENVIRONMENT}{CREDENTIALS_FILE}"
# Keys of files, by their tables; without that of the credentials.
FILE_KEYS = {
    "robot": ("ca_file",),
    "http": ("password_file", "certificate", "key"),
    "cameras": ("password_file", "certificate", "calibration"),
}

# What an extension is built with if no file is given.
DEFAULT_SETTINGS = f"""\
# Settings of spot-webcam on a CORE I/O. All keys: spot-webcam config example
[robot]
hostname = "{ROBOT}"
# The robot reaches the container by the CORE I/O's address.
host_ip = "{CORE_IO}"

[credentials]
file = "{_CREDENTIALS}"

[service]
# Published by docker-compose.yml.
port = {IMAGE_PORT}

[hotplug]
# Serve each USB camera, with a serial number or not, also one that is plugged in later.
patterns = ["usb:*", "/dev/v4l/by-path/*usb*"]

# The page, http://ROBOT:{PAGE_PORT} from a tablet: needs a file with its password beside this one.
#[http]
#listen = "0.0.0.0:{PAGE_PORT}"
#password_file = "page-password"
"""


def packed_settings(file: Path | None) -> dict[str, bytes]:
    """Return the configuration and the files that it names, by their names in an extension.

    Raises:
        Misused: it cannot be used in an extension; the text has a line for each reason.
    """
    if file is None:
        return {SETTINGS_FILE: DEFAULT_SETTINGS.encode()}
    read_configuration(file, is_check=True)
    content = file.read_bytes()
    tables: dict[str, Any] = tomllib.loads(content.decode("utf-8-sig"))
    names = dict(_named_files(tables))
    problems = [*_problems(tables), *_problems_of_names(names)]
    if problems:
        raise Misused("\n".join(f"{file}: {problem}" for problem in problems))
    packed = {name: (file.parent / name).read_bytes() for name in names.values()}
    return {SETTINGS_FILE: content, **dict(sorted(packed.items()))}


def _named_files(tables: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield key and path of each file that the configuration names."""
    for name, keys in FILE_KEYS.items():
        found = tables.get(name, {})
        for index, table in enumerate(found if isinstance(found, list) else [found]):
            place = f"{name}[{index}]" if isinstance(found, list) else name
            for key in keys:
                if key in table and not table[key].startswith(("sha256:", _FROM_ENVIRONMENT)):
                    yield f"{place}.{key}", table[key]


def _problems_of_names(names: dict[str, str]) -> Iterator[str]:
    for key, name in names.items():
        if Path(name).name != name or name in MEMBERS:
            yield (
                f"{key} = {name!r} would not be in the extension: put that file beside this one,"
                f" name it without a folder, and not {', '.join(sorted(MEMBERS))}"
            )


def _problems(tables: dict[str, Any]) -> Iterator[str]:
    """Yield what is right elsewhere, but not in the container."""
    robot = tables.get("robot", {})
    if "hostname" not in robot:
        yield f'no hostname in [robot]: set hostname = "{ROBOT}", the robot as a CORE I/O sees it'
    if "host_ip" not in robot:
        yield (
            f'no host_ip in [robot]: set host_ip = "{CORE_IO}", since the robot cannot reach the'
            " address of a container"
        )
    credentials = tables.get("credentials", {}).get("file", "")
    if not credentials.startswith(_FROM_ENVIRONMENT):
        yield f'the credentials are not mounted: set file = "{_CREDENTIALS}" in [credentials]'
    if tables.get("service", {}).get("port") != IMAGE_PORT:
        yield f"another port is not published: set port = {IMAGE_PORT} in [service]"
    if "listen" in tables.get("http", {}):
        host, port = http_address(tables["http"]["listen"])
        if port != PAGE_PORT or is_loopback(host):
            yield f'the page is not published: set listen = "0.0.0.0:{PAGE_PORT}" in [http]'
    if tables.get("log", {}).get("format") == "journal":
        yield 'a container has no journald: set format = "text" or "json" in [log]'
