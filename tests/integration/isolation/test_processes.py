"""Descriptors, command line and end of a camera's process."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from spot_webcam.adapters.isolated import ChildTimeouts, IsolatedCamera
from spot_webcam.domain.errors import CameraCrashed, NoData
from tests.timing import eventually

from .conftest import SMALL, WORKER, Gone, Isolate, pid_of, take

TIMEOUTS = ChildTimeouts(open_s=30.0, first_grabs_s=30.0)


@pytest.mark.slow
def test_nothing_is_left_after_many_crashes(isolate: Isolate) -> None:
    others = children()
    camera = isolate(SMALL)

    def once() -> None:
        camera.open()
        take(camera)
        take(camera)
        os.kill(pid_of(camera), signal.SIGSEGV)
        with pytest.raises(CameraCrashed):
            grab_on(camera)
        camera.close()

    once()
    gc.collect()
    fds, maps, threads = open_fds(), shared_maps(), threading.active_count()
    for _ in range(10):
        once()
    gc.collect()
    assert open_fds() == fds
    assert shared_maps() == maps
    assert threading.active_count() == threads
    assert eventually(lambda: reaped_children() <= others)


def reaped_children() -> set[str]:
    """One that took long to die is reaped when the next process starts."""
    subprocess.run([sys.executable, "-c", ""], check=True)
    return children()


def grab_on(camera: IsolatedCamera) -> None:
    while True:
        camera.grab()


def open_fds() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def shared_maps() -> int:
    return Path("/proc/self/maps").read_text().count("memfd:camera")


def children() -> set[str]:
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    return set(own.read_text().split()) if own.exists() else set()


def test_camera_that_is_garbage_leaves_no_process(gone: Gone) -> None:
    camera = IsolatedCamera([sys.executable, str(WORKER)], lambda: SMALL, TIMEOUTS)
    camera.open()
    pid = pid_of(camera)
    del camera
    gc.collect()
    assert gone(pid)


def test_process_gets_no_descriptor_but_its_own(isolate: Isolate) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(reading, True)
    try:
        camera = isolate(SMALL)
        camera.open()
        fds = {
            int(one.name): str(one.readlink()) for one in Path(f"/proc/{camera.pid}/fd").iterdir()
        }
    finally:
        os.close(reading)
        os.close(writing)
    assert fds.pop(0) == fds.pop(1) == "/dev/null"
    assert fds.pop(2)
    assert len(fds) == 2
    assert all(target.startswith("socket:") for target in fds.values())


def test_recipe_is_not_to_be_seen(isolate: Isolate) -> None:
    camera = isolate("synthetic:secret?size=64x48")
    camera.open()
    seen = Path(f"/proc/{camera.pid}/cmdline").read_bytes()
    seen += Path(f"/proc/{camera.pid}/environ").read_bytes()
    assert b"secret" not in seen


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_terminal_and_init_do_not_end_it(isolate: Isolate, number: signal.Signals) -> None:
    camera = isolate(SMALL)
    camera.open()
    assert os.getsid(pid_of(camera)) != os.getsid(0)
    os.kill(pid_of(camera), number)
    assert take(camera) is not None


def test_missing_resources_for_a_process_are_reported(
    isolate: Isolate, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(24, "Too many open files")

    camera = isolate(SMALL)
    before = open_fds()
    monkeypatch.setattr(subprocess, "Popen", refuse)
    with pytest.raises(NoData, match=r"cannot start the process of the camera: .*Too many"):
        camera.open()
    assert open_fds() == before
    monkeypatch.undo()
    camera.open()
    assert take(camera) is not None


def test_command_that_is_invalid_is_reported() -> None:
    camera = IsolatedCamera([sys.executable, "-c", "raise SystemExit(5)"], lambda: None, TIMEOUTS)
    with pytest.raises(CameraCrashed, match="exit code 5"):
        camera.open()


PARENT = """
import sys, time
from spot_webcam.adapters.isolated import IsolatedCamera, ChildTimeouts
recipe = ["synthetic:", "grab", "native_hang"] if sys.argv[2] == "hangs" else "synthetic:"
camera = IsolatedCamera([sys.executable, sys.argv[1]], lambda: recipe)
camera.open()
print(camera.pid, flush=True)
camera.grab()
time.sleep(600)
"""


@pytest.mark.parametrize("state", ["hangs", "works"])
def test_killed_parent_leaves_no_process(state: str, gone: Gone) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(WORKER), state], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert not gone(child)
        parent.kill()
    assert eventually(lambda: gone(child))
