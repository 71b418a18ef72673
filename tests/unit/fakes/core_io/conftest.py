"""A CORE I/O whose processes are none."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.fakes.core_io import FakeCoreIo
from spot_webcam.fakes.core_io.container import Processes
from spot_webcam.fakes.core_io.isolation import Isolation
from tests.extension_archives import Spx

NO_ISOLATION = Isolation((), has_users=True)


class FakeProcess:
    """A process that ends when the test says so, or by a signal."""

    def __init__(self, pid: int, code: int | None = None) -> None:
        self.pid = pid
        self.code = code
        self._ended = threading.Event()
        if code is not None:
            self._ended.set()

    def end(self, code: int) -> None:
        self.code = code
        self._ended.set()

    def wait(self) -> int:
        assert self._ended.wait(30)
        assert self.code is not None
        return self.code

    def poll(self) -> int | None:
        return self.code


class FakeProcesses(Processes):
    """Processes that run until they are signalled, or end at once with the codes given."""

    def __init__(self, *codes: int) -> None:
        self.started: list[FakeProcess] = []
        self.signals: list[int] = []
        self.ignored: set[int] = set()
        self.words: list[Sequence[str]] = []
        self._codes = list(codes)

    def start(self, words: Sequence[str], _log: int) -> Any:
        self.words.append(words)
        code = self._codes.pop(0) if self._codes else None
        self.started.append(FakeProcess(len(self.started), code))
        return self.started[-1]

    def first_child(self, pid: int) -> int | None:
        return pid

    def kill(self, pid: int, number: int) -> None:
        self.signals.append(number)
        if number not in self.ignored:
            self.started[pid].end(-number)


@pytest.fixture
def processes() -> FakeProcesses:
    return FakeProcesses()


@pytest.fixture
def core_io(tmp_path: Path, processes: FakeProcesses) -> Any:
    def isolation(_architecture: str) -> Isolation:
        return NO_ISOLATION

    with FakeCoreIo(tmp_path / "core-io", isolation, processes) as fake:
        fake.set_credentials("guid", "secret")
        yield fake


@pytest.fixture
def packed(tmp_path: Path) -> Callable[..., Path]:
    """Write an extension whose container needs nothing of this computer."""

    def pack(spx: Spx | None = None, name: str = "app.spx", **manifest: Any) -> Path:
        spx = spx or Spx()
        if isinstance(spx.manifest, dict):
            spx.manifest.update(manifest)
        spx.service["volumes"] = [
            one
            for one in spx.service.get("volumes", ())
            if not str(one).startswith(("/dev", "/run"))
        ]
        file = tmp_path / name
        file.write_bytes(spx.packed())
        return file

    return pack
