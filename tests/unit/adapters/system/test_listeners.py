"""Ports on which processes listen, from a /proc that a test wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from spot_webcam.adapters.system.listeners import Listener, listeners, sockets_of

HEADER = "  sl  local_address rem_address   st\n"


def row(address: str, state: str, inode: int) -> str:
    return f"   0: {address} 00000000:0000 {state} 00000000:00000000 00:0 0 999 0 {inode} 1\n"


@pytest.mark.parametrize(
    ("table", "address", "host"),
    [
        ("tcp", "00000000", "0.0.0.0"),
        ("tcp", "0100007F", "127.0.0.1"),
        ("tcp6", "0" * 32, "::"),
        ("tcp6", "B80D01200000000000000000010000FF", "2001:db8::ff00:1"),
    ],
)
def test_sockets_that_listen_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, address: str, host: str
) -> None:
    monkeypatch.setattr("sys.byteorder", "little")
    connected = row(f"{address}:5209", "01", 8)
    (tmp_path / table).write_text(HEADER + connected + row(f"{address}:5208", "0A", 7))
    assert list(listeners(tmp_path)) == [Listener(host, 21000, "7")]


def test_nothing_listens_where_there_is_no_table(tmp_path: Path) -> None:
    assert list(listeners(tmp_path)) == []


def test_sockets_of_a_process_are_found(tmp_path: Path) -> None:
    (tmp_path / "fd").mkdir()
    (tmp_path / "fd" / "3").symlink_to("socket:[42]")
    (tmp_path / "fd" / "4").symlink_to("/dev/null")
    assert sockets_of(tmp_path) == {"42"}
    assert sockets_of(tmp_path / "gone") == set()
