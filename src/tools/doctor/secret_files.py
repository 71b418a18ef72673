"""Examination who can read the secrets: arguments of a process, and files."""

import argparse
import os
import stat
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from spot_webcam.app.cli.text_file import UnreadableFile, read_text_file
from spot_webcam.domain.sources.address import DeviceAddress
from spot_webcam.domain.sources.naming import Device
from spot_webcam.tools.doctor.findings import Finding, ok, warning

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


def examine_secrets(
    options: argparse.Namespace, file: Path | None, devices: Iterable[Device]
) -> Iterator[Finding]:
    """Examine merged options, the configuration file, and the devices of the command line."""
    if options.secret:
        yield warning(
            "secrets",
            "--secret is given as an argument",
            "every user of this computer sees it with `ps`",
            "write GUID and secret into a file of mode 600, and give --payload-credentials-file",
        )
    for device in devices:
        if device.address.is_secret:
            yield warning(
                "secrets",
                f"the address of {device.source_name!r} has parts that may be secret:"
                f" {device.address}",
                "every user of this computer sees them with `ps`",
                "write it into a configuration file, with password_file; create a user on the"
                " camera that may only view",
            )
    named = [options.payload_credentials_file, options.http_password_file]
    files = [Path(name) for name in named if name]
    if file is not None:
        files += _files_in(file)
    for one in dict.fromkeys(files):
        if _is_of_systemd(one):
            continue
        with suppress(OSError):  # found where it is read
            yield _mode(one)


def _files_in(file: Path) -> list[Path]:
    """Return the files with passwords that a configuration names, and itself if it has one."""
    try:
        data = tomllib.loads(read_text_file(file))
    except (UnreadableFile, tomllib.TOMLDecodeError):  # a finding already
        return []
    cameras = _tables(data.get("cameras"))
    written = [table.get("password_file") for table in cameras]
    # Those of systemd are its own.
    names = [name for name in written if isinstance(name, str) and not name.startswith("$")]
    devices = [table.get("device") for table in cameras]
    has_secrets = any(isinstance(one, str) and DeviceAddress(one).is_secret for one in devices)
    return [*([file] if has_secrets else []), *(file.parent / name for name in names)]


def _tables(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _is_of_systemd(file: Path) -> bool:
    """Report whether it is a credential, whose mode shows the mask of an access control list."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return bool(folder and file.is_relative_to(folder))


def _mode(file: Path) -> Finding:
    mode = stat.S_IMODE(file.stat().st_mode)
    if mode & 0o077:
        return warning(
            "secrets",
            f"{file} has mode {mode:03o}",
            "other users of this computer can read the secret, or replace it",
            f"chmod 600 {file}, as the user of the daemon",
        )
    return ok("secrets", f"{file} has mode {mode:03o}")
