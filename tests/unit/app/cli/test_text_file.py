from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.app.cli import text_file
from spot_webcam.app.cli.text_file import MAX_BYTES, UnreadableFile, read_text_file

NOBODY = 65534


def _why(path: Path) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read_text_file(path)
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_text_is_returned_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes("a\r\nµ\n".encode())
    assert read_text_file(tmp_path / "file") == "a\r\nµ\n"


def test_largest_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"a" * MAX_BYTES)
    assert len(read_text_file(tmp_path / "file")) == MAX_BYTES


@pytest.mark.parametrize("name", ["missing", "file/within"])
def test_missing_file_is_reported_as_that(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert _why(tmp_path / name) == "does not exist: correct the path"


def test_folder_is_reported_as_that(tmp_path: Path) -> None:
    assert _why(tmp_path).startswith("is a folder: name a file")


def test_pipe_that_nobody_writes_to_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert _why(tmp_path / "pipe") == "is a pipe or a device: name a file"


def test_endless_device_is_refused() -> None:
    assert _why(Path("/dev/zero")) == "is a pipe or a device: name a file"


def test_file_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "recording").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert _why(tmp_path / "recording") == "is larger than 1 MiB: name the right file"


@pytest.mark.parametrize("content", [b"\xff\xd8\xff", "guid".encode("utf-16-le")])
def test_bytes_that_are_no_text_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "picture").write_bytes(content)
    assert _why(tmp_path / "picture").startswith("holds no UTF-8 text: ")


def test_mark_of_an_editor_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text("guid", encoding="utf-8-sig")
    assert read_text_file(tmp_path / "credentials") == "guid"


def test_name_that_cannot_be_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert _why(tmp_path / "loop").startswith("cannot be read: ")


@pytest.fixture
def unprivileged() -> Iterator[None]:
    """Give up root's right to read everything."""
    mine = os.geteuid()
    if mine == 0:
        os.seteuid(NOBODY)
    yield
    os.seteuid(mine)


@pytest.fixture
def of_another(tmp_path: Path) -> Path:
    """A file that neither its owner nor anybody else but root may read."""
    file = tmp_path / "file"
    file.write_text("")
    file.chmod(0)
    return file


def test_file_that_may_not_be_read_is_reported_with_the_user(
    of_another: Path, unprivileged: None
) -> None:
    why = _why(of_another)
    assert why.startswith("may not be read by the user of this process, ")
    assert f"(uid {os.geteuid()})" in why
    assert "--user" in why


def test_user_without_a_name_is_a_number(
    of_another: Path, unprivileged: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.setattr(text_file.pwd, "getpwuid", unknown)
    assert f"process, uid {os.geteuid()}: change" in _why(of_another)
