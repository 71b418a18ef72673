"""A CORE I/O whose containers are real processes, where this computer allows them."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from spot_webcam.fakes.core_io import CoreIoError, FakeCoreIo
from spot_webcam.fakes.core_io.isolation import find_isolation

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "unknown")


@pytest.fixture
def core_io(tmp_path: Path) -> Iterator[FakeCoreIo]:
    try:
        find_isolation(ARCHITECTURE)
    except CoreIoError as error:
        pytest.skip(str(error))
    with FakeCoreIo(tmp_path / "core-io") as fake:
        fake.set_credentials("guid", "secret")
        yield fake


@pytest.fixture(scope="session")
def busybox() -> bytes:
    """Return a shell that needs no libraries."""
    path = shutil.which("busybox")
    content = Path(path).read_bytes() if path else b""
    # A program with libraries names their loader at its begin.
    if not content or b"/ld-" in content[:4096]:
        pytest.skip("no static busybox: apt install busybox-static")
    return content
