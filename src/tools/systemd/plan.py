"""From a configuration to a unit: what the service needs, and whether it can have it."""

import argparse
import pwd
import re
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun, Misused
from spot_webcam.app.cli.serve_options import DEFAULT_FILE, read_configuration
from spot_webcam.app.config.configuration import Configuration
from spot_webcam.tools.systemd.host import Host
from spot_webcam.tools.systemd.unit import Unit

# Of a unit, and of a user that systemd makes.
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_CREDENTIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Where ProtectHome= and PrivateTmp= show other folders, or none.
_HOMES = ("/home", "/root", "/run/user")
_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108 - nothing is written there


def unit_name(text: str) -> str:
    """Parse the name of a unit; for argparse."""
    name = text.removesuffix(".service")
    if not _NAME.fullmatch(name):
        raise argparse.ArgumentTypeError(
            f"invalid name {text!r}: expected at most 31 of a-z, 0-9, _ and -, a letter first"
        )
    return name


def planned_unit(options: argparse.Namespace, host: Host) -> Unit:
    """Return the unit of a command line.

    Raises:
        Misused: the configuration has errors, or the service could not read what it needs.
        CouldNotRun: a credential is missing.
    """
    file = (options.config or host.at(DEFAULT_FILE)).absolute()
    if options.config is None and not file.exists():
        raise Misused(
            f"there is no {file}: write it (spot-webcam config example prints one), or name another"
            " one with --config"
        )
    configuration = read_configuration(file, is_check=True)
    for path in (file, *map(Path, host.command)):
        if not str(path).isprintable():
            raise Misused(
                f"{str(path)!r} has characters that a unit cannot have, such as a line break:"
                " rename it"
            )
    for path, remedy in (
        *((folder, "install spot-webcam into a folder of /opt") for folder in host.folders),
        # Where the service finds the file, whatever link or .. leads to it.
        (file.resolve(), "move it to /etc"),
    ):
        _check_place(path, remedy, options.user, host)
    if options.user is None:
        _check_modes(file, configuration, options.name, host)
    elif not _has_user(options.user):
        raise Misused(f"there is no user {options.user!r}: create it, or leave out --user")
    return Unit(
        options.name,
        host.command,
        file,
        host.systemd_version() or 0,
        options.user,
        {name: _credential(name, options.name, host) for name in configuration.credentials},
        sees_homes=any(host.is_in(_HOMES, path) for path in (*host.folders, file.resolve())),
    )


def _check_place(path: Path, remedy: str, user: str | None, host: Host) -> None:
    if host.is_in(_TEMPORARY, path):
        raise Misused(f"{path} is in a temporary folder, and the service has its own: {remedy}")
    if user is None and host.is_in(_HOMES, path):
        raise Misused(
            f"{path} is in a user's folder, which the service cannot read: {remedy}, or give --user"
        )


def _check_modes(file: Path, configuration: Configuration, unit: str, host: Host) -> None:
    """Check that a user which does not exist yet can read what is no credential of systemd."""
    if not host.is_for_all(file):
        raise Misused(f"{file} cannot be read by the service: chmod o+r it, or give --user")
    written = configuration.flags.get("payload_credentials_file")
    if isinstance(written, str) and not host.is_for_all(Path(written)):
        raise Misused(
            f"{written} cannot be read by the service: set file ="
            ' "$CREDENTIALS_DIRECTORY/payload" in [credentials] of the configuration, and copy it'
            f" to {_stored('payload', unit)}, or give --user"
        )


def _has_user(user: str) -> bool:
    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True


def _credential(name: str, unit: str, host: Host) -> Path:
    """Return the file of a credential: of systemd's own folders, the encrypted one first."""
    if not _CREDENTIAL.fullmatch(name):
        raise Misused(f"invalid credential {name!r}: expected letters, digits, -, _ and .")
    stored = _stored(name, unit)
    if not host.is_root:  # who cannot see them, and only prints
        return stored
    encrypted = stored.parent.with_suffix(".encrypted") / stored.name
    for file in (encrypted, stored):
        if host.at(file).exists():
            return file
    raise CouldNotRun(
        f"there is no {stored}: copy the secret to it (sudo install -D -m 600 FILE {stored})"
    )


def _stored(name: str, unit: str) -> Path:
    return Path("/etc/credstore", f"{unit}.{name}")
