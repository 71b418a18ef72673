"""The text of the unit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Begins each unit that this package wrote, and may replace or remove.
MARK = "# Written by spot-webcam install-service."
# The first with Type=notify-reload.
NOTIFY_RELOAD_VERSION = 253

_TEMPLATE = """\
{mark}
# Changes belong into a file of their own: systemctl edit {name}

[Unit]
Description=Spot image service for the cameras of this computer
After=network-online.target
Wants=network-online.target
# It is started again for ever: nobody may be there to do it.
StartLimitIntervalSec=0

[Service]
{type}
ExecStart={command}
Restart=always
RestartSec=2
# The configuration has errors, which a start does not correct.
RestartPreventExitStatus=2
# It pings while its threads turn; systemd ends it with SIGABRT otherwise, and starts it again.
WatchdogSec=30
TimeoutStopSec=10
# The processes of cameras are ended by the daemon, after it has unregistered.
KillMode=mixed
# It is ended before other programs if memory runs out, and serves again within seconds.
OOMScoreAdjust=500
OOMPolicy=continue

# Where each thread stood is in the journal after a crash or SIGABRT; no secrets in core dumps.
Environment=PYTHONFAULTHANDLER=1
LimitCORE=0
SyslogIdentifier=spot-webcam

# The lock on the service's name; it outlives a crash, which a private /tmp does not.
RuntimeDirectory={name}
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=restart
Environment=TMPDIR=%t/{name}

{user}
SupplementaryGroups=video
{credentials}UMask=0077

DevicePolicy=closed
# Video4Linux, by number: its name is unknown until the first camera is plugged in.
DeviceAllow=char-81 rw

ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes

CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# With which it reads its limits.
SystemCallFilter=prlimit64
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit that runs `serve` with a configuration file.

    `credentials` are files by the names of the credentials. Without a `user`, systemd makes one
    while the service runs. With `sees_homes`, it may read the folders of users.
    """

    name: str
    command: Sequence[str]
    config: Path
    systemd_version: int
    user: str | None = None
    credentials: Mapping[str, Path] = field(default_factory=dict)
    sees_homes: bool = False

    @property
    def file_name(self) -> str:
        """The name of the unit's file, and for `systemctl`."""
        return f"{self.name}.service"

    def text(self) -> str:
        """Return the file."""
        words = [*self.command, "serve", "--config", str(self.config), "--log-format", "journal"]
        return _TEMPLATE.format(
            mark=MARK,
            name=self.name,
            type=_type(self.systemd_version),
            command=" ".join(map(_quoted, words)),
            user="DynamicUser=yes" if self.user is None else f"User={self.user}",
            credentials="".join(
                f"{_load(file)}={name}:{_escaped(str(file))}\n"
                for name, file in self.credentials.items()
            ),
            home="read-only" if self.sees_homes else "yes",
        )


def _type(systemd_version: int) -> str:
    if systemd_version >= NOTIFY_RELOAD_VERSION:
        return "Type=notify-reload"
    return "Type=notify\nExecReload=/bin/kill -HUP $MAINPID"


def _load(file: Path) -> str:
    is_encrypted = file.parent.suffix == ".encrypted"
    return "LoadCredentialEncrypted" if is_encrypted else "LoadCredential"


def _quoted(word: str) -> str:
    """Return a word for a command of a unit, which knows specifiers, variables and quotes."""
    escaped = _escaped(word).replace("\\", "\\\\").replace("$", "$$").replace('"', '\\"')
    return f'"{escaped}"' if set(escaped) & set(" \t\"'\\;") else escaped


def _escaped(text: str) -> str:
    return text.replace("%", "%%")
