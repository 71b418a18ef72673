"""Isolated cameras for tests."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spot_webcam.adapters.isolated import ChildTimeouts, IsolatedCamera, IsolatedControlledCamera
from spot_webcam.domain.media.image import Picture
from spot_webcam.fakes.cameras import read_sequence

WORKER = Path(__file__).with_name("isolation_worker.py")
# A loaded machine is slow to start a process, and nothing here measures how slow.
TIMEOUTS = ChildTimeouts(open_s=30.0, first_grabs_s=30.0, call_s=30.0, close_s=30.0)

SMALL = "synthetic:?size=64x48&fps=500"

Isolate = Callable[..., IsolatedControlledCamera]
Gone = Callable[[int | None], bool]


def take(camera: IsolatedCamera) -> int | None:
    camera.grab()
    picture = camera.retrieve()
    assert isinstance(picture, Picture)
    return read_sequence(picture.pixels)


def pid_of(camera: IsolatedCamera) -> int:
    assert camera.pid is not None
    return camera.pid


@pytest.fixture
def isolate() -> Iterator[Isolate]:
    """Make cameras of recipes for `isolation_worker`; all are ended afterwards."""
    made: list[IsolatedCamera] = []

    def isolate(recipe: object, timeouts: ChildTimeouts = TIMEOUTS) -> IsolatedControlledCamera:
        command = [sys.executable, str(WORKER)]
        recall = recipe if callable(recipe) else lambda: recipe
        made.append(camera := IsolatedControlledCamera(command, recall, timeouts))
        return camera

    yield isolate
    for camera in made:
        camera.interrupt()
        camera.close()
        assert camera.pid is None


def _gone(pid: int | None) -> bool:
    """Tell whether a process is not, or is dead at least."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True
    return state.rpartition(")")[2].split()[0] in "ZX"


@pytest.fixture
def gone() -> Callable[[int | None], bool]:
    """Tell whether a process is not, or is dead at least."""
    return _gone
