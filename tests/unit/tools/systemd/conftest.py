"""A computer in a folder, with a systemd that does as it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import pytest

from spot_webcam.app.cli.command_line import OneLineParser
from spot_webcam.tools import install_service, uninstall_service
from spot_webcam.tools.systemd.host import Ended, Host

CONFIG = '[robot]\nhostname = "192.168.50.3"\n'
CREDENTIAL = '[credentials]\nfile = "$CREDENTIALS_DIRECTORY/payload"\n'


@dataclass(frozen=True)
class Computer(Host):
    """A computer whose programs answer what `answers` says, by their first words."""

    ran: list[str] = field(default_factory=list)
    answers: dict[str, Ended] = field(default_factory=dict)
    stopping: Event = field(default_factory=Event)

    def run(self, *words: str) -> Ended:
        said = " ".join(words)
        self.ran.append(said)
        given = (answer for start, answer in self.answers.items() if said.startswith(start))
        return next(given, Ended(0, ""))

    @property
    def unit(self) -> Path:
        """The file of the unit."""
        return self.units / "spot-webcam.service"

    def write(self, path: str, text: str, mode: int = 0o644) -> Path:
        """Write a file of this computer."""
        file = self.at(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)
        return file

    def install(self, *flags: str) -> None:
        """Run install-service."""
        self._command(install_service, *flags)

    def uninstall(self, *flags: str) -> None:
        """Run uninstall-service."""
        self._command(uninstall_service, *flags)

    def _command(self, command: object, *flags: str) -> None:
        parser = OneLineParser(prog="command")
        command.add_arguments(parser)  # type: ignore[attr-defined]
        assert command.run(parser.parse_args(flags), self.stopping, self) == 0  # type: ignore[attr-defined]


@pytest.fixture
def make_computer(tmp_path: Path) -> Callable[..., Computer]:
    """Make a computer with a configuration, on which systemd runs."""

    def make(**fields: object) -> Computer:
        given = {
            "root": tmp_path,
            "is_root": True,
            "command": ["/opt/spot-webcam/bin/spot-webcam"],
            "folders": [tmp_path / "opt/spot-webcam"],
        }
        computer = Computer(**{**given, **fields})  # type: ignore[arg-type]
        (tmp_path / "run/systemd/system").mkdir(parents=True)
        computer.units.mkdir(parents=True)
        computer.write("/etc/spot-webcam.toml", CONFIG + CREDENTIAL)
        computer.write("/etc/credstore/spot-webcam.payload", "guid\nsecret\n", 0o600)
        computer.answers["systemctl --version"] = Ended(0, "systemd 252 (252.38-1)\n+PAM")
        computer.answers["systemctl is-active"] = Ended(3, "")
        return computer

    return make


@pytest.fixture
def computer(make_computer: Callable[..., Computer]) -> Computer:
    return make_computer()
