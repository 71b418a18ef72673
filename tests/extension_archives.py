"""Extensions and image archives, built in memory."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

CREDENTIALS = "/opt/payload_credentials/payload_guid_and_secret"


def file_member(name: str, content: bytes = b"") -> tuple[tarfile.TarInfo, bytes]:
    """Return a regular file as a member."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def special_member(name: str, kind: bytes, linkname: str = "") -> tuple[tarfile.TarInfo, bytes]:
    """Return a folder, a link or a device as a member."""
    member = tarfile.TarInfo(name)
    member.type = kind
    member.linkname = linkname
    return member, b""


def tar_of(members: Iterable[tuple[tarfile.TarInfo, bytes]]) -> bytes:
    """Return a tar."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        for member, content in members:
            tar.addfile(member, io.BytesIO(content))
    return file.getvalue()


def image_archive(
    tags: list[str] | None = None,
    *,
    architecture: str = "arm64",
    user: str = "1000",
    layers: Mapping[str, bytes] | None = None,
    manifest: Any = None,
) -> bytes:
    """Return what `docker save | gzip` writes."""
    layers = {"layer.tar": tar_of([])} if layers is None else layers
    config = {"architecture": architecture, "os": "linux", "config": {"User": user}}
    if manifest is None:
        named = ["app:1"] if tags is None else tags
        manifest = [{"Config": "config.json", "RepoTags": named, "Layers": list(layers)}]
    members = [
        *(file_member(name, content) for name, content in layers.items()),
        file_member("config.json", json.dumps(config).encode()),
        file_member("manifest.json", json.dumps(manifest).encode()),
    ]
    return gzip.compress(tar_of(members), 1)


def _manifest() -> dict[str, Any]:
    return {
        "extension_name": "app",
        "version": "1.2.3",
        "description": "A service.",
        "images": ["app.tar.gz"],
        "icon": "icon.png",
        "udev_rules": "99-app.rules",
        "installation_target": "spot",
        "date": "2026-01-31T12:00:00Z",
        "files_to_save": ["settings.toml"],
        "directories_to_save": ["calibration"],
    }


def _service() -> dict[str, Any]:
    return {
        "image": "app:1",
        "network_mode": "bridge",
        "restart": "unless-stopped",
        "command": f"app --port 21000 --host-ip 192.168.50.5 --credentials {CREDENTIALS}",
        "ports": ["21000:21000"],
        "deploy": {"resources": {"limits": {"memory": "256M"}}},
        "oom_score_adj": 1000,
        "volumes": [
            f"{CREDENTIALS}:{CREDENTIALS}:ro",
            "./settings.toml:/settings.toml",
            "/data/.extensions/app_config/:/config/:ro",
            "/dev:/dev",
            "/run/udev:/run/udev:ro",
        ],
        "device_cgroup_rules": ["c 81:* rmw"],
    }


@dataclass
class Spx:
    """A well-formed extension, which a test damages before it is packed."""

    manifest: Any = field(default_factory=_manifest)
    service: dict[str, Any] = field(default_factory=_service)
    compose: Any = None
    files: dict[str, bytes | None] = field(default_factory=dict)
    members: list[tuple[tarfile.TarInfo, bytes]] = field(default_factory=list)
    name: str = "app.spx"

    def __post_init__(self) -> None:
        self.compose = {"services": {"app": self.service}}
        self.files |= {
            "icon.png": b"png",
            "99-app.rules": b"",
            "settings.toml": b"",
            "app.tar.gz": image_archive(),
        }

    def tar(self) -> bytes:
        """Return the archive, not gzipped; a file without content is left out."""
        files = {
            "manifest.json": _text(self.manifest, json.dumps),
            "docker-compose.yml": _text(self.compose, yaml.safe_dump),
            **self.files,
        }
        return tar_of(
            [file_member(name, data) for name, data in files.items() if data is not None]
            + self.members
        )

    def packed(self) -> bytes:
        """Return the extension."""
        return gzip.compress(self.tar(), 1)


def _text(value: Any, dump: Any) -> bytes | None:
    if value is None or isinstance(value, bytes):
        return value
    return str(dump(value)).encode()
