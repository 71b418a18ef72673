import ctypes
import platform
from typing import Any

import pytest

from spot_webcam.app.allocator import share_arenas


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
def test_glibc_shares_its_arenas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    assert share_arenas()


def test_what_the_environment_says_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MALLOC_ARENA_MAX", "16")
    assert not share_arenas()


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_library(_name: Any) -> Any:
        return object()

    monkeypatch.delenv("MALLOC_ARENA_MAX", raising=False)
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    assert not share_arenas()
