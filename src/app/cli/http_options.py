"""The flags of the HTTP server."""

import argparse
import ipaddress
import os
import ssl
import stat
from pathlib import Path

from spot_webcam.app.cli.command_line import Misused
from spot_webcam.app.web import WebOptions

DEFAULT_HOST = "127.0.0.1"
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_BYTES = 1024
EXTRA = "the page needs further packages: pip install 'spot-webcam[http]'"


def add_http_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    group = parser.add_argument_group("page, metrics and health over HTTP; off by default")
    group.add_argument(
        "--http",
        metavar="[HOST:]PORT",
        help=f"listen here; HOST is {DEFAULT_HOST} unless given, 0.0.0.0 is every interface",
    )
    group.add_argument(
        "--http-password-file",
        metavar="FILE",
        type=Path,
        help="file with the password of the page, needed unless HOST is this computer alone",
    )
    group.add_argument(
        "--http-certificate", metavar="FILE", type=Path, help="PEM certificate chain, for https"
    )
    group.add_argument(
        "--http-key", metavar="FILE", type=Path, help="PEM private key of the certificate"
    )


def http_options(options: argparse.Namespace) -> WebOptions | None:
    """Return the options of the HTTP server, `None` without one.

    Raises:
        Misused: they are invalid, or would open the page to a network without a password.
    """
    password_file, certificate, key = (
        options.http_password_file,
        options.http_certificate,
        options.http_key,
    )
    if options.http is None:
        if password_file or certificate or key:
            raise Misused("--http-password-file, --http-certificate and --http-key need --http")
        return None
    host, port = http_address(options.http)
    password = None
    if password_file is not None:
        password = password_in(password_file, "--http-password-file")
    elif not is_loopback(host):
        raise Misused(
            f"--http {options.http} is open to the network: give --http-password-file, or leave"
            f" out the host to listen on {DEFAULT_HOST} only"
        )
    if (certificate is None) != (key is None):
        raise Misused("--http-certificate and --http-key belong together: give both")
    if certificate is not None:
        check_certificate(certificate, key, "--http-certificate and --http-key")
    return WebOptions(
        host,
        port,
        password,
        None if certificate is None else str(certificate),
        None if key is None else str(key),
    )


def http_address(text: str) -> tuple[str, int]:
    """Return host and port to listen on.

    Raises:
        Misused: the text is no address.
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not port.isdecimal() or int(port) > 65535 or (colon and not host):
        raise Misused(f"invalid --http {text!r}: expected [HOST:]PORT, such as 8080")
    return host or DEFAULT_HOST, int(port)


def is_loopback(host: str) -> bool:
    """Return whether a host is certainly this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name may be resolved to anything
        return False


def password_in(file: Path, name: str) -> str:
    """Return the password in a file; `name` is that of the flag or key.

    Raises:
        Misused: there is none, or every user can read it, and that could be changed.
    """
    try:
        mode = file.stat().st_mode
        _check_regular(mode)
        with file.open("rb") as opened:
            text = opened.read(MAX_PASSWORD_BYTES + 1)
    except OSError as error:
        raise Misused(f"cannot read {name}: {error.strerror or error}") from error
    if os.name == "posix" and mode & 0o004 and not _is_read_only(file):
        raise Misused(f"{name} can be read by every user: chmod o-r it")
    password = text.decode("utf-8", "replace").strip("\r\n")
    if len(password) < MIN_PASSWORD_CHARS or len(text) > MAX_PASSWORD_BYTES or "\n" in password:
        raise Misused(
            f"{name} has no password: expected one line of {MIN_PASSWORD_CHARS}"
            f" characters at least, and {MAX_PASSWORD_BYTES} bytes at most"
        )
    return password


def _check_regular(mode: int) -> None:
    """Refuse a pipe, which may be waited for at each load, and a folder; raises `OSError`."""
    if not stat.S_ISREG(mode):
        raise OSError("it is no regular file")


def _is_read_only(file: Path) -> bool:
    """Return whether no mode can be changed there, as in a container's mount."""
    return bool(os.statvfs(file).f_flag & os.ST_RDONLY)


def check_certificate(certificate: Path, key: Path, names: str) -> None:
    """Check the certificate of the page; `names` are those of its flags or keys.

    Raises:
        Misused: certificate or key cannot be used.
    """
    try:
        for file in (certificate, key):
            _check_regular(file.stat().st_mode)
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            certificate,
            key,
            password=str,  # else OpenSSL asks on the terminal, and waits
        )
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise Misused(
            f"cannot use {names}: {reason}: expected PEM files of one certificate"
        ) from error
