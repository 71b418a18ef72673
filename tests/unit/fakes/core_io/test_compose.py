"""What the fake CORE I/O reads of a compose file."""

from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.fakes.core_io import CoreIoError
from spot_webcam.fakes.core_io.compose import Service, Volume, read_compose


def service(folder: Path, text: str) -> Service:
    file = folder / "docker-compose.yml"
    file.write_text(f"services:\n  app:\n    image: app:1\n{text}")
    [found] = read_compose(file)
    return found


def test_only_the_image_is_needed(tmp_path: Path) -> None:
    found = service(tmp_path, "")
    assert (found.name, found.image, found.restart) == ("app", "app:1", "no")
    assert (found.command, found.entrypoint, found.user) == (None, None, None)
    assert found.stop_grace_s == 10


def test_both_forms_of_each_key_are_read(tmp_path: Path) -> None:
    lists = service(
        tmp_path,
        """
    command: [run, "--port", 1]
    environment: [A=1, B=x=y]
    volumes: [./a:/a, "/b:/b:ro,z"]
    restart: on-failure:3
    stop_grace_period: 500ms
""",
    )
    assert lists.command == ("run", "--port", "1")
    assert lists.environment == {"A": "1", "B": "x=y"}
    assert lists.volumes == (Volume("./a", "/a", False), Volume("/b", "/b", True))
    assert (lists.restart, lists.stop_grace_s) == ("on-failure", 0.5)
    mappings = service(
        tmp_path,
        """
    command: run "a b"
    environment: {A: true, B: null, C: 3}
    volumes: [{type: bind, source: /b, target: /c, read_only: true}]
    restart: no
    user: 1000
    group_add: [video, 44]
    stop_grace_period: 1m
""",
    )
    assert mappings.command == ("run", "a b")
    assert mappings.environment == {"A": "true", "B": "", "C": "3"}
    assert mappings.volumes == (Volume("/b", "/c", True),)
    assert (mappings.restart, mappings.user, mappings.groups) == ("no", "1000", ("video", "44"))
    assert mappings.stop_grace_s == 60


def test_text_of_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "docker-compose.yml"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(CoreIoError, match=r"docker-compose.yml cannot be read"):
        read_compose(file)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("    restart: sometimes\n", "restart: sometimes"),
        ("    volumes: [state:/state]\n", "no named volumes"),
        ("    stop_grace_period: 10\n", "cannot be read"),
        ("    stop_grace_period: 10d\n", "stop_grace_period: 10d"),
        ("    command: [a\n", "cannot be read"),
        ("    command: ${COMMAND}\n", "has variables"),
        ("  other: {}\n", "image"),
    ],
)
def test_what_is_not_interpreted_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(CoreIoError, match=reason):
        service(tmp_path, text)
