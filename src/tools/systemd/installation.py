"""Installation and removal of a unit; each may be done again."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spot_webcam.app.cli.command_line import CouldNotRun
from spot_webcam.tools.systemd.host import Host, replace_file
from spot_webcam.tools.systemd.unit import MARK, Unit


def install(unit: Unit, host: Host) -> None:
    """Verify, write, enable and start a unit.

    Raises:
        CouldNotRun: something of it fails; the text says what to do.
    """
    file = _own_file(unit.name, host)
    text = unit.text()
    _verify(unit, host)
    is_new = not file.exists() or file.read_bytes() != text.encode()
    if is_new:
        with _to_be("written", file):
            replace_file(file, text)
    _say(f"{file} {'is written' if is_new else 'is as it was'}")
    _systemctl(host, "enable", unit.file_name)
    if not host.is_running_systemd:
        _say(f"{unit.file_name} is enabled: systemd, which does not run here, starts it")
        return
    if is_new:
        _systemctl(host, "daemon-reload")
    if is_new or host.run("systemctl", "is-active", "--quiet", unit.file_name).code:
        _start(unit, host)
    _say(f"{unit.file_name} runs, and is started with this computer: journalctl -u {unit.name} -f")


def uninstall(name: str, host: Host) -> None:
    """Stop, disable and remove a unit.

    Raises:
        CouldNotRun: it is somebody else's, or something fails.
    """
    file = _own_file(name, host)
    if not file.exists():
        _say(f"there is no {file}: nothing to do")
        return
    now = ["--now"] if host.is_running_systemd else []
    _systemctl(host, "disable", *now, file.name)
    with _to_be("removed", file):
        file.unlink(missing_ok=True)
    if host.is_running_systemd:
        _systemctl(host, "daemon-reload")
    _say(f"{file} is removed; configuration and credentials are left")


def require_root(host: Host, command: str) -> None:
    """Check that units may be written.

    Raises:
        CouldNotRun: this is no superuser.
    """
    if not host.is_root:
        hint = ", or --print to see the unit" if command == "install-service" else ""
        raise CouldNotRun(
            f"{host.units} can only be changed by root: sudo {' '.join(host.command)} {command}"
            f"{hint}"
        )


@contextmanager
def _to_be(done: str, file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CouldNotRun(f"{file} cannot be {done}: {error.strerror}") from error


def _own_file(name: str, host: Host) -> Path:
    file = host.units / f"{name}.service"
    with _to_be("read", file):
        is_strange = file.exists() and not file.read_bytes().startswith(MARK.encode())
    if is_strange:
        raise CouldNotRun(
            f"{file} was not written by install-service: move it away, or choose another --name"
        )
    return file


def _verify(unit: Unit, host: Host) -> None:
    """Let systemd read the unit, before it takes the place of one that works."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, unit.file_name)
        file.write_text(unit.text(), encoding="utf-8")
        ended = host.run("systemd-analyze", "verify", str(file))
    own = [line for line in ended.text.splitlines() if unit.file_name in line]
    if ended.code:
        reason = "; ".join(own) or ended.text.strip()
        raise CouldNotRun(f"systemd does not accept the unit, nothing has changed: {reason}")
    for line in own:
        _say(f"systemd-analyze: {line}")


def _start(unit: Unit, host: Host) -> None:
    if host.run("systemctl", "restart", unit.file_name).code == 0:
        return
    log = host.run("journalctl", "-u", unit.name, "-n", "20", "-o", "cat", "--no-pager").text
    # What a command that fails ends with; the configuration may have several errors.
    _, mark, error = log.rpartition("spot-webcam serve: ")
    reason = error.strip() if mark else f"journalctl -u {unit.name} shows why"
    raise CouldNotRun(f"{unit.file_name} does not start: {reason}")


def _systemctl(host: Host, *words: str) -> None:
    ended = host.run("systemctl", *words)
    if ended.code:
        raise CouldNotRun(f"systemctl {' '.join(words)} failed: {' '.join(ended.text.split())}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
