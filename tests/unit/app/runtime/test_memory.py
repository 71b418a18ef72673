import ctypes
import os
import platform
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.app.runtime.memory import (
    MIB,
    TRIM_PERIOD_S,
    FreeMemory,
    limits_within,
    memory_limit_bytes,
    share_one_arena,
)
from spot_webcam.app.settings import Limits

on_glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")


@on_glibc
def test_glibc_shares_its_arenas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert share_one_arena()


def test_what_the_environment_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "16")
    assert not share_one_arena()


@on_glibc
def test_free_memory_is_given_back_when_it_is_due() -> None:
    now_s = [100.0]
    memory = FreeMemory(lambda: now_s[0])
    assert not memory.trim_when_due()
    now_s[0] += TRIM_PERIOD_S
    assert memory.trim_when_due()
    assert not memory.trim_when_due()


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(_name: Any) -> Any:
        return object()

    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert not share_one_arena()
    now_s = [0.0]
    memory = FreeMemory(lambda: now_s[0])
    now_s[0] += TRIM_PERIOD_S
    assert not memory.trim_when_due()


HOST_BYTES = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


@pytest.mark.parametrize(
    ("groups", "file"),
    [
        ("0::/a/b", "memory.max"),
        ("5:cpu,cpuacct:/c\n4:pids,memory:/a/b\n0::/other", "memory/{}memory.limit_in_bytes"),
    ],
    ids=["version 2", "version 1"],
)
@pytest.mark.parametrize("limited", ["a/b/", "a/", ""])
def test_limit_of_any_control_group_counts(
    tmp_path: Path, groups: str, file: str, limited: str
) -> None:
    write(tmp_path / "proc/self/cgroup", f"{groups}\n")
    file = file if "{}" in file else "{}" + file
    for folder in ("a/b/", "a/", ""):
        limit = 300 * MIB if folder == limited else 2**63 - 4096
        write(tmp_path / "sys/fs/cgroup" / file.format(folder), f"{limit}\n")
    assert memory_limit_bytes(tmp_path) == 300 * MIB


@pytest.mark.parametrize("limit", [None, "max\n"])
def test_process_without_a_limit_may_use_the_hosts_memory(
    tmp_path: Path, limit: str | None
) -> None:
    assert memory_limit_bytes(tmp_path / "not Linux") == HOST_BYTES
    write(tmp_path / "proc/self/cgroup", "0::/\n")
    if limit is not None:
        write(tmp_path / "sys/fs/cgroup/memory.max", limit)
    assert memory_limit_bytes(tmp_path) == HOST_BYTES


def test_limits_fit_the_memory() -> None:
    assert limits_within(2**30) == Limits()
    small = limits_within(300 * MIB)
    assert small.bytes_in_flight == 300 * MIB // 8
    assert small.small_bytes_in_flight == small.bytes_in_flight // 3
    # One colour picture of 4K at a time, which is not kept.
    picture_bytes = 3840 * 2160 * 3
    assert picture_bytes <= small.bytes_in_flight - small.small_bytes_in_flight < 2 * picture_bytes
    assert small.cached_bytes < picture_bytes
