import ctypes
import platform
from typing import Any

import pytest

from spot_webcam.app.runtime.memory import TRIM_PERIOD_S, FreeMemory, share_one_arena

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
